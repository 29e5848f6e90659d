"""Voice activity and features alone, against what they reproduce."""

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from clipkit.engines.log_mel import LogMel
from clipkit.engines.silero import SileroVad
from clipkit.engines.whisper_windows import packed
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Source

_NEAR_S = 0.1


def measure(recording: Path, rounds: int) -> dict[str, Any]:
    """Let each and its peer take turns on a recording."""
    monitor = Monitor("benchmark")
    audio = decode_audio(probe(Source(recording), monitor), monitor)
    return {
        "duration_s": round(audio.duration_s, 1),
        "voice_activity": _voice_activity(audio, rounds, monitor),
        "features": _features(audio, rounds, monitor),
    }


def _voice_activity(audio: Audio, rounds: int, monitor: Monitor) -> dict[str, Any]:
    import torch
    from silero_vad import get_speech_timestamps, load_silero_vad

    engine = SileroVad()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        model = load_silero_vad()
    samples = torch.from_numpy(audio.samples)

    def loop() -> list[dict[str, int]]:
        stamps: list[dict[str, int]] = get_speech_timestamps(
            samples, model, min_silence_duration_ms=250, max_speech_duration_s=29.0
        )
        return stamps

    spans, theirs = engine.detect(audio, monitor).spans, loop()
    edges_s = np.array([[one["start"], one["end"]] for one in theirs]).reshape(-1, 2) / 16000
    mine_s = np.array([[one.start_s, one.end_s] for one in spans]).reshape(-1, 2)
    near = [(np.abs(mine_s - edge_s).max(axis=1) <= _NEAR_S).any() for edge_s in edges_s]
    timed = _in_turns(lambda: engine.detect(audio, monitor), loop, rounds)
    return {
        "spans": len(spans),
        "peer": "get_speech_timestamps of silero-vad",
        "of_the_peer_s_spans_within_100_ms": round(float(np.mean(near)), 4) if near else 1.0,
        **timed,
        "real_time": round(audio.duration_s / timed["wall_s"]),
    }


def _features(audio: Audio, rounds: int, monitor: Monitor) -> dict[str, Any]:
    from transformers import WhisperFeatureExtractor

    mel, extractor = LogMel(80), WhisperFeatureExtractor(feature_size=80)
    windows = list(packed(SileroVad().detect(audio, monitor).spans))[:8]
    pieces = [audio.cut(window.span) for window in windows]

    def theirs() -> Any:
        return extractor(pieces, sampling_rate=16000, return_tensors="np")["input_features"]

    off = float(np.abs(mel(pieces, 30.0).numpy() - theirs()).max())
    timed = _in_turns(lambda: mel(pieces, 30.0), theirs, rounds)
    return {
        "windows": len(pieces),
        "peer": "WhisperFeatureExtractor of transformers",
        "most_off": float(f"{off:.1e}"),
        **timed,
    }


def _in_turns(
    mine: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> dict[str, float]:
    walls: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for one, took in zip((mine, theirs), walls, strict=True):
            began_s = time.perf_counter()
            one()
            took.append(time.perf_counter() - began_s)
    return {
        "wall_s": round(median(walls[0]), 4),
        "peer_wall_s": round(median(walls[1]), 4),
        "ratio": round(median(b / a for a, b in zip(*walls, strict=True)), 2),
    }


def table(measured: dict[str, Any]) -> str:
    """Return what was measured in two lines."""
    voice, features = measured["voice_activity"], measured["features"]
    return (
        f"voice activity: {voice['wall_s']:.2f} s ({voice['real_time']} x real time), "
        f"{voice['ratio']:.1f} times as fast as {voice['peer']}; "
        f"{voice['of_the_peer_s_spans_within_100_ms']:.1%} of its spans within 100 ms\n"
        f"features: {features['wall_s']:.3f} s for {features['windows']} windows, "
        f"{features['ratio']:.1f} times as fast as {features['peer']}, at most "
        f"{features['most_off']:.1e} off"
    )

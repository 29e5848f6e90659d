"""clipkit's Whisper in a process of its own, as ``peer_worker`` is.

``python -m benchmarks.speech.own_worker REQUEST`` takes a JSON object: ``model`` (a folder),
``engine`` ("ct2" or "torch"), ``device``, ``compute_type``, ``batch_size``, ``language``,
``word_times``, ``windows_s``, ``beam_size`` and ``tokens``. It loads the model, writes "ready", and
then for each line of standard input, the path of a recording, a line of JSON: seconds of wall and
of processor time, the peak of its memory so far, and seconds that stages were at work. For a JSON
list, a path and windows in seconds, it writes their texts.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from clipkit.engines.reading import Reading
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_decoding import Decoding
from clipkit.engines.whisper_torch import WhisperTorch
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.pipeline.pipeline import Pipeline
from clipkit.types.events import Monitor
from clipkit.types.media import Source
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span


def main() -> None:
    """Answer until the input ends."""
    asked = json.loads(sys.argv[1])
    reading = _reading(asked)
    engine = _engine(asked, reading)
    engine.warm_up(Monitor("benchmark"))
    pipeline = Pipeline.default(transcriber=engine)
    print("ready", flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        if isinstance(given, list):
            print(json.dumps({"texts": _texts(engine, *given)}), flush=True)
            continue
        source = Source(Path(given), asked["language"])
        began_s, began_cpu_s = time.perf_counter(), _cpu_s()
        _, report = pipeline.run((Transcript,), [source])
        answer = {
            "wall_s": time.perf_counter() - began_s,
            "cpu_s": _cpu_s() - began_cpu_s,
            "peak_bytes": _peak_bytes(),
            "stages_s": {stage.stage: round(stage.busy_s, 3) for stage in report.timings},
        }
        print(json.dumps(answer), flush=True)


def _texts(
    engine: WhisperCT2 | WhisperTorch, path: str, windows: list[tuple[float, float]]
) -> list[str]:
    """Return what is said in windows of 30 s that follow on one another."""
    monitor = Monitor("benchmark")
    audio = decode_audio(probe(Source(Path(path)), monitor), monitor)
    # Around each span as much sound goes along as parts it from the next.
    spans = tuple(Span(start_s + 0.1, end_s - 0.1) for start_s, end_s in windows)
    words = engine.transcribe(audio, Speech(spans, audio.duration_s), "en", monitor).words
    return [
        " ".join(word.text for word in words if start_s <= word.span.start_s < end_s)
        for start_s, end_s in windows
    ]


def _reading(asked: dict[str, Any]) -> Reading:
    # Texts of random weights are all doubtful, and never end; nobody is to look for them again.
    decoding = Decoding(
        beam_size=asked["beam_size"],
        retry_beam_size=asked["beam_size"],
        least_log_probability=float("-inf"),
        most_compression=float("inf"),
        most_tokens=asked["tokens"],
        halves=False,
    )
    return Reading(
        word_times=asked["word_times"], windows_s=tuple(asked["windows_s"]), decoding=decoding
    )


def _engine(asked: dict[str, Any], reading: Reading) -> WhisperCT2 | WhisperTorch:
    if asked["engine"] == "torch":
        return WhisperTorch(
            asked["model"],
            device=asked["device"],
            dtype=asked["compute_type"],
            reading=reading,
            batch_size=asked["batch_size"],
        )
    return WhisperCT2(
        asked["model"],
        device=asked["device"],
        compute_type=asked["compute_type"],
        reading=reading,
        batch_size=asked["batch_size"],
    )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_bytes() -> int:
    # Not ru_maxrss, which begins at what the process that started this one holds.
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main()

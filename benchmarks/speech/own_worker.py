"""clipkit's Whisper in a process of its own, as ``peer_worker`` is.

``python -m benchmarks.speech.own_worker REQUEST`` takes a JSON object: ``model`` (a folder),
``engine`` ("ct2" or "torch"), ``device``, ``compute_type``, ``batch_size``, ``language``,
``word_times``, ``windows_s``, ``beam_size`` and ``tokens``. It loads the model, writes "ready", and
then for each line of standard input, the path of a recording, a line of JSON: seconds of wall and
of processor time, the peak of its memory so far, seconds of stages, windows and their texts.
"""

import json
import resource
import sys
import time
from itertools import groupby
from pathlib import Path
from typing import Any

from clipkit.engines.reading import Reading
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_decoding import Decoding
from clipkit.engines.whisper_torch import WhisperTorch
from clipkit.engines.whisper_windows import packed
from clipkit.pipeline.pipeline import Pipeline
from clipkit.types.events import Monitor
from clipkit.types.media import Source
from clipkit.types.speech import Speech, Transcript


def main() -> None:
    """Answer until the input ends."""
    asked = json.loads(sys.argv[1])
    reading = _reading(asked)
    engine = _engine(asked, reading)
    engine.warm_up(Monitor("benchmark"))
    pipeline = Pipeline.default(transcriber=engine)
    print("ready", flush=True)
    for line in sys.stdin:
        source = Source(Path(json.loads(line)), asked["language"])
        began_s, began_cpu_s = time.perf_counter(), _cpu_s()
        made, report = pipeline.run((Transcript,), [source])
        answer = {
            "wall_s": time.perf_counter() - began_s,
            "cpu_s": _cpu_s() - began_cpu_s,
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "stages_s": {stage.stage: round(stage.wall_s, 3) for stage in report.timings},
            **_by_window(made[Speech], made[Transcript], reading),
        }
        print(json.dumps(answer), flush=True)


def _reading(asked: dict[str, Any]) -> Reading:
    # Texts of random weights are all doubtful; nobody is to look for them again.
    decoding = Decoding(
        beam_size=asked["beam_size"],
        retry_beam_size=asked["beam_size"],
        least_log_probability=float("-inf"),
        most_compression=float("inf"),
        most_tokens=asked["tokens"],
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


def _by_window(speech: Speech, transcript: Transcript, reading: Reading) -> dict[str, Any]:
    """Return the windows, in seconds, and the text of each."""
    windows = list(packed(speech.spans, reading.windows_s[0], reading.windows_s[-1]))
    starts_s = [window.span.start_s for window in windows]

    def place(start_s: float) -> int:
        return sum(start_s >= begins_s - 1e-3 for begins_s in starts_s) - 1

    texts = [""] * len(windows)
    for number, words in groupby(transcript.words, lambda word: place(word.span.start_s)):
        texts[number] = " ".join(word.text for word in words)
    return {
        "windows": [[window.span.start_s, window.span.end_s] for window in windows],
        "texts": texts,
    }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()

"""faster-whisper, as its users run it; started by the interpreter of its own environment.

``peer_worker.py REQUEST`` takes a JSON object: ``model`` (a folder), ``compute_type``, ``threads``
(0: its default), ``batch_size`` (0: its sequential pipeline) and ``options`` of ``transcribe``. It
loads the model, writes "ready", and then for each line of standard input, the path of a recording,
a line of JSON: seconds of wall and of processor time, the peak of its memory so far, and the texts.
A line that is a JSON list instead is a path and windows in seconds, whose texts it writes.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer until the input ends."""
    asked = json.loads(sys.argv[1])
    from faster_whisper import BatchedInferencePipeline, WhisperModel  # type: ignore[import-not-found]

    model = WhisperModel(
        asked["model"],
        device=asked["device"],
        compute_type=asked["compute_type"],
        cpu_threads=asked["threads"],
    )
    batched = BatchedInferencePipeline(model)
    print("ready", flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        options = dict(asked["options"])
        if isinstance(given, list):
            given, windows = given
            options["clip_timestamps"] = [{"start": a, "end": b} for a, b in windows]
            options["vad_filter"] = False
        began_s, began_cpu_s = time.perf_counter(), _cpu_s()
        if asked["batch_size"]:
            segments, _ = batched.transcribe(given, batch_size=asked["batch_size"], **options)
        else:
            segments, _ = model.transcribe(given, **options)
        texts = [segment.text.strip() for segment in segments]
        answer = {
            "wall_s": time.perf_counter() - began_s,
            "cpu_s": _cpu_s() - began_cpu_s,
            "peak_bytes": _peak_bytes(),
            "texts": texts,
        }
        print(json.dumps(answer), flush=True)


def _cpu_s() -> float:
    used: Any = resource.getrusage(resource.RUSAGE_SELF)
    return float(used.ru_utime + used.ru_stime)


def _peak_bytes() -> int:
    # Not ru_maxrss, which begins at what the process that started this one holds.
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main()

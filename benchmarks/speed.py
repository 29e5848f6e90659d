"""How long each stage of the main job takes, and how much memory.

The first run is cold: it imports, loads weights and starts from nothing. The warm ones reuse its
pipeline. Every run must give the same clips before its times count.
"""

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import machine
from clipkit.pipeline.jobs import find_clips
from clipkit.pipeline.pipeline import Pipeline
from clipkit.schema import Job

CRITERIA = ("funny moments", "practical advice")


def measure(video: Path, warm_runs: int) -> dict[str, Any]:
    """Run the job cold and then warm, and return what was measured.

    Args:
        video: The source.
        warm_runs: How many warm runs.

    Raises:
        AssertionError: Two runs gave different clips.
    """
    pipeline = Pipeline.default()
    runs = [_timed(video, pipeline) for _ in range(1 + warm_runs)]
    pipeline.close()
    answers = [_answer(job) for job, _ in runs]
    assert all(answer == answers[0] for answer in answers), "two runs gave different clips"
    job = runs[0][0]
    length_s = job.source.duration_s
    walls = {"cold": [runs[0][1]], "warm": [wall_s for _, wall_s in runs[1:]]}
    return {
        "suite": "speed",
        "machine": machine(),
        "video": {"name": video.name, "duration_s": length_s, "sha256": job.source.fingerprint},
        "engines": dict(job.engines),
        "criteria": CRITERIA,
        "clips": len(job.clips),
        "warm_runs": warm_runs,
        "total": {
            kind: {
                "min_s": round(min(found), 3),
                "median_s": round(median(found), 3),
                "real_time_factor": round(median(found) / length_s, 4),
            }
            for kind, found in walls.items()
        },
        "stages": _stages([job for job, _ in runs], length_s),
    }


def _timed(video: Path, pipeline: Pipeline) -> tuple[Job, float]:
    with tempfile.TemporaryDirectory(prefix="clipkit-bench-") as folder:
        started = time.perf_counter()
        job = find_clips(video, CRITERIA, out=folder, pipeline=pipeline)
        return job, time.perf_counter() - started


def _answer(job: Job) -> dict[str, Any]:
    document = job.to_dict()
    return {key: value for key, value in document.items() if key not in {"job_id", "created_at"}}


def _stages(jobs: list[Job], length_s: float) -> list[dict[str, Any]]:
    found = []
    for place, cold in enumerate(jobs[0].report.timings):
        warm = [job.report.timings[place] for job in jobs[1:]]
        assert all(timing.stage == cold.stage for timing in warm)
        found.append(
            {
                "stage": cold.stage,
                "cold_s": round(cold.wall_s, 3),
                "warm_min_s": round(min(timing.wall_s for timing in warm), 3),
                "warm_median_s": round(median(timing.wall_s for timing in warm), 3),
                "warm_waited_s": round(median(timing.waited_s for timing in warm), 3),
                "real_time_factor": round(median(t.busy_s for t in warm) / length_s, 5),
                "peak_ram_mib": round(cold.peak_ram_bytes / 2**20),
                "peak_vram_mib": round(cold.peak_vram_bytes / 2**20),
            }
        )
    return found


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as a table to read."""
    about = measured["machine"]
    lines = [
        f"{measured['video']['name']}, {measured['video']['duration_s']:.0f} s, "
        f"{measured['clips']} clips; {about['cores']} cores of {about['cpu']}, "
        f"GPU: {about['gpu'] or 'none'}",
        f"engines: {', '.join(f'{role} {name}' for role, name in measured['engines'].items())}",
        "",
        f"{'stage':<17}{'cold s':>9}{'warm s':>9}{'waited s':>10}{'RTF warm':>10}"
        f"{'peak RAM':>11}{'VRAM':>9}",
    ]
    lines += [
        f"{row['stage']:<17}{row['cold_s']:>9.2f}{row['warm_median_s']:>9.2f}"
        f"{row['warm_waited_s']:>10.2f}{row['real_time_factor']:>10.4f}"
        f"{row['peak_ram_mib']:>7} MiB{row['peak_vram_mib']:>5} MiB"
        for row in measured["stages"]
    ]
    total = measured["total"]
    lines += [
        f"{'whole job':<17}{total['cold']['median_s']:>9.2f}{total['warm']['median_s']:>9.2f}"
        f"{'':>10}{total['warm']['real_time_factor']:>10.4f}",
        "",
        "Stages overlap, so they add up to more than the whole. Waited: how much of the warm time,",
        "for what a stage reads while it is made. RTF: the rest of it over the video's length.",
        "Peak RAM: the most the process had used when the stage ended, cold run.",
    ]
    return "\n".join(lines)

"""How long the stages of a job took, as the benchmark tells it."""

from dataclasses import replace

from benchmarks import speed
from clipkit.types.events import StageFinished
from clipkit.types.report import RunReport
from tests.schema.jobs_made import JOB


def test_a_stage_that_waited_is_measured_by_what_it_worked() -> None:
    runs = [
        StageFinished("Transcribe", 60.0, 0.6, 3 * 2**20, 0, waited_s=0.0),
        StageFinished("Transcribe", 40.0, 0.1, 4 * 2**20, 0, waited_s=30.0),
    ]
    jobs = [replace(JOB, report=RunReport(timings=(timing,))) for timing in runs]
    rows = speed._stages(jobs, 100.0)
    assert rows == [
        {
            "stage": "Transcribe",
            "cold_s": 60.0,
            "warm_min_s": 40.0,
            "warm_median_s": 40.0,
            "warm_waited_s": 30.0,
            "real_time_factor": 0.1,
            "peak_ram_mib": 3,
            "peak_vram_mib": 0,
        }
    ]
    total = {"median_s": 70.0, "real_time_factor": 0.7}
    lines = speed.table(
        {
            "video": {"name": "talk.mp4", "duration_s": 100.0},
            "machine": {"cores": 2, "cpu": "some", "gpu": None},
            "engines": {"titles": "of its words"},
            "clips": 3,
            "total": {"cold": total, "warm": total},
            "stages": rows,
        }
    ).splitlines()
    assert lines[3].split() == [
        *("stage", "cold", "s", "warm", "s", "waited", "s", "RTF", "warm", "peak", "RAM", "VRAM")
    ]
    assert lines[4].split() == [
        *("Transcribe", "60.00", "40.00", "30.00", "0.1000", "3", "MiB", "0", "MiB")
    ]
    assert lines[5].split() == ["whole", "job", "70.00", "70.00", "0.7000"]

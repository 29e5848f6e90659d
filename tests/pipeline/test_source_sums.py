"""A sum over code changes with all that the code leads to, and with nothing else."""

from pathlib import Path

import pytest

from clipkit.pipeline import source_sums
from clipkit.pipeline.source_sums import source_sum

SOURCES = {
    "__init__.py": "import clipkit.stages.other\n",
    "stages/__init__.py": "",
    "stages/hear.py": "import clipkit\nfrom clipkit.media.sound import cut\nclipkit.__version__\n",
    "stages/other.py": "",
    "media/__init__.py": "",
    "media/sound.py": "def cut():\n    from clipkit.stages import worker\n",
    "stages/worker.py": "RUN = ['-m', 'clipkit.media.process']\n",
    "media/process.py": "import clipkit.stages.hear\n",
}


def _sum(home: Path, **changed: str) -> str:
    for name, source in {**SOURCES, **changed}.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(source)
    source_sum.cache_clear()
    source_sums._read.cache_clear()
    return source_sum("clipkit.stages.hear", home)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("stages/hear.py", True),
        ("media/sound.py", True),
        ("stages/worker.py", True),
        ("media/process.py", True),
        ("stages/other.py", False),
        ("__init__.py", False),
    ],
)
def test_a_changed_source_counts_where_it_is_led_to(
    tmp_path: Path, name: str, counts: bool
) -> None:
    before = _sum(tmp_path)
    assert (_sum(tmp_path, **{name: SOURCES[name] + "\n# changed"}) != before) is counts
    assert _sum(tmp_path) == before


def test_code_without_its_source_has_a_sum_still(tmp_path: Path) -> None:
    assert source_sum("clipkit.stages.hear", tmp_path) == source_sum("clipkit.gone", tmp_path)


def test_the_recogniser_counts_its_process_and_not_the_whole_package() -> None:
    sums = {source_sum(f"clipkit.engines.{name}") for name in ("sphinx", "silero", "scenes")}
    assert len(sums) == 3
    names = source_sums._read(Path(source_sums._HOME) / "engines" / "sphinx.py")[1]
    assert ("engines", "sphinx_worker") in names

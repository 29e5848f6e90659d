"""The names a user imports, and what importing them costs."""

import ast
import importlib
import json
import pickle
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import clipkit

ROOT = Path(__file__).parents[1]
HEAVY = {
    "av",
    "ctranslate2",
    "huggingface_hub",
    "numpy",
    "pocketsphinx",
    "rich",
    "scenedetect",
    "sentence_transformers",
    "silero_vad",
    "tokenizers",
    "torch",
    "torchaudio",
    "transformers",
}


def _modules_after(code: str) -> set[str]:
    """Return what a fresh interpreter has loaded after some code, by top-level name."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_every_public_name_can_be_had() -> None:
    assert len(set(clipkit.__all__)) == len(clipkit.__all__)
    for name in clipkit.__all__:
        assert getattr(clipkit, name) is not None


def test_a_star_import_brings_the_public_names_and_no_others() -> None:
    namespace: dict[str, Any] = {}
    exec("from clipkit import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(clipkit.__all__)


def test_dir_lists_the_public_names() -> None:
    assert dir(clipkit) == sorted(clipkit.__all__)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "clipkit" / "__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen: dict[str, str] = {}
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            seen |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            seen |= {ast.unparse(target): node.value.id for target in node.targets}
    public = {name: real for name, real in seen.items() if name in clipkit.__all__}
    assert set(public) | {"__version__"} == set(clipkit.__all__)
    for name, real in public.items():
        found = getattr(clipkit, name)
        assert getattr(found, "__name__", real).rpartition(".")[2] in {real, "UnionType", "Union"}


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'find_clip'"):
        _ = clipkit.find_clip
    with pytest.raises(ImportError):
        importlib.import_module("clipkit.nowhere")


def test_a_name_is_looked_up_once() -> None:
    assert clipkit.Span is clipkit.Span
    assert "Span" in vars(clipkit)


def test_public_classes_can_be_pickled_by_name() -> None:
    for name in ("Span", "Query", "Clips", "Pipeline", "Whisper"):
        assert pickle.loads(pickle.dumps(getattr(clipkit, name))) is getattr(clipkit, name)


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not _modules_after("import clipkit") & HEAVY


@pytest.mark.parametrize(
    "code",
    [
        "from clipkit import errors, ClipkitError, Span, Query, Cancellation, Monitor",
        "import clipkit; dir(clipkit); clipkit.__version__",
    ],
)
def test_light_names_stay_light(code: str) -> None:
    assert not _modules_after(code) & HEAVY


def test_the_pipeline_loads_models_only_on_use() -> None:
    loaded = _modules_after("import clipkit; clipkit.Pipeline.default()")
    assert not loaded & {"torch", "torchaudio", "transformers", "sentence_transformers"}
    assert "av" in loaded, "or this test looks at nothing"


def test_the_version_is_the_one_that_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert clipkit.__version__ == project["version"]


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "clipkit" / "py.typed").is_file()

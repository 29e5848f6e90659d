"""Models that come with clipkit are found in an installation and in a checkout."""

from pathlib import Path

import pytest

from clipkit.engines import shipped as shipping
from clipkit.engines.shipped import shipped
from clipkit.errors import EngineError, MissingWeights

NAME = "kind/some.safetensors"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Where an installation and a checkout would keep models; both empty."""
    installed, checkout = tmp_path / "installed", tmp_path / "checkout"
    monkeypatch.setattr(shipping, "_INSTALLED", installed)
    monkeypatch.setattr(shipping, "_CHECKOUT", checkout)
    return installed, checkout


def _put(folder: Path) -> Path:
    path = folder / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    return path


@pytest.mark.parametrize("place", [0, 1])
def test_a_model_is_found_wherever_it_lies(places: tuple[Path, Path], place: int) -> None:
    path = _put(places[place])
    assert shipped(NAME) == path


def test_the_installation_comes_first(places: tuple[Path, Path]) -> None:
    installed, _ = (_put(folder) for folder in places)
    assert shipped(NAME) == installed


def test_a_folder_of_that_name_is_no_model(places: tuple[Path, Path]) -> None:
    (places[0] / NAME).mkdir(parents=True)
    with pytest.raises(MissingWeights):
        shipped(NAME)


def test_what_is_missing_is_named_with_where_it_was_sought(places: tuple[Path, Path]) -> None:
    with pytest.raises(MissingWeights) as caught:
        shipped(NAME)
    message = str(caught.value)
    for part in (NAME, *map(str, places), "Install clipkit again."):
        assert part in message
    assert isinstance(caught.value, EngineError)


def test_the_folders_are_those_of_this_project() -> None:
    package = Path(shipping.__file__).parents[1]
    assert package.name == "clipkit"
    assert package / "_models" == shipping._INSTALLED
    assert package.parent / "models" == shipping._CHECKOUT

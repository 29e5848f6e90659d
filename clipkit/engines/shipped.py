"""Models that come with clipkit: what was trained for it."""

from pathlib import Path

from clipkit.errors import MissingWeights

_INSTALLED = Path(__file__).parent.parent / "_models"
_CHECKOUT = Path(__file__).parents[2] / "models"


def shipped(name: str) -> Path:
    """Return the path of a model file that comes with clipkit.

    Args:
        name: Path in the folder ``models`` of the project.

    Raises:
        MissingWeights: The installation lacks it.
    """
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / name).is_file():
            return folder / name
    raise MissingWeights(
        f"cannot find clipkit's model {name}",
        f"neither {_INSTALLED} nor {_CHECKOUT} holds it",
        "Install clipkit again.",
    )

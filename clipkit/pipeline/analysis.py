"""What is known of a source, whatever is asked of it."""

import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from clipkit.errors import ClipkitError, OutputError, SchemaError, WiringError
from clipkit.files import make_folder
from clipkit.pipeline.store_files import (
    class_name,
    read_artefact,
    sealed,
    unsealed,
    write_artefact,
)
from clipkit.types.clips import Moments
from clipkit.types.media import Audio, MediaInfo
from clipkit.types.query import Frame
from clipkit.types.report import RunReport
from clipkit.types.retrieval import Searchable
from clipkit.types.speech import Transcript

_Artefact = TypeVar("_Artefact")

ANALYSIS_FORMAT = 1
MANIFEST = "analysis.json"

_NOT_SAVED: tuple[type, ...] = (Audio, Searchable)
"""Sound is as quickly decoded again as read, and 230 MB an hour; the other is made of artefacts
that are saved, and made again in no time."""

_TYPES = "clipkit.types"
"""Only classes from in here are imported because a file names them."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """The artefacts of one source: ask as many questions of it as you like."""

    artefacts: Mapping[type, Any]
    """Each artefact by its class."""

    report: RunReport
    """What happened while it was made."""

    _framed: dict[Frame, Moments] = field(default_factory=dict, init=False, repr=False)

    def moments_in(self, frame: Frame) -> Moments | None:
        """Return the moments of the question before, if it had the same frame; else None.

        One who asks twice mostly wants clips of the same lengths.
        """
        return self._framed.get(frame)

    def keep_moments(self, frame: Frame, moments: Moments) -> None:
        """Keep the moments of a question for the next one, in memory alone."""
        self._framed.clear()
        self._framed[frame] = moments

    def get(self, artefact: type[_Artefact]) -> _Artefact:
        """Return an artefact by its class.

        Raises:
            WiringError: The analysis has none of that class.
        """
        if artefact not in self.artefacts:
            have = ", ".join(sorted(known.__name__ for known in self.artefacts))
            raise WiringError(f"the analysis has no {artefact.__name__}", f"it has {have}")
        found: _Artefact = self.artefacts[artefact]
        return found

    @property
    def media(self) -> MediaInfo:
        """What the file holds."""
        return self.get(MediaInfo)

    @property
    def transcript(self) -> Transcript:
        """What is said in it."""
        return self.get(Transcript)

    def save(self, folder: str | Path) -> tuple[type, ...]:
        """Write the analysis into a folder of its own, whole or not at all.

        The source stays where it is: the analysis knows its path, as it was given.

        Args:
            folder: New, empty, or with an earlier analysis in it, which is replaced.

        Returns:
            Classes of the artefacts that were left out: decoded sound, what is made of others in no
            time, and what is no dataclass of plain values and arrays. A pipeline makes them again
            where they are needed.

        Raises:
            OutputError: The folder holds something else, or cannot be written to.
        """
        target = Path(folder)
        if not target.name or (target.exists() and not _may_be_replaced(target)):
            raise OutputError(
                f"cannot save the analysis as {target}",
                "something else lies there" if target.name else "it has no name of its own",
                "Choose a new folder.",
            )
        make_folder(target.parent)
        scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            scratch.mkdir()
            left_out = _write(scratch, self)
            if target.exists():
                target.rename(scratch / "old")
            try:
                (scratch / "new").rename(target)
            except OSError:
                if (scratch / "old").exists():
                    (scratch / "old").rename(target)
                raise
        except OSError as error:
            raise OutputError(
                f"cannot save the analysis as {target}",
                error.strerror or str(error),
                "Free some space or choose another place.",
            ) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return left_out

    @classmethod
    def load(cls, folder: str | Path, *, also: Collection[type] = ()) -> "Analysis":
        """Read an analysis that ``save`` wrote; nothing in it is run as code.

        Args:
            folder: What was saved into.
            also: Classes of artefacts in it that are not clipkit's.

        Raises:
            SchemaError: There is none, it is damaged, or of another version of clipkit.
        """
        folder = Path(folder)
        manifest = unsealed(folder / MANIFEST)
        if manifest.get("format") != ANALYSIS_FORMAT:
            raise SchemaError(
                f"cannot read {folder / MANIFEST}",
                f"its format is {manifest.get('format')!r}, not {ANALYSIS_FORMAT}",
                "Analyse the source again.",
            )
        known = {class_name(item): item for item in also}
        artefacts: dict[type, Any] = {}
        for name, files in manifest["artefacts"]:
            kind = known.get(name) or _clipkits(name, folder)
            artefacts[kind] = read_artefact(folder / name, kind, files)
        report = read_artefact(folder / "report", RunReport, manifest["report"])
        return cls(artefacts, report)


def _write(scratch: Path, analysis: Analysis) -> tuple[type, ...]:
    """Write an analysis into ``new`` in a folder and return what was left out."""
    new = scratch / "new"
    new.mkdir()
    written, left_out = [], []
    for kind, artefact in analysis.artefacts.items():
        name = class_name(kind)
        if kind in _NOT_SAVED or type(artefact) is not kind:
            left_out.append(kind)
            continue
        part = new / name
        part.mkdir()
        try:
            written.append((name, write_artefact(part, artefact)))
        except SchemaError:
            part.rmdir()
            left_out.append(kind)
    (new / "report").mkdir()
    manifest = {
        "format": ANALYSIS_FORMAT,
        "artefacts": written,
        "report": write_artefact(new / "report", analysis.report),
    }
    (new / MANIFEST).write_text(sealed(manifest), encoding="ascii")
    return tuple(left_out)


def _may_be_replaced(folder: Path) -> bool:
    """Tell whether a folder is empty, or holds an analysis and nothing besides."""
    if not folder.is_dir():
        return False
    found = {path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir()}
    if not found:
        return not any(folder.iterdir())
    try:
        manifest = unsealed(folder / MANIFEST)
    except ClipkitError:
        return False
    if manifest.get("format") != ANALYSIS_FORMAT:
        return False
    parts = [*manifest["artefacts"], ("report", manifest["report"])]
    return found <= {
        Path(MANIFEST),
        *(Path(name) / file for name, files in parts for file in files),
    }


def _clipkits(name: object, folder: Path) -> type:
    """Return a class of clipkit's by its full name."""
    module, _, attribute = name.rpartition(".") if isinstance(name, str) else ("", "", "")
    found = None
    if module.rpartition(".")[0] == _TYPES:
        try:
            found = getattr(import_module(module), attribute, None)
        except ImportError:
            found = None
    if not isinstance(found, type):
        raise SchemaError(
            f"cannot read the analysis in {folder}",
            f"it holds a {name!r}, which clipkit does not have",
            "Give that class to load() in also=.",
        )
    return found

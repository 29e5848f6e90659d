"""What is known of a source, whatever is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from clipkit.errors import WiringError
from clipkit.types.media import MediaInfo
from clipkit.types.report import RunReport
from clipkit.types.speech import Transcript

_Artefact = TypeVar("_Artefact")


@dataclass(frozen=True, eq=False)
class Analysis:
    """The artefacts of one source: ask as many questions of it as you like."""

    artefacts: Mapping[type, Any]
    """Each artefact by its class."""

    report: RunReport
    """What happened while it was made."""

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

"""Every error clipkit raises.

::

    ClipkitError
    ├── MediaError                    the source cannot be used
    │   ├── MediaNotFound             (also FileNotFoundError)
    │   ├── UnreadableMedia           not media, empty, or nothing in it decodes
    │   └── FetchError                a URL cannot be fetched
    │       ├── AddressRefused        ... and must not be: it leads where nobody may send us
    │       └── FetchInterrupted      ... now; it may be later
    ├── OutputError                   the result cannot be written      (also OSError)
    ├── TranscriptError               a transcript file cannot be read  (also ValueError)
    ├── EngineError                   a model or encoder cannot run
    │   ├── MissingExtra              a package is not installed        (also ImportError)
    │   ├── MissingWeights            weights are not on this machine   (also FileNotFoundError)
    │   │   └── HubUnreachable        ... and the hub does not answer   (also ConnectionError)
    │   ├── CorruptWeights            weights differ from their record
    │   ├── DeviceUnavailable         the device asked for is not there
    │   ├── OutOfMemory               (also MemoryError)
    │   └── UnsupportedLanguage       the engine lacks the language     (also ValueError)
    ├── OptionError                   an option has a value it cannot have  (also ValueError)
    ├── WiringError                   stages do not fit together        (also TypeError)
    ├── SchemaError                   a job file does not match the schema  (also ValueError)
    ├── SignatureError                a webhook or URL was not signed as it says  (also ValueError)
    ├── QuotaExceeded                 there is no room left for whoever asks
    ├── TimedOut                      the work took longer than it may  (also TimeoutError)
    └── Cancelled                     the caller asked to stop
"""

from typing import ClassVar


class ClipkitError(Exception):
    """The root of all errors that clipkit raises.

    Args:
        asked: What was asked for, as a clause ("cannot open talk.mp4").
        found: What was found instead ("the file is empty").
        remedy: What to do next, as a sentence; empty where nothing can be done.
    """

    code: ClassVar[str] = "CLIPKIT_ERROR"
    """A stable name for programs to branch on."""

    def __init__(self, asked: str, found: str, remedy: str = "") -> None:
        self.asked = asked
        self.found = found
        self.remedy = remedy
        # Not super(): OSError would take the three texts for an errno, its text and a file name.
        Exception.__init__(self, asked, found, remedy)

    def __str__(self) -> str:
        message = f"{self.asked}: {self.found}"
        return f"{message}. {self.remedy}" if self.remedy else message


class MediaError(ClipkitError):
    """The source cannot be used."""

    code = "MEDIA"


class MediaNotFound(MediaError, FileNotFoundError):
    """There is no file at the path."""

    code = "MEDIA_NOT_FOUND"


class UnreadableMedia(MediaError):
    """The file is no media, or nothing in it can be decoded."""

    code = "MEDIA_UNREADABLE"


class FetchError(MediaError):
    """What a URL names cannot be fetched."""

    code = "FETCH"


class AddressRefused(FetchError):
    """A URL leads to an address that a server must not connect to for others."""

    code = "ADDRESS_REFUSED"


class FetchInterrupted(FetchError):
    """What a URL names cannot be fetched now, for a reason that may pass."""

    code = "FETCH_INTERRUPTED"


class OutputError(ClipkitError, OSError):
    """A result cannot be written where it was asked for."""

    code = "OUTPUT"


class TranscriptError(ClipkitError, ValueError):
    """A transcript file cannot be read."""

    code = "TRANSCRIPT"


class EngineError(ClipkitError):
    """A model or an encoder cannot run."""

    code = "ENGINE"


class MissingExtra(EngineError, ImportError):
    """A package that an engine needs is not installed."""

    code = "MISSING_EXTRA"


class MissingWeights(EngineError, FileNotFoundError):
    """The weights of a model are not on this machine."""

    code = "MISSING_WEIGHTS"


class HubUnreachable(MissingWeights, ConnectionError):
    """The weights are not on this machine and the hub does not answer."""

    code = "HUB_UNREACHABLE"


class CorruptWeights(EngineError):
    """Weights on this machine differ from what was recorded when they came."""

    code = "CORRUPT_WEIGHTS"


class DeviceUnavailable(EngineError):
    """The device that was asked for cannot be used."""

    code = "DEVICE_UNAVAILABLE"


class OutOfMemory(EngineError, MemoryError):
    """A device has too little memory for the work."""

    code = "OUT_OF_MEMORY"


class UnsupportedLanguage(EngineError, ValueError):
    """The engine that would run cannot handle the language."""

    code = "UNSUPPORTED_LANGUAGE"


class OptionError(ClipkitError, ValueError):
    """An option has a value that it cannot have."""

    code = "OPTION"


class WiringError(ClipkitError, TypeError):
    """Stages do not fit together."""

    code = "WIRING"


class SchemaError(ClipkitError, ValueError):
    """A job document does not match the schema."""

    code = "SCHEMA"


class SignatureError(ClipkitError, ValueError):
    """A webhook or a URL does not carry the signature that it should."""

    code = "SIGNATURE"


class QuotaExceeded(ClipkitError):
    """Whoever asks has used up the room that they may take."""

    code = "QUOTA_EXCEEDED"


class TimedOut(ClipkitError, TimeoutError):
    """The work took longer than it may, or nothing was heard of it for long."""

    code = "TIMED_OUT"


class Cancelled(ClipkitError):
    """The caller asked the run to stop."""

    code = "CANCELLED"

    def __init__(
        self,
        asked: str = "the run did not finish",
        found: str = "it was cancelled",
        remedy: str = "",
    ) -> None:
        super().__init__(asked, found, remedy)

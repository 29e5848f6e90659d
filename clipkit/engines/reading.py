"""What a Whisper is asked for."""

from dataclasses import dataclass

from clipkit.engines.whisper_decoding import Decoding
from clipkit.engines.whisper_windows import WINDOW_S
from clipkit.errors import OptionError

_TASKS = ("transcribe", "translate")
_SHORTEST_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How Whisper reads speech.

    Raises:
        OptionError: An option is none.
    """

    task: str = "transcribe"
    """"transcribe", or "translate": into English, by models that were trained to."""

    initial_prompt: str = ""
    """Text as if it came before each window: names, spelling, style."""

    hotwords: str = ""
    """Words that are likely to be said."""

    word_times: bool = True
    """Whether each word has the time and confidence it is heard with, which takes another look at
    each window. Without, words share the time of the speech that they are said in."""

    windows_s: tuple[float, ...] = (WINDOW_S,)
    """What windows are filled up to with silence, ascending. Speech is packed up to the first; what
    cannot be parted goes into the first that holds it. (15, 20, 30) takes less work than Whisper's
    own 30, and shows the model shorter windows than it was trained on."""

    decoding: Decoding = Decoding()  # noqa: RUF009 - it is frozen
    """How text is found, and when it is looked for again; greedily at first."""

    def __post_init__(self) -> None:
        if self.task not in _TASKS:
            raise OptionError(
                f"Whisper does not know the task {self.task!r}",
                "it is none that it was trained for",
                f"Use one of {', '.join(_TASKS)}.",
            )
        lengths_s = self.windows_s
        if not lengths_s or list(lengths_s) != sorted(set(lengths_s)):
            raise OptionError("the lengths of windows ascend", f"windows_s is {lengths_s}")
        if lengths_s[0] < _SHORTEST_S or lengths_s[-1] > WINDOW_S:
            raise OptionError(
                f"windows are {_SHORTEST_S:.0f} to {WINDOW_S:.0f} s long",
                f"windows_s is {lengths_s}",
            )

    @property
    def before(self) -> str:
        """What stands before each window; what came last counts most."""
        return " ".join(filter(None, [self.hotwords.strip(), self.initial_prompt.strip()]))

"""How text is found in a window, and looked for again where what was found cannot be right."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clipkit.errors import OptionError


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to decode."""

    beam_size: int
    """Hypotheses kept; 1 is greedy."""

    longest_repeat: int = 0
    """So many tokens may come a second time in the same order, no more; 0: any number."""

    temperature: float = 0.0
    """Tokens are drawn at random, the flatter the higher it is; 0: the likeliest is taken."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was found in a window."""

    tokens: tuple[int, ...]
    """Of the text, and what special ones the model wrote behind it."""

    log_probability: float
    """Mean over the tokens and the end."""

    no_speech: float
    """How likely the window holds no speech at all, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How text is found, and when it is looked for again.

    Nearly all windows are right at the first attempt, which is greedy; those that are not are
    looked at again, by themselves. Whisper's own way out is to draw tokens at random: the same file
    would not give the same words twice. Here a wider beam comes next, then one that may not go in
    circles.

    Source: the thresholds are the defaults of openai/whisper ``transcribe``.
    """

    beam_size: int = 1
    """Hypotheses kept at the first attempt; 5 is Whisper's own, which takes longer."""

    retry_beam_size: int = 5
    """Hypotheses kept at the next."""

    least_log_probability: float = -1.0
    """Text of a lower mean log probability is looked for again."""

    most_compression: float = 2.4
    """Text that zlib makes more than so many times smaller repeats itself."""

    no_speech: float = 0.6
    """Text of a low probability is dropped where the model says, surer than this, that nobody
    speaks."""

    temperatures: tuple[float, ...] = ()
    """Attempts after those, drawn at random: not the same twice on CTranslate2."""

    most_tokens: int = 224
    """Of the text of a window; half of what Whisper's decoder can see, and the most that
    CTranslate2 decodes."""

    halves: bool = True
    """Whether a window whose text comes to that many is read again in two halves, parted at a
    pause: in some languages a character takes three tokens. What is lost all the same is told."""

    def __post_init__(self) -> None:
        if self.beam_size < 1 or self.retry_beam_size < 1 or not 1 <= self.most_tokens <= 224:
            raise OptionError(
                "beam sizes are positive, and a window has 1 to 224 tokens",
                f"they are {self.beam_size} and {self.retry_beam_size}, and {self.most_tokens}",
            )
        if any(not 0.0 < temperature <= 2.0 for temperature in self.temperatures):
            raise OptionError("temperatures lie in (0, 2]", f"they are {self.temperatures}")

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What is tried, in this order."""
        wider = max(self.beam_size, self.retry_beam_size)
        first = Attempt(self.beam_size)
        tries = (first, Attempt(wider), Attempt(wider, longest_repeat=2))
        return (*dict.fromkeys(tries), *(Attempt(1, 0, one) for one in self.temperatures))

    def is_silence(self, found: Decoded) -> bool:
        """Tell whether a window is taken to hold no speech."""
        return (
            found.no_speech > self.no_speech and found.log_probability < self.least_log_probability
        )

    def is_doubtful(self, found: Decoded, text: str) -> bool:
        """Tell whether text is looked for again."""
        if self.is_silence(found):
            return False
        unlikely = found.log_probability < self.least_log_probability
        return unlikely or compression(text) > self.most_compression


def compression(text: str) -> float:
    """Return how many times smaller zlib makes a text: more than 2 where it goes in circles.

    Of its letters, not of the bytes of UTF-8: where they take three each, as in Hindi or Thai, any
    text would look like one that repeats itself.
    """
    letters = {letter: number for number, letter in enumerate(sorted(set(text)))}
    if len(letters) <= 256:
        data = bytes(letters[letter] for letter in text)
    else:
        data = text.encode("utf-16-le")
    return len(data) / len(zlib.compress(data)) if data else 0.0


def decode(
    run: Callable[[Sequence[int], Attempt], Sequence[Decoded]],
    count: int,
    text_of: Callable[[Decoded], str],
    decoding: Decoding,
) -> list[Decoded]:
    """Decode windows together, and those again that are doubtful.

    Args:
        run: Decodes some windows, by their places, in one way.
        count: How many windows there are.
        text_of: Returns what tokens say.
        decoding: How, and what is doubtful.

    Returns:
        What was found in each window: the first that is not doubtful, or what is likeliest of those
        that do not go in circles, or what is likeliest.
    """

    def rank(found: Decoded) -> tuple[bool, float]:
        return compression(text_of(found)) <= decoding.most_compression, found.log_probability

    best: list[Decoded | None] = [None] * count
    places: Sequence[int] = range(count)
    for attempt in decoding.attempts:
        doubtful = []
        for place, found in zip(places, run(places, attempt), strict=True):
            before = best[place]
            if not decoding.is_doubtful(found, text_of(found)):
                best[place] = found
                continue
            doubtful.append(place)
            if before is None or rank(found) > rank(before):
                best[place] = found
        places = doubtful
        if not places:
            break
    return [found for found in best if found is not None]

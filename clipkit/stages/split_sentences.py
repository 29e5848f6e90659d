"""Words to sentences."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from clipkit.stages.voices import voices_of
from clipkit.types.speech import (
    CLAUSE_MARKS,
    Sentence,
    Sentences,
    Speech,
    Transcript,
    Word,
    bare_end,
    has_end_mark,
)
from clipkit.types.time import Span

_ABBREVIATIONS = frozenset(
    """
    mr. mrs. ms. dr. prof. sr. jr. st. vs. etc. e.g. i.e. no. fig. inc. ltd. u.s. a.m. p.m.
    """.split()
)

_STRETCH_WORDS = 200
"""Whether marks are set shows in so many words; fewer may be one long sentence."""

_MARKED = 50
"""Where fewer than one word in so many ends a sentence, marks were left out: talk has one in ten
to twenty-five."""

_MOST_WORDS = 120
"""Nobody's sentence has more: the recogniser has left the marks out for a while, as some do."""

_OPENERS = frozenset("and but so because okay ok well now then yeah anyway although though".split())
"""English words that most often begin a clause where the marks were left out."""


@dataclass(frozen=True, kw_only=True)
class SplitSentences:
    """Groups words to sentences, by punctuation where there is some and by pauses.

    A word is never cut, and each belongs to one sentence of one voice. What others throw in while
    somebody speaks is a sentence of its own, and the one it falls into goes on.
    """

    pause_s: float = 0.28
    """Without punctuation, a pause this long ends a sentence: read and prepared speech pauses
    longer between sentences and shorter within. Silero's spans are 30 ms longer than the speech at
    either end, so this is .34 s by ear."""

    long_pause_s: float = 1.2
    """A pause this long ends a sentence even where the punctuation does not, unless it goes on in
    small letters."""

    aside_s: float = 2.0
    """Others may speak so long in the midst of a sentence; more is a turn of theirs."""

    short_aside_s: float = 0.6
    """The same without punctuation, where a sentence and an answer to it look alike."""

    longest_s: float = 20.0
    """A run without punctuation and pause is broken at its widest gap beyond this."""

    def __call__(self, transcript: Transcript, speech: Speech) -> Sentences:
        """Return the sentences in the order of their starts.

        Recognisers stretch a word over the silence behind it, so a pause is what the words' times
        leave or what the voice detector found between their middles, whichever is longer.
        """
        if not transcript.words:
            return Sentences(())
        parts: list[_Part] = []
        for run in self._runs(transcript.words, _Silence(speech)):
            end_s = _end_s(run.words) if run.is_marked else None
            parts += [_Part(words, end_s or _end_s(words)) for words in self._broken(run.words)]
        parts.sort(key=lambda part: part.words[0].span.start_s)
        return Sentences(tuple(_with_pauses(parts)))

    def _runs(self, words: Sequence[Word], silence: "_Silence") -> Iterator["_Run"]:
        """Yield what each voice says in one go."""
        runs: list[_Run] = []
        running: dict[str | None, _Run] = {}
        said_s = [0.0, *accumulate(word.span.duration_s for word in words)]
        marked = _are_marked(words)
        voices = voices_of(words, marked, self.pause_s)
        for place, (word, voice) in enumerate(zip(words, voices, strict=True)):
            run = running.get(voice)
            if run is not None:
                others_s = said_s[place] - run.said_s
                if self._ends(run.words[-1], word, others_s, silence, is_marked=marked[place]):
                    run = None
            if run is None:
                run = running[voice] = _Run(is_marked=marked[place])
                runs.append(run)
            run.words.append(word)
            run.said_s = said_s[place + 1]
        for run in runs:
            if run.is_marked and len(run.words) > _MOST_WORDS:
                yield from self._by_pauses(run.words, silence)
            else:
                yield run

    def _ends(
        self, word: Word, following: Word, others_s: float, silence: "_Silence", *, is_marked: bool
    ) -> bool:
        """Tell whether a sentence ends between two words of a voice.

        Args:
            word: The first.
            following: The next of the same voice.
            others_s: How long others speak between them.
            silence: Where nobody speaks.
            is_marked: Whether marks are set there.
        """
        if has_end_mark(word.text) and bare_end(word.text).lower() not in _ABBREVIATIONS:
            return True
        if others_s > (self.aside_s if is_marked else self.short_aside_s):
            return True
        gap_s = following.span.start_s - word.span.end_s - others_s
        paused_s = max(gap_s, silence.between_s(word, following))
        if not is_marked:
            return paused_s >= self.pause_s
        # In small letters the sentence goes on, however long somebody looks for words.
        return paused_s >= self.long_pause_s and not following.text[:1].islower()

    def _by_pauses(self, words: Sequence[Word], silence: "_Silence") -> Iterator["_Run"]:
        """Yield what lies between pauses, as where there are no marks."""
        run = _Run([words[0]])
        for before, word in pairwise(words):
            if self._ends(before, word, 0.0, silence, is_marked=False):
                yield run
                run = _Run()
            run.words.append(word)
        yield run

    def _broken(self, words: list[Word]) -> list[list[Word]]:
        """Break a run at its widest gap, again and again, until each part is short enough."""
        parts, waiting = [], [words]
        while waiting:
            run = waiting.pop()
            if len(run) < 2 or run[-1].span.end_s - run[0].span.start_s <= self.longest_s:
                parts.append(run)
                continue
            cut = _widest_gap(run)
            waiting += [run[cut:], run[:cut]]
        return parts


@dataclass(slots=True)
class _Run:
    """What a voice says in one go, so far."""

    words: list[Word] = field(default_factory=list)

    is_marked: bool = False
    """Whether punctuation makes it one sentence."""

    said_s: float = 0.0
    """How long anybody has spoken when its last word ends."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Words that become a sentence."""

    words: list[Word]

    until_s: float
    """Where the sentence that they are all or a part of ends."""


def _end_s(words: Sequence[Word]) -> float:
    return max(word.span.end_s for word in words)


def _widest_gap(words: Sequence[Word]) -> int:
    """Return where the widest gap lies; of gaps as wide, where somebody would take a breath.

    That is between clauses in the middle half, else nearest to the middle.
    """
    middle = len(words) / 2

    def fitness(index: int) -> tuple[float, bool, float]:
        before, word = words[index - 1], words[index]
        gap_s = max(0.0, round(word.span.start_s - before.span.end_s, 2))
        off_middle = abs(index - middle)
        is_clause = off_middle <= middle / 2 and _begins_clause(before, word)
        return gap_s, is_clause, -off_middle

    return max(range(1, len(words)), key=fitness)


def _begins_clause(before: Word, word: Word) -> bool:
    if bare_end(before.text).endswith(CLAUSE_MARKS):
        return True
    # What opens a clause opens it only once: "and so we", "okay and now".
    return word.text.lower() in _OPENERS and before.text.lower() not in _OPENERS


def _are_marked(words: Sequence[Word]) -> list[bool]:
    """Tell of each word whether marks are set around it."""
    count = len(words)
    marks = [0, *accumulate(has_end_mark(word.text) for word in words)]
    size = min(count, _STRETCH_WORDS)
    starts = (min(max(0, place - size // 2), count - size) for place in range(count))
    return [(marks[start + size] - marks[start]) * _MARKED >= size for start in starts]


class _Silence:
    """What the voice detector took for silence; nothing where it saw no speech at all."""

    def __init__(self, speech: Speech) -> None:
        self._spans = speech.spans
        self._ends = [span.end_s for span in speech.spans]

    def between_s(self, word: Word, following: Word) -> float:
        """Return the seconds without speech between the middles of two words."""
        start_s, end_s = _middle_s(word), _middle_s(following)
        if not self._spans or end_s <= start_s:
            return 0.0
        silent_s = end_s - start_s
        for place in range(bisect_right(self._ends, start_s), len(self._spans)):
            span = self._spans[place]
            if span.start_s >= end_s:
                break
            silent_s -= span.intersection_s(Span(start_s, end_s))
        return silent_s


def _middle_s(word: Word) -> float:
    return (word.span.start_s + word.span.end_s) / 2.0


def _with_pauses(parts: Sequence[_Part]) -> Iterator[Sentence]:
    """Yield parts, by their starts, as sentences with the pauses around them."""
    said_s = unfinished_s = 0.0
    next_starts_s = [*(part.words[0].span.start_s for part in parts[1:]), float("inf")]
    for part, next_start_s in zip(parts, next_starts_s, strict=True):
        end_s = _end_s(part.words)
        before_s = max(0.0, part.words[0].span.start_s - said_s)
        said_s, unfinished_s = max(said_s, end_s), max(unfinished_s, part.until_s)
        after_s = max(0.0, next_start_s - said_s) if end_s >= said_s else 0.0
        yield Sentence(tuple(part.words), before_s, after_s, goes_on=next_start_s < unfinished_s)

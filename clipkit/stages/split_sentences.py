"""Words to sentences."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
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

_NEAR_S = 10.0
"""A sentence's end that is only guessed counts for none where a surer one lies so near: a clip can
reach that far."""

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
            broken = [_Part(words, _end_s(words), run.voice) for words in self._broken(run.words)]
            broken[-1].end = run.end
            for part in broken if run.is_marked else []:
                part.until_s = _end_s(run.words)
            parts += broken
        parts.sort(key=lambda part: part.words[0].span.start_s)
        _join_unsure(parts, is_marked=_is_marked(transcript.words))
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
                is_marked = run.is_marked and marked[place]
                end = self._end(run.words[-1], word, others_s, silence, is_marked=is_marked)
                if end is not None:
                    run.end, run = end, None
            if run is None:
                run = running[voice] = _Run(voice, is_marked=marked[place])
                runs.append(run)
            run.words.append(word)
            run.said_s = said_s[place + 1]
        for run in runs:
            if run.is_marked and len(run.words) > _MOST_WORDS:
                yield from self._by_pauses(run, silence)
            else:
                yield run

    def _end(
        self, word: Word, following: Word, others_s: float, silence: "_Silence", *, is_marked: bool
    ) -> "_End | None":
        """Tell what ends a sentence between two words of a voice; None if it goes on.

        Args:
            word: The first.
            following: The next of the same voice.
            others_s: How long others speak between them.
            silence: Where nobody speaks.
            is_marked: Whether marks are set there.
        """
        if has_end_mark(word.text) and bare_end(word.text).lower() not in _ABBREVIATIONS:
            return _End.SURE
        if others_s > (self.aside_s if is_marked else self.short_aside_s):
            return _End.SURE
        gap_s = following.span.start_s - word.span.end_s - others_s
        paused_s = max(gap_s, silence.between_s(word, following))
        # In small letters the sentence goes on, however long somebody looks for words.
        if paused_s >= self.long_pause_s and not (is_marked and following.text[:1].islower()):
            return _End.SURE
        return _End.PAUSE if not is_marked and paused_s >= self.pause_s else None

    def _by_pauses(self, run: "_Run", silence: "_Silence") -> Iterator["_Run"]:
        """Yield what lies between pauses, as where there are no marks."""
        part = _Run(run.voice, [run.words[0]])
        for before, word in pairwise(run.words):
            end = self._end(before, word, 0.0, silence, is_marked=False)
            if end is not None:
                part.end = end
                yield part
                part = _Run(run.voice)
            part.words.append(word)
        part.end = run.end
        yield part

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


class _End(IntEnum):
    """What ends a sentence, the least sure first."""

    BREAK = 0
    """It was too long."""

    PAUSE = 1
    """A pause where marks were left out."""

    SURE = 2
    """A mark, a long pause or somebody else."""


@dataclass(slots=True)
class _Run:
    """What a voice says in one go, so far."""

    voice: str | None

    words: list[Word] = field(default_factory=list)

    end: _End = _End.SURE

    is_marked: bool = False
    """Whether punctuation makes it one sentence."""

    said_s: float = 0.0
    """How long anybody has spoken when its last word ends."""


@dataclass(slots=True)
class _Part:
    """Words that become a sentence."""

    words: list[Word]

    until_s: float
    """Where the sentence that they are all or a part of ends."""

    voice: str | None

    end: _End = _End.BREAK


def _join_unsure(parts: Sequence[_Part], *, is_marked: bool) -> None:
    """Let parts go on to the next of the voice where their end is a guess and a surer one is near.

    Args:
        parts: In the order of their starts.
        is_marked: Whether marks are set in most of the talk. Then a mark tells more than a pause;
            else a long pause tells no more than a shorter one.
    """
    surest = _End.SURE if is_marked else _End.PAUSE
    borders_s = {
        end: sorted(
            [
                parts[0].words[0].span.start_s,
                *(_end_s(part.words) for part in parts if part.end >= end),
            ]
        )
        for end in (_End.PAUSE, _End.SURE)
    }
    following: dict[str | None, _Part] = {}
    for part in reversed(parts):
        if part.end < surest and part.voice in following:
            surer_s = borders_s[_End(part.end + 1)]
            if _distance_s(_end_s(part.words), surer_s) <= _NEAR_S:
                part.until_s = max(part.until_s, _end_s(following[part.voice].words))
        following[part.voice] = part


def _distance_s(time_s: float, times_s: Sequence[float]) -> float:
    """Return how far the nearest of some ascending times is, at least one."""
    place = bisect_left(times_s, time_s)
    return min(abs(near_s - time_s) for near_s in times_s[max(0, place - 1) : place + 1])


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


def _is_marked(words: Sequence[Word]) -> bool:
    """Tell whether marks are set in most of the talk."""
    return sum(has_end_mark(word.text) for word in words) * _MARKED >= len(words)


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

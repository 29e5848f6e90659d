"""Whether clips start and end where a listener would cut.

Judged by the words and their times alone, not by how clipkit splits sentences.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from clipkit.types.clips import Clip
from clipkit.types.speech import Word
from clipkit.types.time import Span

PAUSE_S = 0.15
"""A shorter gap between two words is a closed mouth, no pause."""

SENTENCE_PAUSE_S = 0.25
"""Without punctuation, a pause this long ends a sentence."""

LONG_PAUSE_S = 1.0
"""A pause this long ends a sentence whatever the punctuation."""

NEAR_S = 0.15
"""An edge this close to a pause is as good as in it."""

REACH_S = 10.0
"""An edge that lies on no border of sentences missed one only if one lies so near."""

_TOLERANCE_S = 0.0015
"""Clips are cut at whole milliseconds."""

_MARKS = tuple(".?!…。？！")
_CLOSING = "\"'”\u2019)]»"
_ABBREVIATIONS = frozenset("mr. mrs. ms. dr. prof. st. vs. e.g. i.e. no. u.s.".split())


@dataclass(frozen=True, slots=True)
class Boundary:
    """How one clip is cut."""

    starts_sentence: bool
    ends_sentence: bool

    missed_borders: int
    """Edges on no border of sentences though one lies within ``REACH_S``: 0 to 2."""

    cuts: int
    """Edges that lie inside a word: 0 to 2."""

    in_length: bool | None
    """Whether it lasts the target ± 20 %; None without a target."""

    says_length: bool | None
    """Where it does not: whether its reason says so. None where it does."""

    pause_distances_s: tuple[float, ...]
    """Of each edge to the nearest pause, 0 in one; empty where the transcript has no pauses."""


@dataclass(frozen=True, slots=True)
class Boundaries:
    """How all clips of a corpus are cut. A share is None where nothing counts for it."""

    corpus: str
    clips: int
    starts_sentence: float | None
    """Share of clips."""

    ends_sentence: float | None
    """Share of clips."""

    missed_borders: int
    """Edges, two a clip, with a border of sentences near that they don't lie on."""

    cuts_in_words: int
    """Edges, two a clip."""

    in_length: float | None
    """Share of clips with a target."""

    silent_misses: int
    """Clips that miss the target's length and do not say so."""

    near_pause: float | None
    """Share of edges at most 150 ms from a pause, in transcripts that have pauses."""

    median_pause_distance_s: float | None
    """Of the same edges."""


class Judge:
    """Judges the edges of the clips of one transcript."""

    def __init__(self, words: Sequence[Word]) -> None:
        """Find the borders and pauses.

        Args:
            words: The whole transcript, at least one word, in order of start.
        """
        self._words = words
        self._starts = [word.span.start_s for word in words]
        marked = is_punctuated(words)
        inner = (is_border(before, after, marked) for before, after in pairwise(words))
        # Border n comes before word n.
        self._is_border = [True, *inner, True]
        self._pauses = pauses_between(words)
        times_s = [*self._starts, max(word.span.end_s for word in words)]
        places = (place for place, is_one in enumerate(self._is_border) if is_one)
        self._borders_s = sorted(times_s[place] for place in places)

    def boundary(self, clip: Clip, target_s: float | None) -> Boundary:
        """Judge the edges of a clip.

        Args:
            clip: With at least one word.
            target_s: The length asked for.
        """
        first, stop = self._place(clip.words[0]), self._place(clip.words[-1]) + 1
        edges = (clip.span.start_s, clip.span.end_s)
        on_border = self._is_border[first], self._is_border[stop]
        in_length = None if target_s is None else is_length(clip.span, target_s)
        return Boundary(
            starts_sentence=on_border[0],
            ends_sentence=on_border[1],
            missed_borders=sum(
                not is_on and self._is_near_border(edge_s)
                for is_on, edge_s in zip(on_border, edges, strict=True)
            ),
            cuts=sum(is_inside_word(edge_s, self._words) for edge_s in edges),
            in_length=in_length,
            says_length="no sentence border" in clip.reason if in_length is False else None,
            pause_distances_s=tuple(distance_s(edge_s, self._pauses) for edge_s in edges)
            if self._pauses
            else (),
        )

    def _place(self, word: Word) -> int:
        # Where words have no length several start at once, so a word is told by itself.
        return self._words.index(word, bisect_left(self._starts, word.span.start_s))

    def _is_near_border(self, edge_s: float) -> bool:
        place = bisect_left(self._borders_s, edge_s)
        return any(
            abs(border_s - edge_s) <= REACH_S
            for border_s in self._borders_s[max(0, place - 1) : place + 1]
        )


def boundaries(corpus: str, judged: Sequence[Boundary]) -> Boundaries:
    """Sum up how clips are cut."""
    lengths = [one.in_length for one in judged if one.in_length is not None]
    distances = [distance for one in judged for distance in one.pause_distances_s]
    return Boundaries(
        corpus=corpus,
        clips=len(judged),
        starts_sentence=_share([one.starts_sentence for one in judged]),
        ends_sentence=_share([one.ends_sentence for one in judged]),
        missed_borders=sum(one.missed_borders for one in judged),
        cuts_in_words=sum(one.cuts for one in judged),
        in_length=_share(lengths),
        silent_misses=sum(one.says_length is False for one in judged),
        near_pause=_share([distance <= NEAR_S for distance in distances]),
        median_pause_distance_s=median(distances) if distances else None,
    )


def is_punctuated(words: Sequence[Word]) -> bool:
    """Tell whether sentences end in marks: at least one word in forty does."""
    return sum(_has_mark(word) for word in words) * 40 >= len(words)


def is_border(before: Word, after: Word, marked: bool) -> bool:
    """Tell whether a sentence may end between two words that follow each other.

    Args:
        before: The last word of one.
        after: The first of the next.
        marked: Whether the transcript has punctuation.
    """
    gap_s = after.span.start_s - before.span.end_s
    if before.speaker != after.speaker or gap_s >= LONG_PAUSE_S:
        return True
    return _has_mark(before) if marked else gap_s >= SENTENCE_PAUSE_S


def is_inside_word(time_s: float, words: Sequence[Word]) -> bool:
    """Tell whether a cut at a time takes a part of a word."""
    return any(
        word.span.start_s + _TOLERANCE_S < time_s < word.span.end_s - _TOLERANCE_S for word in words
    )


def is_length(span: Span, target_s: float) -> bool:
    """Tell whether a span lasts the target, give or take a fifth."""
    return 0.8 * target_s - _TOLERANCE_S <= span.duration_s <= 1.2 * target_s + _TOLERANCE_S


def pauses_between(words: Sequence[Word]) -> tuple[Span, ...]:
    """Return the silences between words; empty where the words' times leave none.

    Before the first word and after the last it is taken to be silent, so a transcript whose words
    all touch has no pauses, rather than two.
    """
    pauses = []
    reached_s = words[0].span.end_s
    for before, after in pairwise(words):
        reached_s = max(reached_s, before.span.end_s)
        if after.span.start_s - reached_s >= PAUSE_S:
            pauses.append(Span(reached_s, after.span.start_s))
    if not pauses:
        return ()
    end_s = max(word.span.end_s for word in words)
    before_all = Span(min(0.0, words[0].span.start_s), words[0].span.start_s)
    return (before_all, *pauses, Span(end_s, end_s + 60.0))


def distance_s(time_s: float, spans: Sequence[Span]) -> float:
    """Return how far a time lies from the nearest span; 0 inside one."""
    return min(max(span.start_s - time_s, time_s - span.end_s, 0.0) for span in spans)


def _has_mark(word: Word) -> bool:
    text = word.text.rstrip(_CLOSING)
    return text.endswith(_MARKS) and text.lower() not in _ABBREVIATIONS


def _share(told: Sequence[bool]) -> float | None:
    return sum(told) / len(told) if told else None

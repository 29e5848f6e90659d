"""A choice to clips: titles, evidence, identity."""

import uuid
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import TitleWriter
from clipkit.transcripts.words import in_time_order
from clipkit.types.clips import Clip, Clips, Match, Rejected, ScoredMoments, Selection, Signal
from clipkit.types.events import Monitor
from clipkit.types.media import Timeline
from clipkit.types.query import Query
from clipkit.types.retrieval import Relevance, Searchable
from clipkit.types.speech import Sentence, Word
from clipkit.types.time import Span

_NAMESPACE = uuid.UUID("6a1f5c1e-5d0b-4c55-9d0e-2f6a4c1f7b93")
"""Ours, drawn once; with the name it makes a clip's id."""

_MATCHES = 3

_FEWEST_WORDS = 3
"""A shorter sentence answers nothing by itself, however close it comes: "Really?"."""

_IN_WORDS = {
    "borders": "it begins and ends where the topic changes",
    "coherence": "it keeps to one subject",
    "opening": "its first sentence stands on its own",
    "pauses": "it is set off by pauses",
    "flow": "it is told without gaps",
    "substance": "it is dense with content",
    "telling": "one voice tells it",
    "centrality": "it is about what the whole is about",
    "fullness": "it is told in long sentences",
    "delivery": "it is said in a livelier voice than the rest",
    "reactions": "listeners react in it",
    "loudness": "it is louder than the rest",
    "onsets": "more happens in its sound than in the rest",
    "cuts": "it is cut faster than the rest",
    "pictures": "its pictures show what was asked for",
    "sounds": "it sounds like what was asked for",
}
_FROM = {"opening": 0.7, "borders": 0.75, "pauses": 0.75}
"""A signal is worth a word above .5, but a short first sentence is no reason for a clip; and where
it is the mean of both ends, only above .75 are both worth it."""

_OF_EDGES = frozenset({"borders", "opening", "pauses"})
"""What speaks for where a clip begins and ends, if that was open to choice."""

_OF_SILENCE = frozenset({"loudness", "onsets", "cuts", "pictures", "sounds"})
"""What speaks for a clip in which nothing is said."""


@dataclass(frozen=True, kw_only=True)
class ComposeClips:
    """Makes clips of the chosen moments."""

    engines: tuple[TitleWriter, ...]
    """Title writers, in order of preference."""

    def __call__(  # noqa: PLR0917
        self,
        selection: Selection,
        scored: ScoredMoments,
        searchable: Searchable,
        relevance: Relevance,
        timeline: Timeline,
        query: Query,
        monitor: Monitor,
    ) -> Clips:
        """Return the clips, best first, and the best of what was not taken."""
        rejected = tuple(
            Rejected(scored.moments.span(index), float(scored.scores[index]), reason)
            for index, reason in selection.rejected
        )
        if not selection.chosen:
            return Clips((), selection.reason, rejected)
        writer = first_ready(self.engines, monitor)
        taken: set[str] = set()
        clips = []
        for index in selection.chosen:
            composing = _Composing(index, scored, searchable, relevance, timeline, query)
            if composing.said:
                texts = [item.text for item in composing.said]
                with exclusive(writer):
                    title = writer.title(texts, composing.standing(), taken, monitor)
            else:
                title = f"At {_clock(composing.span.start_s)}"
            taken.add(title)
            clips.append(composing.clip(title))
        return Clips(tuple(clips), None, rejected)


@dataclass(frozen=True, eq=False)
class _Composing:
    """What one clip is composed of."""

    index: int
    """Of the moment."""

    scored: ScoredMoments
    searchable: Searchable
    relevance: Relevance
    timeline: Timeline
    query: Query

    @property
    def span(self) -> Span:
        """From where to where it is cut."""
        return self.scored.moments.span(self.index)

    @property
    def said(self) -> tuple[Sentence, ...]:
        """What is said in it, sentence by sentence."""
        return tuple(self._said.values())

    def standing(self) -> list[float]:
        """Return how much each sentence stands for the clip, and answers its criterion."""
        where = [*self._said]
        rows = self.searchable.sentence_embeddings.vectors[where]
        weights = np.vecdot(rows, rows.mean(axis=0))
        if self._looked_for >= 0:
            weights = weights + 2.0 * self.relevance.similarity[self._looked_for, where]
        return [round(float(weight), 4) for weight in weights]

    def clip(self, title: str) -> Clip:
        """Return the clip."""
        index, span = self.index, self.span
        number = int(self.scored.criterion[index])
        # Silence may be pinned, but it answers nothing.
        criterion = self.query.criteria[number] if number >= 0 and self.said else None
        signals = tuple(
            Signal(name, float(value), float(weight))
            for name, value, weight in zip(
                self.scored.signals, self.scored.values[index], self.scored.weights, strict=True
            )
        )
        matches = self._matches()
        name = f"{self.timeline.fingerprint}|{span.start_s:.3f}|{span.end_s:.3f}|{criterion or ''}"
        return Clip(
            id=str(uuid.uuid5(_NAMESPACE, name)),
            title=title,
            span=span,
            score=float(self.scored.scores[index]),
            signals=signals,
            words=in_time_order(word for sentence in self.said for word in sentence.words),
            criterion=criterion,
            matches=matches,
            reason="; ".join(self._reasons(criterion, matches, signals)),
        )

    @property
    def _is_pinned(self) -> bool:
        return self.index in self.scored.moments.pinned

    @cached_property
    def _in_source(self) -> int:
        """How many sentences there are; what begins behind the source's end is not said in it."""
        items = self.searchable.sentences.items
        return bisect_left(items, self.timeline.duration_s, key=lambda item: item.span.start_s)

    @cached_property
    def _run(self) -> range:
        """Places of the sentences that the moment is drawn from."""
        moments, count = self.scored.moments, self._in_source
        first, stop = int(moments.first[self.index]), int(moments.stop[self.index])
        return range(min(first, count), min(stop, count))

    @cached_property
    def _said(self) -> dict[int, Sentence]:
        """What is said, by its place; an edge that was pinned may leave a part of a sentence."""
        items = self.searchable.sentences.items
        if not self._is_pinned:
            return {place: items[place] for place in self._run}
        parts = {
            place: tuple(word for word in items[place].words if _lies_in(word, self.span))
            for place in self._run
        }
        return {place: replace(items[place], words=part) for place, part in parts.items() if part}

    @property
    def _looked_for(self) -> int:
        """Index of the criterion that sentences are held against; -1 if they are against none."""
        number = int(self.scored.criterion[self.index])
        return -1 if number < 0 or self.relevance.is_general[number] else number

    def _matches(self) -> tuple[Match, ...]:
        if self._looked_for < 0:
            return ()
        cosines = np.round(self.relevance.similarity[self._looked_for, [*self._said]], 4)
        is_short = np.array([len(item.words) < _FEWEST_WORDS for item in self.said], bool)
        return tuple(
            Match(self.said[place].text, self.said[place].span, float(cosines[place]))
            for place in np.lexsort((-cosines, is_short))[:_MATCHES]
        )

    def _reasons(
        self, criterion: str | None, matches: Sequence[Match], signals: Sequence[Signal]
    ) -> list[str]:
        parts = self._about_signals(signals)
        if criterion is not None and matches:
            parts.insert(0, f"closest to “{criterion}”: “{matches[0].text}”")
        elif not self.said and (self.query.criteria or self._is_pinned):
            unmatched = ", so what was asked for could not be matched"
            silent = "no whole word is said in it" if self._run else "nothing is said in it"
            parts.insert(0, silent + unmatched * bool(self.query.criteria))
        if self._is_pinned:
            return ["it was pinned", *parts]
        return [*parts, *self._about_length()] or ["the best there is"]

    def _about_signals(self, signals: Sequence[Signal]) -> list[str]:
        """Return what speaks most for the clip, of what is true of it and could be otherwise."""
        items = self.searchable.sentences.items
        is_all = 0 < len(self._said) == self._in_source
        is_cut = any(self._said.get(place) != items[place] for place in self._run)
        told = frozenset(_IN_WORDS) if self.said else _OF_SILENCE
        if is_all or is_cut:
            told -= _OF_EDGES
        strongest = sorted(
            (signal for signal in signals if signal.name in told and _speaks(signal)),
            key=lambda signal: (-signal.value * signal.weight, signal.name),
        )
        parts = [_IN_WORDS[signal.name] for signal in strongest[:2]]
        return ["it is all that is said", *parts] if is_all else parts

    def _about_length(self) -> list[str]:
        target_s, duration_s = self.query.target_duration_s, self.span.duration_s
        shortest_s, longest_s = self.query.length_range_s(self.timeline.duration_s)
        # A cut lies on a whole millisecond, so a length may miss its limit by as much.
        if shortest_s - 0.002 <= duration_s <= longest_s + 0.002 or target_s is None:
            return []
        return [f"no sentence border allows {target_s:g} s, so it lasts {duration_s:.1f} s"]


def _lies_in(word: Word, span: Span) -> bool:
    """Tell whether a word's middle lies in a span; what two spans share belongs to one of them."""
    middle_s = (word.span.start_s + word.span.end_s) / 2.0
    return span.start_s <= middle_s and (middle_s < span.end_s or word.span.end_s <= span.end_s)


def _speaks(signal: Signal) -> bool:
    return signal.value > _FROM.get(signal.name, 0.5)


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"

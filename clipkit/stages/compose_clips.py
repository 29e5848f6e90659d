"""A choice to clips: titles, evidence, identity."""

import uuid
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import TitleWriter
from clipkit.types.clips import Clip, Clips, Match, Rejected, ScoredMoments, Selection, Signal
from clipkit.types.events import Monitor
from clipkit.types.media import Timeline
from clipkit.types.query import Query
from clipkit.types.retrieval import Relevance, Searchable
from clipkit.types.speech import Sentence
from clipkit.types.time import Span

_NAMESPACE = uuid.UUID("6a1f5c1e-5d0b-4c55-9d0e-2f6a4c1f7b93")
"""Ours, drawn once; with the name it makes a clip's id."""

_MATCHES = 3
_IN_WORDS = {
    "borders": "it begins and ends where the topic changes",
    "coherence": "it keeps to one subject",
    "opening": "its first sentence stands on its own",
    "pauses": "it is set off by pauses",
    "flow": "it is told without gaps",
    "substance": "it is dense with content",
    "delivery": "it is said in a livelier voice than the rest",
    "reactions": "listeners react in it",
    "loudness": "it is louder than the rest",
    "onsets": "more happens in its sound than in the rest",
    "cuts": "it is cut faster than the rest",
    "pictures": "its pictures show what was asked for",
    "sounds": "it sounds like what was asked for",
}


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
        composing = _Composing(scored, searchable, relevance, timeline, query)
        taken: set[str] = set()
        clips = []
        for index in selection.chosen:
            said = composing.said(index)
            if said:
                texts = [item.text for item in said]
                with exclusive(writer):
                    title = writer.title(texts, composing.standing(index), taken, monitor)
            else:
                title = f"At {_clock(scored.moments.span(index).start_s)}"
            taken.add(title)
            clips.append(composing.clip(index, title))
        return Clips(tuple(clips), None, rejected)


@dataclass(frozen=True, slots=True, eq=False)
class _Composing:
    """What a clip is composed of."""

    scored: ScoredMoments
    searchable: Searchable
    relevance: Relevance
    timeline: Timeline
    query: Query

    def said(self, index: int) -> tuple[Sentence, ...]:
        """Return the sentences of a moment."""
        return self.searchable.sentences.items[self._sentences(index)]

    def standing(self, index: int) -> list[float]:
        """Return how much each sentence stands for a moment, and answers its criterion."""
        where = self._sentences(index)
        rows = self.searchable.sentence_embeddings.vectors[where]
        weights = rows @ rows.mean(axis=0)
        criterion = int(self.scored.criterion[index])
        if criterion >= 0:
            weights = weights + 2.0 * self.relevance.similarity[criterion, where]
        return [round(float(weight), 4) for weight in weights]

    def clip(self, index: int, title: str) -> Clip:
        """Return the clip of a moment."""
        number, span = int(self.scored.criterion[index]), self.scored.moments.span(index)
        criterion = self.query.criteria[number] if number >= 0 else None
        said, matches = self.said(index), self._matches(index, number)
        signals = tuple(
            Signal(name, float(value), float(weight))
            for name, value, weight in zip(
                self.scored.signals, self.scored.values[index], self.scored.weights, strict=True
            )
        )
        name = f"{self.timeline.fingerprint}|{span.start_s:.3f}|{span.end_s:.3f}|{criterion or ''}"
        return Clip(
            id=str(uuid.uuid5(_NAMESPACE, name)),
            title=title,
            span=span,
            score=float(self.scored.scores[index]),
            signals=signals,
            words=tuple(word for sentence in said for word in sentence.words),
            criterion=criterion,
            matches=matches,
            reason="; ".join(self._reasons(index, criterion, matches, signals)),
        )

    def _sentences(self, index: int) -> slice:
        items = self.searchable.sentences.items
        # As the outline has it: what begins behind the end of the source is not said in it.
        count = bisect_left(items, self.timeline.duration_s, key=lambda item: item.span.start_s)
        first, stop = self.scored.moments.first[index], self.scored.moments.stop[index]
        return slice(min(int(first), count), min(int(stop), count))

    def _matches(self, index: int, criterion: int) -> tuple[Match, ...]:
        if criterion < 0:
            return ()
        said = self.said(index)
        cosines = self.relevance.similarity[criterion, self._sentences(index)]
        best = np.argsort(-np.round(cosines, 4), kind="stable")[:_MATCHES]
        return tuple(
            Match(said[place].text, said[place].span, round(float(cosines[place]), 4))
            for place in best
        )

    def _reasons(
        self,
        index: int,
        criterion: str | None,
        matches: Sequence[Match],
        signals: Sequence[Signal],
    ) -> list[str]:
        moments = self.scored.moments
        strongest = sorted(
            (signal for signal in signals if signal.name in _IN_WORDS and signal.value > 0.5),
            key=lambda signal: (-signal.value * signal.weight, signal.name),
        )
        parts = [_IN_WORDS[signal.name] for signal in strongest[:2]]
        if criterion is not None and matches:
            parts.insert(0, f"closest to “{criterion}”: “{matches[0].text}”")
        elif self.query.criteria and not self.said(index):
            parts.insert(0, "nothing is said in it, so what was asked for could not be matched")
        if index in moments.pinned:
            parts.insert(0, "it was pinned")
            return parts
        return [*parts, *self._about_length(moments.span(index))] or ["the best there is"]

    def _about_length(self, span: Span) -> list[str]:
        target_s = self.query.target_duration_s
        shortest_s, longest_s = self.query.length_range_s(self.timeline.duration_s)
        # A cut lies on a whole millisecond, so a length may miss its limit by as much.
        if shortest_s - 0.002 <= span.duration_s <= longest_s + 0.002 or target_s is None:
            return []
        return [f"no sentence border allows {target_s:g} s, so it lasts {span.duration_s:.1f} s"]


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"

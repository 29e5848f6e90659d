"""A choice to clips: titles, evidence, identity."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import TitleWriter
from clipkit.types.clips import (
    Clip,
    Clips,
    Match,
    Moment,
    Rejected,
    ScoredMoments,
    Selection,
    Signal,
)
from clipkit.types.events import Monitor
from clipkit.types.media import MediaInfo
from clipkit.types.query import Query
from clipkit.types.speech import Sentence, SentenceEmbeddings, Sentences

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
    "delivery": "it is said louder than the rest",
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
        sentences: Sentences,
        embeddings: SentenceEmbeddings,
        info: MediaInfo,
        query: Query,
        monitor: Monitor,
    ) -> Clips:
        """Return the clips, best first, and the best of what was not taken."""
        rejected = tuple(
            Rejected(scored.moments[index].span, _score(scored, index), reason)
            for index, reason in selection.rejected
        )
        if not selection.chosen:
            return Clips((), selection.reason, rejected)
        writer = first_ready(self.engines, monitor)
        taken: set[str] = set()
        clips = []
        for index in selection.chosen:
            moment = scored.moments[index]
            said = sentences.items[moment.first : moment.last + 1]
            weights = _standing(scored, embeddings, index, moment)
            with exclusive(writer):
                title = writer.title([item.text for item in said], weights, taken)
            taken.add(title)
            clips.append(_clip(scored, index, said, info, query, title))
        return Clips(tuple(clips), None, rejected)


def _score(scored: ScoredMoments, index: int) -> float:
    return round(float(scored.scores[index]), 4)


def _standing(
    scored: ScoredMoments, embeddings: SentenceEmbeddings, index: int, moment: Moment
) -> list[float]:
    """Return how much each sentence of a moment stands for it, and answers its criterion."""
    rows = embeddings.vectors[moment.first : moment.last + 1]
    weights = rows @ rows.mean(axis=0)
    criterion = int(scored.criterion[index])
    if criterion >= 0:
        weights = weights + 2.0 * scored.sentence_match[criterion, moment.first : moment.last + 1]
    return [round(float(weight), 4) for weight in weights]


def _clip(  # noqa: PLR0917
    scored: ScoredMoments,
    index: int,
    said: Sequence[Sentence],
    info: MediaInfo,
    query: Query,
    title: str,
) -> Clip:
    moment, number = scored.moments[index], int(scored.criterion[index])
    criterion = query.criteria[number] if number >= 0 else None
    matches = _matches(scored, number, moment, said)
    signals = tuple(
        Signal(name, float(value), float(weight))
        for name, value, weight in zip(
            scored.signals, scored.values[index], scored.weights, strict=True
        )
    )
    name = f"{info.fingerprint}|{moment.span.start_s:.3f}|{moment.span.end_s:.3f}|{criterion or ''}"
    return Clip(
        id=str(uuid.uuid5(_NAMESPACE, name)),
        title=title,
        span=moment.span,
        score=_score(scored, index),
        signals=signals,
        words=tuple(word for sentence in said for word in sentence.words),
        criterion=criterion,
        matches=matches,
        reason=_reason(criterion, matches, signals, moment, query),
    )


def _matches(
    scored: ScoredMoments, criterion: int, moment: Moment, said: Sequence[Sentence]
) -> tuple[Match, ...]:
    if criterion < 0:
        return ()
    cosines = scored.sentence_match[criterion, moment.first : moment.last + 1]
    best = np.argsort(-np.round(cosines, 4), kind="stable")[:_MATCHES]
    return tuple(
        Match(said[place].text, said[place].span, round(float(cosines[place]), 4)) for place in best
    )


def _reason(
    criterion: str | None,
    matches: Sequence[Match],
    signals: Sequence[Signal],
    moment: Moment,
    query: Query,
) -> str:
    strongest = sorted(
        (signal for signal in signals if signal.name in _IN_WORDS and signal.value >= 0.5),
        key=lambda signal: (-signal.value * signal.weight, signal.name),
    )
    parts = [_IN_WORDS[signal.name] for signal in strongest[:2]]
    if criterion is not None and matches:
        parts.insert(0, f"closest to “{criterion}”: “{matches[0].text}”")
    target_s = query.target_duration_s
    shortest_s, longest_s = query.length_range_s(moment.span.end_s)
    if target_s is not None and not shortest_s <= moment.span.duration_s <= longest_s:
        parts.append(
            f"no sentence border allows {target_s:g} s, so it lasts {moment.span.duration_s:.1f} s"
        )
    return "; ".join(parts) or "the best there is"

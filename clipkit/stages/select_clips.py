"""Scored moments to a choice."""

from dataclasses import dataclass

import numpy as np

from clipkit.errors import OptionError
from clipkit.types.clips import ScoredMoments, Selection
from clipkit.types.query import Query


@dataclass(frozen=True, kw_only=True)
class SelectClips:
    """Takes the best moments that don't overlap, best first.

    Ties go to the earlier, then the shorter moment, and a higher ``top`` only adds clips.
    """

    min_score: float = 0.25
    """Below this a moment is no answer."""

    rejected: int = 5
    """How many of the best moments that were not taken are reported."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.min_score <= 1.0:
            raise OptionError("min_score lies between 0 and 1", f"it is {self.min_score}")

    def __call__(self, scored: ScoredMoments, query: Query) -> Selection:
        """Return which moments are taken, and the best of the others with the reason."""
        if not scored.moments:
            return Selection((), (), scored.reason)
        scores = np.round(scored.scores, 4)
        spans = [moment.span for moment in scored.moments]
        order = sorted(range(len(spans)), key=lambda index: (-scores[index], spans[index]))
        chosen: list[int] = []
        rejected: list[tuple[int, str]] = []
        for index in order:
            span = spans[index]
            rival = next((other for other in chosen if spans[other].overlaps(span)), None)
            if scores[index] < self.min_score:
                reason = f"its score is below {self.min_score:g}"
            elif rival is not None:
                reason = f"it overlaps the better clip at {spans[rival].start_s:.1f} s"
            elif len(chosen) == query.top:
                reason = f"it comes after the best {query.top}"
            else:
                chosen.append(index)
                continue
            # Of many overlapping variants of one moment, the best says it all.
            if len(rejected) < self.rejected and not any(
                spans[other].overlaps(span) for other, _ in rejected
            ):
                rejected.append((index, reason))
            if len(chosen) == query.top and len(rejected) == self.rejected:
                break
        none = None
        if not chosen:
            none = (
                f"the best of {len(spans)} moments scores {scores[order[0]]:.2f}, "
                f"below {self.min_score:g}"
            )
        return Selection(tuple(chosen), tuple(rejected), none)

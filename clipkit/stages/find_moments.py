"""Sentences to candidate moments."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from clipkit.types.clips import Moment, Moments
from clipkit.types.media import MediaInfo, Shots
from clipkit.types.query import Query
from clipkit.types.speech import Sentence, Sentences, Speech
from clipkit.types.time import Span


@dataclass(frozen=True, kw_only=True)
class FindMoments:
    """Takes every run of whole sentences that has the right length as a candidate.

    A candidate starts and ends in the pauses around its sentences, never inside a word.
    """

    lead_s: float = 0.15
    """At most so much of the pause before goes with a clip: a voice should not start at once."""

    tail_s: float = 0.25
    """At most so much of the pause after goes with it: the last sound needs room to die away."""

    def __call__(
        self,
        sentences: Sentences,
        speech: Speech,
        info: MediaInfo,
        shots: Shots,
        query: Query,
    ) -> Moments:
        """Return all candidates; where there are none, why."""
        if not sentences.items:
            return Moments((), _silence(info, speech))
        target_s = query.target_duration_s
        shortest_s, longest_s = query.length_range_s(info.duration_s)
        if info.duration_s < shortest_s:
            return Moments(
                (),
                f"the source lasts {info.duration_s:.1f} s, shorter than the clips asked for "
                f"({target_s:g} s, {shortest_s:g} s at the least)",
            )
        edges = [
            _edges(sentence, info, shots, self.lead_s, self.tail_s)
            for sentence in sentences.items
            if sentence.span.start_s < info.duration_s
        ]
        if not edges:
            return Moments((), "all words of the transcript lie behind the end of the source")
        moments = tuple(_runs(edges, shortest_s, longest_s))
        if not moments and target_s is not None:
            # No sentence border allows the length: the nearest there is, within a factor of two.
            near = list(_runs(edges, target_s / 2.0, target_s * 2.0))
            miss = min((_miss(moment, target_s) for moment in near), default=math.inf)
            moments = tuple(m for m in near if _miss(m, target_s) <= miss * 1.1)
        if not moments:
            return Moments(
                (),
                f"no run of whole sentences lasts between {shortest_s:.1f} and {longest_s:.1f} s",
            )
        return Moments(moments)


def _silence(info: MediaInfo, speech: Speech) -> str:
    if info.audio is None:
        return "the source has no sound, so nothing is said in it"
    if not speech.spans:
        return f"no speech was found in {speech.duration_s:.1f} s of sound"
    return f"no words were recognised in {speech.speech_s:.1f} s of speech"


def _miss(moment: Moment, target_s: float) -> float:
    return abs(math.log(moment.span.duration_s / target_s))


def _edges(
    sentence: Sentence, info: MediaInfo, shots: Shots, lead_s: float, tail_s: float
) -> tuple[float, float]:
    """Return where a clip starts that begins with a sentence, and ends that ends with it.

    A cut of the picture in the pause is a better edge than a fixed distance: the clip then shows
    no flash of another shot. For that an edge is rounded towards the clip's inside.
    """
    words = sentence.span
    end_s = min(words.end_s, info.duration_s)
    before = Span(max(0.0, words.start_s - min(sentence.pause_before_s, 0.5)), words.start_s)
    after_s = min(sentence.pause_after_s, info.duration_s - end_s)
    after = Span(end_s, end_s + min(after_s, 0.5))
    cuts_before, cuts_after = shots.cuts_in(before), shots.cuts_in(after)
    start_s = (
        cuts_before[-1]
        if cuts_before
        else max(words.start_s - min(lead_s, before.duration_s / 2.0), 0.0)
    )
    stop_s = cuts_after[0] if cuts_after else end_s + min(tail_s, after_s / 2.0)
    return _ms(start_s, math.ceil), _ms(stop_s, math.floor)


def _ms(time_s: float, rounded: Callable[[float], int]) -> float:
    """Round to whole milliseconds; what is one but for the floats stays."""
    return rounded(round(time_s * 1000.0, 3)) / 1000.0


def _runs(
    edges: Sequence[tuple[float, float]], shortest_s: float, longest_s: float
) -> Iterator[Moment]:
    for first in range(len(edges)):
        start_s, end_s = edges[first]
        for last in range(first, len(edges)):
            end_s = max(end_s, edges[last][1])  # where voices overlap, the last to begin ends first
            if end_s - start_s > longest_s:
                break
            if end_s - start_s >= max(shortest_s, 0.001):
                yield Moment(first, last, Span(start_s, end_s))

"""Sentences to the numbers that candidates are drawn from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from clipkit.errors import OptionError
from clipkit.types.curves import squashed
from clipkit.types.media import Shots, Timeline
from clipkit.types.outline import Outline
from clipkit.types.speech import Sentence, SentenceEmbeddings, Sentences, has_question_mark

Floats = npt.NDArray[np.float64]

_LEANING = frozenset(
    """
    and but so or nor because then also too plus anyway however therefore though although still
    which that this these those it its he she they his her their hers theirs him them there such
    well yeah yea yes yep yup no nope okay ok oh ah aha right sure alright really exactly absolutely
    definitely mm mmm mhm mm-hm mm-hmm hm hmm huh uh uh-huh uh-uh um er erm
    """.split()
)
"""A first word that needs what came before, or answers it."""

_FIRST_PART = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
"""A word without marks, contractions and what a dash joins to it: of "they're" "they", of "And—so"
"and"; hyphens make a word another one, as in "so-called"."""

_SCALES_WORDS = (40, 120, 360)
"""Words on either side of a border that are compared: about 15 s, 50 s and 2 min of talk. A topic
shows at its own scale; what changes at all of them is a border for sure."""

_NEAR_S = 0.5
"""A cut of the picture so near to what is said is taken for the cut of the clip."""


@dataclass(frozen=True, kw_only=True)
class DrawOutline:
    """Places the cuts of clips in the pauses, and measures how good each border is.

    A clip begins and ends in the pauses around its sentences, never inside a word.
    """

    lead_s: float = 0.15
    """At most so much of the pause before goes with a clip: a voice should not start at once."""

    tail_s: float = 0.25
    """At most so much of the pause after goes with it: the last sound needs room to die away."""

    def __post_init__(self) -> None:
        for name in ("lead_s", "tail_s"):
            value = getattr(self, name)
            if not 0.0 <= value < np.inf:
                raise OptionError(f"{name} is a number of seconds, 0 or more", f"it is {value}")

    def __call__(
        self,
        sentences: Sentences,
        embeddings: SentenceEmbeddings,
        timeline: Timeline,
        shots: Shots,
    ) -> Outline:
        """Return the outline of the sentences that begin before the end of the source."""
        items = [item for item in sentences.items if item.span.start_s < timeline.duration_s]
        words = np.array([len(item.words) for item in items], np.float64)
        start_s = np.array([item.span.start_s for item in items])
        end_s = np.minimum([item.span.end_s for item in items], timeline.duration_s)
        before_s = np.minimum([item.pause_before_s for item in items], start_s)
        after_s = np.minimum([item.pause_after_s for item in items], timeline.duration_s - end_s)
        talk = _talk(items, timeline.duration_s)
        starts, ends = self._edges(talk, shots)
        is_border = np.array([True, *(not item.goes_on for item in items)])
        speakers = [item.speaker for item in items]
        # Who speaks in the midst of another's sentence has not taken the floor.
        is_turn = np.array([True, *(a != b for a, b in pairwise(speakers)), True]) & is_border
        return Outline(
            start_s=start_s,
            end_s=end_s,
            clip_start_s=starts,
            clip_end_s=ends,
            talk_start_s=talk.start_s,
            talk_end_s=talk.end_s,
            words=words,
            content=np.array([_content(item) for item in items], np.float64),
            centrality=_centrality(embeddings.vectors[: len(items)], words),
            stands_alone=np.array([_stands_alone(item) for item in items]),
            rounds_off=_rounds_off(items),
            is_border=is_border,
            pause_s=np.concatenate([before_s, after_s[-1:] if items else [timeline.duration_s]]),
            turn=is_turn if items else np.array([True]),
            topic_change=topic_changes(embeddings.vectors[: len(items)], words),
        )

    def _edges(self, talk: "_Talk", shots: Shots) -> tuple[Floats, Floats]:
        """Return where clips are cut that begin, or end, with each sentence.

        A cut of the picture in the pause is a better edge than a fixed distance: the clip then
        shows no flash of another shot. For that an edge is rounded towards the clip's inside.
        """
        cuts = np.array([-np.inf, *shots.cuts_s, np.inf])
        last_before = cuts[np.searchsorted(cuts, talk.start_s, side="right") - 1]
        first_after = cuts[np.searchsorted(cuts, talk.end_s)]
        near = np.minimum(talk.before_s, _NEAR_S), np.minimum(talk.after_s, _NEAR_S)
        starts = np.where(
            last_before >= talk.start_s - near[0],
            last_before,
            talk.start_s - np.minimum(self.lead_s, near[0] / 2.0),
        )
        ends = np.where(
            first_after < talk.end_s + near[1],
            first_after,
            talk.end_s + np.minimum(self.tail_s, talk.after_s / 2.0),
        )
        return np.ceil(_in_ms(starts)) / 1000.0, np.floor(_in_ms(ends)) / 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class _Talk:
    """From where to where somebody speaks around each sentence's ends: shape (sentences,) each.

    Where voices overlap, a clip that begins with a sentence has to begin before the word that
    another is saying; so these lie where no word is being said.
    """

    start_s: Floats
    """At the first word, or where a word began that runs into it."""

    end_s: Floats
    """At the end of the last word, or of one that was begun before it was out."""

    before_s: Floats
    """Silence before the start."""

    after_s: Floats
    """Silence after the end."""


def _talk(items: Sequence[Sentence], duration_s: float) -> _Talk:
    words = [word for item in items for word in item.words]
    start_s = np.array([word.span.start_s for word in words])
    end_s = np.array([word.span.end_s for word in words])
    order = np.argsort(start_s, kind="stable")
    reached_s = np.maximum.accumulate(end_s[order])
    # A stretch begins with each word before which all are out.
    is_first = np.r_[True, start_s[order][1:] >= reached_s[:-1]][: len(words)]
    begins = np.flatnonzero(is_first)
    starts_s = start_s[order][begins]
    ends_s = np.minimum(reached_s[np.r_[begins[1:], len(words)][: len(begins)] - 1], duration_s)
    pauses_s = np.r_[starts_s, duration_s] - np.r_[0.0, ends_s]
    stretch = np.zeros(len(words), np.int64)
    stretch[order] = np.cumsum(is_first) - 1
    firsts = np.cumsum([0, *(len(item.words) for item in items)])[:-1]
    first, last = stretch[firsts], np.maximum.reduceat(stretch, firsts) if items else stretch
    return _Talk(
        start_s=starts_s[first],
        end_s=ends_s[last],
        before_s=pauses_s[first],
        after_s=np.maximum(pauses_s[last + 1], 0.0),
    )


def _in_ms(times_s: Floats) -> Floats:
    """Return milliseconds; what is a whole number but for the floats becomes one."""
    result: Floats = np.round(times_s * 1000.0, 3)
    return result


def _content(sentence: Sentence) -> int:
    """Count words of six letters or more, numbers, and names: capitals inside a sentence."""
    return sum(
        sum(sign.isalnum() for sign in word.text) >= 6
        or any(sign.isdigit() for sign in word.text)
        or (place > 0 and word.text[:1].isupper() and len(word.text) > 1)
        for place, word in enumerate(sentence.words)
    )


def _stands_alone(sentence: Sentence) -> float:
    first = _FIRST_PART.search(sentence.words[0].text.lower())
    if first is not None and first[0] in _LEANING:
        return 0.3
    # Below three words it is a part of something, or an answer.
    return 1.0 if len(sentence.words) >= 3 else 0.6


def _rounds_off(items: Sequence[Sentence]) -> Floats:
    """Return whether a clip may end with each: not with a question, which leaves an answer open.

    Nor with the first sentence of somebody who has just taken the floor and goes on.
    """
    result = np.ones(len(items))
    speakers = [item.speaker for item in items]
    for place, item in enumerate(items):
        others = speakers[max(0, place - 1) : place] + speakers[place + 1 : place + 2]
        if has_question_mark(item.words[-1].text):
            result[place] = 0.3
        elif len(others) == 2 and others[0] != speakers[place] == others[1]:
            result[place] = 0.4
    return result


def _centrality(vectors: npt.NDArray[np.float32], words: Floats) -> Floats:
    middle = words @ vectors.astype(np.float64)
    result: Floats = vectors @ (middle / max(1e-9, float(np.linalg.norm(middle))))
    return result


def topic_changes(vectors: npt.NDArray[np.float32], words: Floats) -> Floats:
    """Return how much the topic changes at each border, against the other borders.

    What is said before and after is compared at several scales, by the words: a mean over them
    comes from prefix sums, so the cost does not grow with the scale.

    Args:
        vectors: Shape (sentences, dimensions), rows of length 1.
        words: Shape (sentences,): how many words each has.

    Returns:
        Shape (sentences + 1,), 0 to 1; both ends of the source are 1.

    Source: the idea is TextTiling's (Hearst 1997), on sentence embeddings.
    """
    count = len(words)
    result = np.ones(count + 1)
    if count < 2:
        return result
    weighted = vectors.astype(np.float64) * words[:, None]
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(weighted, axis=0)])
    reached = np.concatenate([[0.0], np.cumsum(words)])
    inner = np.arange(1, count)
    standing_out = np.zeros(count - 1)
    for scale in _SCALES_WORDS:
        first = np.searchsorted(reached, reached[inner] - scale, side="left")
        stop = np.searchsorted(reached, reached[inner] + scale, side="right") - 1
        before = sums[inner] - sums[np.minimum(first, inner - 1)]
        after = sums[np.maximum(stop, inner + 1)] - sums[inner]
        change = 1.0 - _cosines(before, after)
        standing_out += (change - change.mean()) / max(float(change.std()), 0.01)
    result[1:-1] = squashed(standing_out / len(_SCALES_WORDS))
    return result


def _cosines(left: Floats, right: Floats) -> Floats:
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    result: Floats = np.sum(left * right, axis=1) / np.maximum(lengths, 1e-9)
    return result

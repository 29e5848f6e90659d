"""Signals become one score, with what each is worth beside it."""

import numpy as np
import pytest
from hypothesis import given, settings

from clipkit.errors import WiringError
from clipkit.stages.find_moments import FindMoments
from clipkit.stages.score_moments import ScoreMoments
from clipkit.types.clips import Moments, ScoredMoments
from clipkit.types.media import Audio
from clipkit.types.query import Query
from clipkit.types.speech import CriteriaEmbeddings, Sentences, Word
from tests.stages.talks import (
    NO_SHOTS,
    SILENCE,
    TALK,
    embedded,
    embedded_criteria,
    info,
    noise,
    sentences_of,
    speech_of,
    talks,
)


def _scored(
    words: tuple[Word, ...], *criteria: str, audio: Audio = SILENCE, target_s: float | None = None
) -> tuple[ScoredMoments, Sentences]:
    query = Query(criteria=criteria, target_duration_s=target_s)
    sentences = sentences_of(words)
    media = info(words[-1].span.end_s + 1.0)
    moments = FindMoments()(sentences, speech_of(words, 60.0), media, NO_SHOTS, query)
    scored = ScoreMoments()(
        moments, sentences, embedded(sentences), embedded_criteria(criteria), audio, query
    )
    return scored, sentences


@settings(deadline=None)
@given(talks(max_words=40))
def test_values_and_scores_lie_between_0_and_1(words: tuple[Word, ...]) -> None:
    for criteria in ((), ("learning about stars", "17")):
        scored, sentences = _scored(words, *criteria)
        count = len(scored.moments)
        assert scored.values.shape == (count, len(scored.signals))
        assert scored.sentence_match.shape == (len(criteria), len(sentences.items))
        assert ((scored.values >= 0.0) & (scored.values <= 1.0)).all()
        assert ((scored.scores >= 0.0) & (scored.scores <= 1.0)).all()
        assert scored.criterion.shape == (count,)


@pytest.mark.parametrize("criteria", [(), ("taxes",)])
def test_the_weights_sum_to_one(criteria: tuple[str, ...]) -> None:
    scored, _ = _scored(TALK, *criteria)
    assert scored.weights.sum() == pytest.approx(1.0)
    assert len(scored.weights) == len(scored.signals) == len(set(scored.signals))


def test_each_moment_answers_the_criterion_it_is_closest_to() -> None:
    scored, _ = _scored(TALK, "taxes fund roads", "rockets burn fuel", target_s=5.5)
    answered = {
        (moment.first, moment.last): int(number)
        for moment, number in zip(scored.moments, scored.criterion, strict=True)
    }
    assert answered[2, 3] == 0
    assert answered[4, 5] == 1


def test_the_best_answer_scores_best() -> None:
    scored, _ = _scored(TALK, "taxes fund the roads", target_s=4.0)
    best = scored.moments[int(np.argmax(scored.scores))]
    assert {best.first, best.last} & {2, 3}


def test_without_criteria_none_is_answered_and_substance_counts() -> None:
    scored, _ = _scored(TALK)
    assert set(scored.criterion.tolist()) == {-1}
    assert "substance" in scored.signals
    assert "relevance" not in scored.signals


def test_without_sound_delivery_is_neutral() -> None:
    scored, _ = _scored(TALK)
    column = scored.signals.index("delivery")
    assert set(scored.values[:, column].tolist()) == {0.5}


def test_with_sound_delivery_is_measured() -> None:
    loud_first = noise(30.0, loud=0.01)
    loud_first[: 8 * 16000] *= 20.0
    scored, _ = _scored(TALK, audio=Audio(loud_first), target_s=2.5)
    column = scored.values[:, scored.signals.index("delivery")]
    assert column[0] > column[-1]


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (_scored(TALK, "taxes", audio=Audio(noise(30.0)))[0] for _ in range(2))
    assert first.values.tobytes() == second.values.tobytes()
    assert first.scores.tobytes() == second.scores.tobytes()


def test_values_have_four_decimals() -> None:
    scored, _ = _scored(TALK, "taxes", audio=Audio(noise(30.0)))
    assert (scored.values == scored.values.round(4)).all()


def test_no_moments_keep_their_reason() -> None:
    query = Query(criteria=("taxes",))
    sentences = sentences_of(TALK)
    scored = ScoreMoments()(
        Moments((), "no speech was found"),
        sentences,
        embedded(sentences),
        embedded_criteria(["taxes"]),
        SILENCE,
        query,
    )
    assert (scored.moments, scored.reason) == ((), "no speech was found")
    assert scored.scores.shape == (0,)


def test_vectors_of_two_models_are_not_compared() -> None:
    query = Query(criteria=("taxes",), target_duration_s=4.0)
    sentences = sentences_of(TALK)
    moments = FindMoments()(sentences, speech_of(TALK, 60.0), info(30.0), NO_SHOTS, query)
    other = CriteriaEmbeddings(embedded_criteria(["taxes"]).vectors, "another-model")
    with pytest.raises(WiringError, match=r"hash-embedder.*another-model"):
        ScoreMoments()(moments, sentences, embedded(sentences), other, SILENCE, query)

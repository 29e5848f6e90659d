"""Clips carry their title, their evidence and an identity that never changes."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings

from clipkit.engines.titles import ExtractiveTitles
from clipkit.stages.compose_clips import ComposeClips
from clipkit.stages.find_moments import FindMoments
from clipkit.stages.score_moments import ScoreMoments
from clipkit.stages.select_clips import SelectClips
from clipkit.types.clips import Clips
from clipkit.types.query import Query
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.stages.talks import (
    MONITOR,
    NO_SHOTS,
    SILENCE,
    TALK,
    embedded,
    embedded_criteria,
    info,
    sentences_of,
    speech_of,
    spoken,
    talks,
)


def _clips(
    words: tuple[Word, ...] = TALK,
    criteria: Sequence[str] = (),
    *,
    target_s: float | None = 5.0,
    top: int = 5,
    fingerprint: str = "ab" * 32,
    min_score: float = 0.0,
) -> Clips:
    """Run everything from words to clips."""
    query = Query(criteria=tuple(criteria), target_duration_s=target_s, top=top)
    sentences = sentences_of(words)
    media = info(words[-1].span.end_s + 2.0, fingerprint=fingerprint)
    vectors = embedded(sentences)
    moments = FindMoments()(sentences, speech_of(words, 60.0), media, NO_SHOTS, query)
    scored = ScoreMoments()(
        moments, sentences, vectors, embedded_criteria(query.criteria), SILENCE, query
    )
    selection = SelectClips(min_score=min_score)(scored, query)
    compose = ComposeClips(engines=(ExtractiveTitles(),))
    return compose(selection, scored, sentences, vectors, media, query, MONITOR)


@settings(deadline=None)
@given(talks(max_words=40))
def test_every_clip_is_sound(words: tuple[Word, ...]) -> None:
    for criteria in ((), ("stars",)):
        clips = _clips(words, criteria, target_s=3.0)
        assert len({clip.id for clip in clips}) == len(clips)
        assert len({clip.title for clip in clips}) == len(clips)
        assert bool(len(clips)) == (clips.reason is None)
        for clip in clips:
            assert 1 <= len(clip.title) <= 70
            assert clip.reason
            assert "\n" not in clip.title + clip.reason
            assert clip.words == tuple(
                word
                for word in words
                if clip.span.start_s <= word.span.start_s and word.span.end_s <= clip.span.end_s
            )
            assert clip.score == pytest.approx(
                sum(signal.value * signal.weight for signal in clip.signals), abs=1e-4
            )
            found = [match.similarity for match in clip.matches]
            assert found == sorted(found, reverse=True)
            assert len(found) <= 3
            assert bool(found) == bool(criteria)
            for match in clip.matches:
                assert match.text in clip.transcript
                assert clip.span.start_s <= match.span.start_s <= match.span.end_s
                assert match.span.end_s <= clip.span.end_s


def test_an_id_is_a_uuid_that_another_run_gives_again() -> None:
    first, second = _clips(), _clips()
    assert [clip.id for clip in first] == [clip.id for clip in second]
    for clip in first:
        assert str(uuid.UUID(clip.id)) == clip.id


def test_an_id_never_changes_between_versions() -> None:
    """Ids are stored by callers: this one was made by version 0.1.0."""
    (clip,) = _clips(spoken("a b c d e."), ["a b"], top=1, target_s=2.5)
    assert clip.span == Span(0.85, 3.25)
    name = "6a1f5c1e-5d0b-4c55-9d0e-2f6a4c1f7b93"
    expected = uuid.uuid5(uuid.UUID(name), "ab" * 32 + "|0.850|3.250|a b")
    assert clip.id == str(expected)


def _ids(clips: Clips) -> set[str]:
    return {clip.id for clip in clips}


def test_another_criterion_span_or_file_is_another_clip() -> None:
    plain = _ids(_clips(criteria=["taxes"]))
    assert not plain & _ids(_clips(criteria=["roads"]))
    assert not plain & _ids(_clips())
    assert not plain & _ids(_clips(criteria=["taxes"], fingerprint="cd" * 32))
    later = tuple(
        replace(word, span=Span(word.span.start_s + 1.0, word.span.end_s + 1.0)) for word in TALK
    )
    assert not plain & _ids(_clips(later, ["taxes"]))


def test_a_higher_top_keeps_ids_and_titles() -> None:
    few, many = _clips(top=1), _clips(top=3)
    assert [(clip.id, clip.title) for clip in many][:1] == [(clip.id, clip.title) for clip in few]
    assert len(many) > len(few)


def test_the_matches_of_a_clip_answer_its_own_criterion() -> None:
    clips = _clips(criteria=["taxes fund roads", "rockets burn fuel"], top=2)
    by_criterion = {clip.criterion: clip for clip in clips}
    assert "taxes" in by_criterion["taxes fund roads"].matches[0].text.lower()
    assert "rockets" in by_criterion["rockets burn fuel"].matches[0].text.lower()


def test_the_reason_quotes_what_answers_the_criterion() -> None:
    clip = _clips(criteria=["taxes fund roads"], top=1)[0]
    assert clip.reason.startswith(f"closest to “taxes fund roads”: “{clip.matches[0].text}”")


def test_without_criteria_there_are_no_matches() -> None:
    for clip in _clips():
        assert (clip.criterion, clip.matches) == (None, ())


def test_a_clip_off_the_asked_length_says_so_and_no_other_does() -> None:
    words = spoken(*["a b c d e f g."] * 4, word_s=2.0, pause_s=1.0)  # 14 s each
    for clip in _clips(words, target_s=10.0):
        assert re.search(r"no sentence border allows 10 s, so it lasts 14\.\d s", clip.reason)
    for clip in _clips(words, target_s=14.0):
        assert "no sentence border" not in clip.reason


def test_sentences_that_are_all_the_same_still_get_titles_of_their_own() -> None:
    words = spoken(*["We say this again."] * 6, word_s=0.5)
    clips = _clips(words, target_s=2.3)
    assert len(clips) == 5
    assert len({clip.title for clip in clips}) == 5


def test_no_choice_gives_no_clips_but_the_reason_and_the_best_rejected() -> None:
    clips = _clips(min_score=1.0)
    assert len(clips) == 0
    assert clips.reason is not None
    assert clips.rejected
    assert list(clips.rejected) == sorted(clips.rejected, key=lambda item: -item.score)
    for item in clips.rejected:
        assert item.reason
        assert 0.0 <= item.score < 1.0


@dataclass(eq=False)
class _Recorder(ExtractiveTitles):
    """Keeps what it was asked."""

    asked: list[tuple[list[str], list[float], set[str]]]

    def title(self, sentences: Sequence[str], weights: Sequence[float], taken: set[str]) -> str:
        self.asked.append((list(sentences), list(weights), set(taken)))
        return f"title {len(self.asked)}"


def test_the_title_writer_hears_the_sentences_what_they_weigh_and_what_is_taken() -> None:
    recorder = _Recorder([])
    clips = _composed(recorder, "taxes fund roads")
    assert [clip.title for clip in clips] == ["title 1", "title 2"]
    (texts, weights, taken), (_, _, taken_next) = recorder.asked
    assert " ".join(texts) == clips[0].transcript
    assert texts[weights.index(max(weights))] == clips[0].matches[0].text
    assert (taken, taken_next) == (set(), {"title 1"})


def test_a_clip_for_which_nothing_speaks_still_has_a_reason() -> None:
    for clip in _composed(_Recorder([]), signal=0.1):
        assert clip.reason == "the best there is"


def _composed(writer: _Recorder, *criteria: str, signal: float | None = None) -> Clips:
    """Compose with a writer; with ``signal``, all signals of all moments have that value."""
    query = Query(criteria=criteria, target_duration_s=5.0, top=2)
    sentences = sentences_of(TALK)
    vectors, media = embedded(sentences), info(30.0)
    moments = FindMoments()(sentences, speech_of(TALK, 60.0), media, NO_SHOTS, query)
    scored = ScoreMoments()(
        moments, sentences, vectors, embedded_criteria(criteria), SILENCE, query
    )
    if signal is not None:
        scored = replace(scored, values=np.full_like(scored.values, signal))
    selection = SelectClips(min_score=0.0)(scored, query)
    compose = ComposeClips(engines=(writer,))
    return compose(selection, scored, sentences, vectors, media, query, MONITOR)

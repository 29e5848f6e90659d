"""Clips carry their title, their evidence and an identity that never changes."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given

from clipkit.engines.protocols import TitleWriter
from clipkit.engines.titles import ExtractiveTitles
from clipkit.stages.compose_clips import ComposeClips
from clipkit.stages.find_moments import find_moments
from clipkit.types.clips import Clips, Moments, ScoredMoments, Selection
from clipkit.types.events import Monitor
from clipkit.types.media import Shots
from clipkit.types.query import Query, Region
from clipkit.types.retrieval import Relevance
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.stages.talks import (
    MONITOR,
    TALK,
    embedded,
    embedded_criteria,
    no_activity,
    outline_of,
    searchable_of,
    sentences_of,
    spoken,
    talks,
    timeline,
)

Floats = npt.NDArray[np.float64]


@dataclass(eq=False)
class _Recorder(ExtractiveTitles):
    """Keeps what it was asked."""

    asked: list[tuple[list[str], list[float], set[str]]] = field(default_factory=list)
    monitors: list[Monitor] = field(default_factory=list)

    def title(
        self, sentences: Sequence[str], weights: Sequence[float], taken: set[str], monitor: Monitor
    ) -> str:
        self.asked.append((list(sentences), list(weights), set(taken)))
        self.monitors.append(monitor)
        return f"title {len(self.asked)}"


@dataclass
class _Made:
    """Everything from words to clips."""

    words: tuple[Word, ...]
    query: Query
    duration_s: float | None = None
    cuts_s: tuple[float, ...] = ()
    fingerprint: str = "ab" * 32
    values: dict[str, float] | None = None
    """Signals of all moments; None: what each moment's words have in common with the criterion."""

    writer: TitleWriter = field(default_factory=ExtractiveTitles)
    monitor: Monitor = MONITOR

    def moments(self) -> Moments:
        duration_s = self._duration_s()
        shots = Shots(self.cuts_s, duration_s)
        outline = outline_of(self.words, duration_s, shots)
        return find_moments(
            outline, timeline(duration_s), no_activity(duration_s), shots, self.query
        )

    def clips(self, chosen: Sequence[int] | None = None) -> Clips:
        """Compose the chosen; unless told, the pins or else the best ones that don't overlap."""
        moments = self.moments()
        similarity = self._similarity()
        scored = self._scored(moments, similarity)
        if chosen is None:
            chosen = moments.pinned or _best(scored, self.query.top)
        reason = None if chosen else moments.reason
        source = timeline(self._duration_s(), fingerprint=self.fingerprint)
        none = np.zeros_like(similarity)
        return ComposeClips(engines=(self.writer,))(
            Selection(tuple(chosen), ((0, "it was first"),) if len(moments) else (), reason),
            scored,
            searchable_of(self.words),
            Relevance(none, none, none, similarity, np.zeros(len(similarity), bool)),
            source,
            self.query,
            self.monitor,
        )

    def _duration_s(self) -> float:
        last_s = max((word.span.end_s for word in self.words), default=0.0)
        return last_s + 2.0 if self.duration_s is None else self.duration_s

    def _similarity(self) -> Floats:
        texts = embedded_criteria(self.query.criteria).topics
        vectors = embedded(sentences_of(self.words)).vectors
        return (texts @ vectors.T).astype(np.float64)

    def _scored(self, moments: Moments, similarity: Floats) -> ScoredMoments:
        count = len(moments)
        # Without a word in common, the first criterion is as good as any.
        criterion = np.full(count, 0 if similarity.size else -1)
        close = np.zeros(count)
        for index in range(count):
            said = similarity[:, moments.first[index] : moments.stop[index]]
            if said.size:
                criterion[index] = said.mean(axis=1).argmax()
                close[index] = np.clip(said.mean(axis=1).max(), 0.0, 1.0)
        names = tuple(self.values) if self.values else ("relevance", "opening")
        values = np.stack([close, np.full(count, 0.25)], axis=1)
        if self.values:
            values = np.tile(np.array([*self.values.values()]), (count, 1))
        weights = np.full(len(names), 1.0 / len(names))
        none = np.full(count, -1)
        scores, times_s = values @ weights, np.zeros((count, 2))
        return ScoredMoments(
            moments, names, weights, values, scores, criterion, none, topic_time_s=times_s
        )


def _best(scored: ScoredMoments, top: int) -> list[int]:
    taken: list[int] = []
    for index in np.argsort(-scored.scores, kind="stable").tolist():
        span = scored.moments.span(index)
        if len(taken) < top and not any(span.overlaps(scored.moments.span(t)) for t in taken):
            taken.append(index)
    return taken


def _clips(
    words: tuple[Word, ...] = TALK,
    criteria: Sequence[str] = (),
    *,
    target_s: float | None = 5.0,
    top: int = 5,
) -> Clips:
    return _Made(
        words, Query(criteria=tuple(criteria), target_duration_s=target_s, top=top)
    ).clips()


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
            within = [word for word in words if word.span.clamped(clip.span) == word.span]
            assert [word for word in within if word in clip.words] == list(clip.words)
            if not any(item.goes_on for item in sentences_of(words).items):
                assert within == list(clip.words)
            weighted = sum(signal.value * signal.weight for signal in clip.signals)
            assert clip.score == pytest.approx(weighted)
            found = [(len(match.text.split()) < 3, -match.similarity) for match in clip.matches]
            assert found == sorted(found)
            assert len(found) <= 3
            assert bool(found) == bool(criteria)
            for match in clip.matches:
                assert set(match.text.split()) <= set(clip.transcript.split())
                assert match.span.clamped(clip.span) == match.span


def test_what_goes_into_json_is_no_array() -> None:
    clip = _clips(criteria=["taxes"])[0]
    numbers = [clip.score, clip.start, clip.end, clip.matches[0].similarity]
    numbers += [signal.value for signal in clip.signals]
    assert {type(number) for number in numbers} == {float}


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
    query = Query(criteria=("taxes",), target_duration_s=5.0)
    assert plain == _ids(_Made(TALK, query).clips())
    assert not plain & _ids(_Made(TALK, query, fingerprint="cd" * 32).clips())
    later = tuple(
        replace(word, span=Span(word.span.start_s + 1.0, word.span.end_s + 1.0)) for word in TALK
    )
    assert not plain & _ids(_clips(later, ["taxes"]))


def test_a_clip_has_the_same_id_and_title_whatever_is_taken_after_it() -> None:
    few, many = _clips(top=1), _clips(top=3)
    assert [(clip.id, clip.title) for clip in many][:1] == [(clip.id, clip.title) for clip in few]
    assert len(many) > len(few)


def test_clips_come_in_the_order_of_the_choice() -> None:
    made = _Made(TALK, Query(target_duration_s=5.0))
    spans = [made.moments().span(index) for index in (3, 0)]
    assert [clip.span for clip in made.clips([3, 0])] == spans


def test_the_matches_of_a_clip_answer_its_own_criterion() -> None:
    clips = _clips(criteria=["taxes fund roads", "rockets burn fuel"], top=2)
    by_criterion = {clip.criterion: clip for clip in clips}
    assert "taxes" in by_criterion["taxes fund roads"].matches[0].text.lower()
    assert "rockets" in by_criterion["rockets burn fuel"].matches[0].text.lower()


def test_without_criteria_there_are_no_matches() -> None:
    for clip in _clips():
        assert (clip.criterion, clip.matches) == (None, ())


def test_sentences_that_are_all_the_same_still_get_titles_of_their_own() -> None:
    clips = _clips(spoken(*["We say this again."] * 6, word_s=0.5), target_s=2.3)
    assert len(clips) == 5
    assert len({clip.title for clip in clips}) == 5


def test_what_is_said_behind_the_end_of_the_source_is_in_no_clip() -> None:
    """A transcript of something longer, or of something else, leaves nothing said."""
    words = spoken("Secret words here.", "And more of them.", start_s=100.0)
    query = Query(target_duration_s=8.0)
    clips = _Made(words, query, duration_s=24.0, cuts_s=(8.0, 16.0)).clips()
    assert len(clips) == 3
    assert [clip.words for clip in clips] == [()] * 3
    assert {clip.title for clip in clips} == {"At 0:00", "At 0:08", "At 0:16"}


# Reasons.


def test_the_reason_quotes_what_answers_the_criterion() -> None:
    clip = _clips(criteria=["taxes fund roads"], top=1)[0]
    assert clip.reason.startswith(f"closest to “taxes fund roads”: “{clip.matches[0].text}”")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"opening": 0.1, "flow": 0.5}, "the best there is"),
        ({"opening": 0.6, "flow": 0.4}, "the best there is"),
        ({"opening": 0.71, "flow": 0.4}, "its first sentence stands on its own"),
        (
            {"opening": 0.6, "flow": 0.9, "pauses": 0.8, "borders": 0.7},
            "it is told without gaps; it is set off by pauses",
        ),
        ({"relevance": 0.9, "reactions": 0.51}, "listeners react in it"),
        # Of two that weigh the same, by name.
        (
            {"reactions": 0.8, "coherence": 0.8},
            "it keeps to one subject; listeners react in it",
        ),
    ],
)
def test_the_reason_names_what_speaks_most_for_a_clip(
    values: dict[str, float], expected: str
) -> None:
    for clip in _Made(TALK, Query(target_duration_s=5.0), values=values).clips():
        assert clip.reason == expected


def test_a_clip_off_the_asked_length_says_so_and_no_other_does() -> None:
    words = spoken(*["a b c d e f g."] * 4, word_s=2.0, pause_s=1.0)  # 14 s each
    for clip in _clips(words, target_s=10.0):
        assert re.search(r"no sentence border allows 10 s, so it lasts 14\.\d s", clip.reason)
    for target_s in (14.0, None):
        for clip in _clips(words, target_s=target_s):
            assert "no sentence border" not in clip.reason


def test_a_pinned_clip_says_so_first_and_blames_no_sentence_for_its_length() -> None:
    region = Region(pinned=(Span(7.0, 8.0),))
    query = Query(criteria=("taxes fund roads",), target_duration_s=8.0, region=region)
    (clip,) = _Made(TALK, query).clips()
    assert clip.reason.startswith("it was pinned; closest to “taxes fund roads”: “Taxes")
    assert "no sentence border" not in clip.reason


def test_a_pin_where_nothing_is_said_has_no_criterion_to_answer() -> None:
    region = Region(pinned=(Span(65.4, 70.0),))
    query = Query(criteria=("taxes",), region=region)
    (clip,) = _Made(TALK, query, duration_s=90.0).clips()
    assert (clip.title, clip.words, clip.matches) == ("At 1:05", (), ())
    assert clip.span == Span(65.4, 70.0)
    assert clip.reason.startswith("it was pinned; nothing is said in it")


# Where nothing is said.


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ((), "the best there is"),
        (("taxes",), "nothing is said in it, so what was asked for could not be matched"),
    ],
)
def test_without_speech_a_clip_is_named_by_its_time(
    criteria: tuple[str, ...], expected: str
) -> None:
    query = Query(criteria=criteria, target_duration_s=10.0)
    writer = _Recorder()
    made = _Made((), query, 4000.0, (55.0, 65.9, 75.9, 3665.0, 3675.0), writer=writer)
    by_start = {clip.start: clip for clip in made.clips(range(len(made.moments())))}
    assert by_start[65.9].title == "At 1:05"
    assert by_start[3665.0].title == "At 1:01:05"
    assert not writer.asked
    clip = by_start[65.9]
    assert (clip.words, clip.matches, clip.criterion) == ((), (), None)
    assert clip.reason == expected


# Titles.


def test_the_title_writer_hears_the_sentences_what_they_weigh_and_what_is_taken() -> None:
    writer = _Recorder()
    query = Query(criteria=("taxes fund roads",), target_duration_s=5.0, top=2)
    clips = _Made(TALK, query, writer=writer).clips()
    assert [clip.title for clip in clips] == ["title 1", "title 2"]
    (texts, weights, taken), (_, _, taken_next) = writer.asked
    assert " ".join(texts) == clips[0].transcript
    assert texts[weights.index(max(weights))] == clips[0].matches[0].text
    assert (taken, taken_next) == (set(), {"title 1"})


def test_the_title_writer_can_tell_and_be_stopped_through_the_monitor() -> None:
    writer, monitor = _Recorder(), Monitor("compose")
    clips = _Made(TALK, Query(target_duration_s=5.0), writer=writer, monitor=monitor).clips()
    assert len(writer.monitors) == len(clips)
    assert all(heard is monitor for heard in writer.monitors)


def test_no_choice_gives_no_clips_but_the_reason_and_the_best_rejected() -> None:
    made = _Made(TALK, Query(target_duration_s=5.0), values={"flow": 0.5})
    clips = made.clips([])
    assert (len(clips), clips.reason) == (0, made.moments().reason)
    (rejected,) = clips.rejected
    assert (rejected.span, rejected.score) == (made.moments().span(0), 0.5)
    assert rejected.reason == "it was first"
    silent = _Made((), Query(), duration_s=0.0).clips()
    assert silent.reason == "there is nothing to cut clips from: the source has no length"

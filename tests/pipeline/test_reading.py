"""A transcript without media: what it is read as, and what holds for any of its clips."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clipkit as ck
from clipkit.errors import WiringError
from clipkit.pipeline.reading import artefacts_of, fingerprint_of
from clipkit.stages.select_clips import SelectClips
from clipkit.types.delivery import Activity, Delivery
from clipkit.types.media import Audio, MediaInfo, Shots, Timeline
from clipkit.types.speech import Sentences, Speech, Transcript, Word
from clipkit.types.time import Span
from tests.doubles import SAID, TOPICS, pipeline_of_doubles, spoken, talk
from tests.media import oracle

TALK = talk()
EDGE_S = 0.0011
"""Edges of clips lie on whole milliseconds."""


def _by_class(transcript: Transcript) -> dict[type, object]:
    return {type(artefact): artefact for artefact in artefacts_of(transcript)}


def test_a_transcript_stands_for_a_source_of_its_length_without_sound_and_picture() -> None:
    found = _by_class(TALK)
    assert found[Timeline] == Timeline(
        TALK.words[-1].span.end_s, fingerprint_of(TALK), has_media=False
    )
    assert found[Transcript] == TALK
    assert found[Speech] == Speech((), TALK.words[-1].span.end_s)
    assert found[Shots] == Shots((), 0.0)
    audio, activity = found[Audio], found[Activity]
    assert isinstance(audio, Audio)
    assert isinstance(activity, Activity)
    assert len(audio.samples) == 0
    assert not activity.has_sound
    assert MediaInfo not in found


def test_words_are_put_in_order_and_the_end_is_the_last_end_of_any() -> None:
    words = (Word("b", Span(2.0, 3.0)), Word("a", Span(0.0, 9.0)), Word("c", Span(2.0, 2.5)))
    found = _by_class(Transcript(words, None, "x"))
    transcript, timeline = found[Transcript], found[Timeline]
    assert isinstance(transcript, Transcript)
    assert isinstance(timeline, Timeline)
    assert [word.text for word in transcript.words] == ["a", "b", "c"]
    assert timeline.duration_s == 9.0


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(TALK, origin="file:srt"), True),
        (replace(TALK, language=None), False),
        (replace(TALK, words=TALK.words[1:]), False),
        (replace(TALK, words=(replace(TALK.words[0], text="The"), *TALK.words[1:])), False),
        (replace(TALK, words=(replace(TALK.words[0], speaker="A"), *TALK.words[1:])), False),
        (replace(TALK, words=(replace(TALK.words[0], span=Span(0, 0.2)), *TALK.words[1:])), False),
    ],
    ids=["origin", "language", "words", "text", "speaker", "times"],
)
def test_a_fingerprint_tells_what_is_said_by_whom_and_when(other: Transcript, same: bool) -> None:
    assert (fingerprint_of(other) == fingerprint_of(TALK)) is same
    assert len(fingerprint_of(other)) == 64


def test_reading_does_all_that_no_question_decides() -> None:
    pipeline = pipeline_of_doubles()
    analysis = pipeline.read(TALK)
    assert len(analysis.get(Sentences).items) == len(TOPICS) * 8
    assert not analysis.get(Delivery).has_sound
    with pytest.raises(WiringError):
        _ = analysis.media
    asked: list[str] = []
    pipeline.suggest(analysis, "dog", on_event=lambda event: asked.append(event.stage))
    assert not {"SplitSentences", "EmbedSentences", "DrawOutline"} & set(asked)


def test_a_read_transcript_has_no_pictures_to_preview(tmp_path: Path) -> None:
    pipeline = pipeline_of_doubles()
    analysis = pipeline.read(TALK)
    clips = pipeline.suggest(analysis, TOPICS["dog"])
    assert len(clips)
    with pytest.raises(WiringError):
        pipeline.preview(analysis, clips, tmp_path)
    with pytest.raises(WiringError):
        pipeline.render(analysis, clips[0], tmp_path / "clip.mp4")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tone and a grey picture: ffmpeg -f lavfi -i sine=d=60 -f lavfi -i color=gray:d=60 m.mp4."""
    path = tmp_path_factory.mktemp("minute") / "minute.mp4"
    oracle.write(
        *("-f", "lavfi", "-i", "sine=d=60", "-f", "lavfi", "-i", "color=gray:s=64x64:r=5:d=60"),
        *("-c:v", "libx264", str(path)),
    )
    return path


def test_the_words_of_a_film_answer_alone_what_they_answer_with_it(minute: Path) -> None:
    """An even tone and an even picture say nothing; only the fingerprints in the ids differ."""
    pipeline = pipeline_of_doubles()
    words = spoken([word.text for word in TALK.words], every_s=0.17, lasting_s=0.15)
    analysis = pipeline.analyze(minute, given=[words])
    alone = pipeline.read(analysis.transcript)
    assert alone.get(Sentences) == analysis.get(Sentences)
    for topic in TOPICS.values():
        film = pipeline.suggest(analysis, topic, target_duration=9.0)
        text = pipeline.suggest(alone, topic, target_duration=9.0)
        own = set(topic.split())
        for best in (film[0], text[0]):
            assert sum(word.text in own for word in best.words) > 0.5 * len(best.words)
        assert film[0].id != text[0].id


def test_what_is_recognised_in_a_film_can_be_asked_alone(minute: Path) -> None:
    pipeline = pipeline_of_doubles()
    transcript = pipeline.analyze(minute).transcript
    assert {word.text for word in transcript.words} == set(SAID)
    clips = ck.suggest(transcript, "dogs eat cake", pipeline=pipeline)
    assert "Dogs eat cake." in clips[0].transcript


@st.composite
def _transcripts(draw: st.DrawFn) -> Transcript:
    """Draw words in any order with gaps, overlaps, no length and several speakers."""
    texts = st.sampled_from(
        ["dog", "cake.", "Well,", "sleep?", "今天。", "😀", "garden", "...", "1999"]
    )
    count = draw(st.integers(2, 60))
    spread_ms = draw(st.sampled_from([200, 1000, 5000]))
    at_ms = 0
    words: list[Word] = []
    for _ in range(count):
        at_ms += draw(st.integers(-spread_ms // 4, spread_ms))
        start_ms = max(0, at_ms)
        # Not none for all: a talk of no length is another matter.
        length_ms = draw(st.integers(0, 2 * spread_ms)) if words else spread_ms
        speaker = draw(st.sampled_from([None, None, None, "Anna"]))
        span = Span(start_ms / 1000, (start_ms + length_ms) / 1000)
        words.append(Word(draw(texts), span, None, speaker))
    if draw(st.booleans()):
        words = draw(st.permutations(words))
    return Transcript(tuple(words), draw(st.sampled_from(["en", None])), "test")


LENIENT = pipeline_of_doubles().with_stage(SelectClips(min_score=0.0, min_clip_score=0.0))
"""Takes what scores nothing too: what holds for clips is to be seen on as many as can be."""


def _check(clip: ck.Clip, sentences: Sentences, end_s: float) -> None:
    words = tuple(word for item in sentences.items for word in item.words)
    firsts = [item.words[0] for item in sentences.items]
    lasts = [item.words[-1] for item in sentences.items]
    assert clip.words
    places = [i for i in range(len(words)) if words[i : i + len(clip.words)] == clip.words]
    assert places, "a run of the words as they are said"
    assert any(clip.words[0] is first for first in firsts)
    assert any(clip.words[-1] is last for last in lasts)
    assert 0.0 <= clip.span.start_s < clip.span.end_s <= end_s
    for word in clip.words:
        assert clip.span.start_s <= word.span.start_s + EDGE_S
        assert word.span.end_s <= clip.span.end_s + EDGE_S
    inside = {id(word) for word in clip.words}
    first_s = clip.words[0].span.start_s
    last_s = max(word.span.end_s for word in clip.words)
    for word in words:
        if id(word) in inside:
            continue
        # A voice that goes on while the clip's own begins or ends is cut wherever the edge lies.
        for edge_s, own_s in ((clip.span.start_s, first_s), (clip.span.end_s, last_s)):
            if word.span.start_s + EDGE_S < edge_s < word.span.end_s - EDGE_S:
                assert word.span.start_s <= own_s <= word.span.end_s, (word, clip.span)
    assert clip.title.strip()
    assert len(clip.title) <= 70
    assert 0.0 <= clip.score <= 1.0


@settings(max_examples=100)
@given(
    _transcripts(),
    st.sampled_from([(), ("dog cake",), ("sleep", "1999")]),
    st.sampled_from([(None, None), (1.0, 20.0), (None, 5.0)]),
)
def test_whatever_the_times_clips_are_whole_sentences_within_the_talk(
    transcript: Transcript,
    criteria: tuple[str, ...],
    limits_s: tuple[float | None, float | None],
) -> None:
    analysis = LENIENT.read(transcript)
    query = ck.Query(criteria=criteria, duration_limits_s=limits_s, top=4)
    clips = LENIENT.suggest(analysis, query)
    end_s = max(word.span.end_s for word in transcript.words)
    for clip in clips:
        _check(clip, analysis.get(Sentences), end_s)
        shortest_s, longest_s = query.length_range_s(end_s)
        assert shortest_s - 0.002 <= clip.span.duration_s <= longest_s + 0.002
    in_time = sorted(clip.span for clip in clips)
    assert all(not a.overlaps(b) for a, b in pairwise(in_time))
    assert (clips.reason is None) == bool(len(clips))


def test_the_property_is_seen_on_clips_and_not_on_none() -> None:
    analysis = LENIENT.read(TALK)
    clips = LENIENT.suggest(analysis, ck.Query(top=4))
    assert len(clips) >= 3
    for clip in clips:
        _check(clip, analysis.get(Sentences), TALK.words[-1].span.end_s)
    cut = replace(clips[0], span=Span(clips[0].span.start_s + 0.3, clips[0].span.end_s))
    with pytest.raises(AssertionError):
        _check(cut, analysis.get(Sentences), TALK.words[-1].span.end_s)

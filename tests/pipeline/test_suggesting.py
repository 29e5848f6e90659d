"""A transcript and a question: the shortest way in, and what it remembers."""

import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import clipkit as ck
from clipkit.errors import Cancelled, EngineError, OptionError, TranscriptError
from clipkit.pipeline import suggesting
from clipkit.transcripts import TRANSCRIPT_SUFFIXES
from clipkit.types import events
from clipkit.types.speech import Transcript, Word
from clipkit.types.time import Span
from tests.doubles import (
    TOPICS,
    BrokenEmbedder,
    CountingEmbedder,
    pipeline_of_doubles,
    spoken,
    talk,
)

TALK = talk()


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def pipeline(embedder: CountingEmbedder) -> ck.Pipeline:
    return pipeline_of_doubles(embedder=embedder)


def _times(clips: ck.Clips) -> list[Span]:
    return [clip.span for clip in clips]


def _whisperx(transcript: Transcript) -> dict[str, Any]:
    """Return what WhisperX gives in Python: a speaker a segment, and words it could not align."""
    segments = []
    for place in range(0, len(transcript.words), 10):
        words: list[dict[str, Any]] = [
            {"word": word.text, "start": word.span.start_s, "end": word.span.end_s, "score": 0.9}
            for word in transcript.words[place : place + 10]
        ]
        span = Span(words[0]["start"], words[-1]["end"])
        words[1]["score"] = math.nan
        words[2] = {"word": words[2]["word"]}
        text = " ".join(word["word"] for word in words)
        segments.append(
            {
                "start": span.start_s,
                "end": span.end_s,
                "text": text,
                "speaker": f"SPEAKER_{place % 20:02}",
                "words": words,
            }
        )
    return {"segments": segments, "word_segments": [], "language": "en"}


def _verbose(transcript: Transcript) -> dict[str, Any]:
    """Return what OpenAI's verbose_json holds, with words beside the segments."""
    words = [
        {"word": word.text, "start": word.span.start_s, "end": word.span.end_s}
        for word in transcript.words
    ]
    return {"task": "transcribe", "language": "english", "duration": 130.0, "words": words}


@pytest.mark.parametrize("topic", TOPICS)
def test_the_best_clip_is_about_what_was_asked(topic: str, pipeline: ck.Pipeline) -> None:
    clips = ck.suggest(TALK, TOPICS[topic], pipeline=pipeline)
    own = set(TOPICS[topic].split())
    said = [word.text in own for word in clips[0].words]
    assert sum(said) > 0.7 * len(said)
    assert clips[0].criterion == TOPICS[topic]


@pytest.mark.parametrize("suffix", TRANSCRIPT_SUFFIXES)
@pytest.mark.parametrize("kind", [Path, str])
def test_a_file_of_each_format_is_read(
    suffix: str, kind: type[Path] | type[str], tmp_path: Path, pipeline: ck.Pipeline
) -> None:
    path = tmp_path / f"talk{suffix}"
    ck.write_transcript(TALK, path)
    clips = ck.suggest(kind(path), TOPICS["dog"], pipeline=pipeline)
    assert clips[0].transcript.count("dog") >= 3


def test_a_file_of_words_gives_the_clips_of_its_transcript(
    tmp_path: Path, pipeline: ck.Pipeline
) -> None:
    path = tmp_path / "talk.json"
    ck.write_transcript(TALK, path)
    assert _times(ck.suggest(path, "dog", pipeline=pipeline)) == _times(
        ck.suggest(TALK, "dog", pipeline=pipeline)
    )


def test_a_document_of_whisperx_is_read_with_speakers_and_without_nan(
    pipeline: ck.Pipeline,
) -> None:
    clips = ck.suggest(_whisperx(TALK), TOPICS["dog"], pipeline=pipeline)
    words = clips[0].words
    assert {word.speaker for word in words} == {"SPEAKER_00", "SPEAKER_10"}
    assert {word.confidence for word in words} == {0.9, None}
    assert all(a.span.end_s <= b.span.start_s for a, b in pairwise(words))
    again = json.dumps(_whisperx(TALK))
    assert _times(ck.suggest(json.loads(again), TOPICS["dog"], pipeline=pipeline)) == _times(clips)


def test_a_verbose_answer_of_openai_gives_the_same_clips(pipeline: ck.Pipeline) -> None:
    clips = ck.suggest(_verbose(TALK), TOPICS["dog"], pipeline=pipeline)
    assert _times(clips) == _times(ck.suggest(TALK, TOPICS["dog"], pipeline=pipeline))


def test_clips_answer_several_criteria_each_its_own(pipeline: ck.Pipeline) -> None:
    asked = [TOPICS["dog"], TOPICS["garden"]]
    clips = ck.suggest(TALK, asked, top=2, pipeline=pipeline)
    assert {clip.criterion for clip in clips} == set(asked)
    for clip in clips:
        assert clip.criterion
        own = set(clip.criterion.split())
        assert sum(word.text in own for word in clip.words) > 0.5 * len(clip.words)


def test_what_is_excluded_is_in_no_clip(pipeline: ck.Pipeline) -> None:
    wanted = f"{TOPICS['dog']} {TOPICS['garden']}"
    both = ck.suggest(TALK, wanted, pipeline=pipeline)
    assert any("dog" in clip.transcript for clip in both)
    without = ck.suggest(TALK, wanted, exclude=TOPICS["dog"], pipeline=pipeline)
    assert len(without)
    assert "Tomatoes" in without[0].transcript
    assert all("dog" not in clip.transcript for clip in without)
    assert any("avoided" in rejected.reason for rejected in without.rejected)


def test_a_short_clip_is_the_sentence_that_answers(pipeline: ck.Pipeline) -> None:
    """One passage holds them all, so it takes more than passages to tell them apart."""
    for topic in TOPICS.values():
        words = [word for each in TOPICS.values() for word in each.split()]
        clips = ck.suggest(
            spoken(words, every_s=0.6), topic, target_duration=6.0, pipeline=pipeline
        )
        assert topic in clips[0].transcript


def test_no_criteria_give_general_highlights(pipeline: ck.Pipeline) -> None:
    clips = ck.suggest(TALK, pipeline=pipeline)
    assert len(clips)
    for clip in clips:
        assert clip.criterion is None
        assert not clip.matches
        assert "relevance" not in {signal.name for signal in clip.signals}


def test_a_query_says_lengths_range_and_pins(pipeline: ck.Pipeline) -> None:
    query = ck.Query(
        criteria=(TOPICS["sleep"],),
        duration_limits_s=(7.0, 12.5),
        top=3,
        region=ck.Region(
            within=Span(20.0, 110.0), pinned=(Span(41.0, 44.0),), excluded=(Span(80.0, 90.0),)
        ),
    )
    clips = ck.suggest(TALK, query, pipeline=pipeline)
    (pinned,) = [clip for clip in clips if "pinned" in clip.reason]
    assert pinned.span.start_s <= 41.0
    assert pinned.span.end_s >= 44.0
    others = [clip.span for clip in clips if clip is not pinned]
    assert others
    for span in others:
        assert 7.0 <= span.duration_s <= 12.5
        assert span.start_s >= 20.0
        assert span.end_s <= 110.0
        assert not span.overlaps(Span(80.0, 90.0))


def test_a_target_and_a_number_of_clips_are_kept(pipeline: ck.Pipeline) -> None:
    clips = ck.suggest(TALK, target_duration=20.0, top=2, pipeline=pipeline)
    assert len(clips) == 2
    assert all(16.0 <= clip.span.duration_s <= 24.0 for clip in clips)


@pytest.mark.parametrize("beside", [{"exclude": "x"}, {"target_duration": 9.0}, {"top": 3}])
def test_a_query_and_options_beside_it_are_refused(beside: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="Put them into the Query"):
        ck.suggest(TALK, ck.Query(), **beside)


@pytest.mark.parametrize("asked", [5, None, b"dog", [None], [""], " "])
def test_what_is_no_text_is_refused(asked: Any, pipeline: ck.Pipeline) -> None:
    with pytest.raises(OptionError):
        ck.suggest(TALK, asked, pipeline=pipeline)


@pytest.mark.parametrize("given", [None, 7, b"talk.srt", ["a"], object()])
def test_what_is_no_transcript_is_refused(given: Any, pipeline: ck.Pipeline) -> None:
    with pytest.raises(OptionError, match="a transcript is"):
        ck.suggest(given, pipeline=pipeline)


@pytest.mark.parametrize("given", [{}, {"segments": 3}, "no-such.srt", Path("talk.doc")])
def test_what_cannot_be_read_is_a_transcript_error(given: Any, pipeline: ck.Pipeline) -> None:
    with pytest.raises(TranscriptError):
        ck.suggest(given, pipeline=pipeline)


def test_an_embedder_that_cannot_run_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="broken"):
        ck.suggest(TALK, "dog", pipeline=pipeline_of_doubles(embedder=BrokenEmbedder()))


def test_a_second_question_embeds_only_itself(
    pipeline: ck.Pipeline, embedder: CountingEmbedder
) -> None:
    ck.suggest(TALK, TOPICS["dog"], pipeline=pipeline)
    assert set(TOPICS.values()) <= set(embedder.asked)
    embedder.asked.clear()
    again = Transcript((*TALK.words,), TALK.language, TALK.origin)
    ck.suggest(again, "what grows in the garden?", exclude="tomatoes", pipeline=pipeline)
    # As asked, then their topics; nothing of the talk.
    asked = ["what grows in the garden?", "tomatoes"]
    assert embedder.asked[:2] == asked
    assert len(embedder.asked) == 4
    embedder.asked.clear()
    ck.suggest(again, pipeline=pipeline)
    assert not embedder.asked


@pytest.mark.parametrize(
    "other",
    [
        Transcript(TALK.words, "de", TALK.origin),
        Transcript(TALK.words[:-1], TALK.language, TALK.origin),
        Transcript(
            tuple(Word(word.text, word.span, None, "Anna") for word in TALK.words), "en", "test"
        ),
    ],
    ids=["language", "words", "speaker"],
)
def test_another_transcript_is_read_anew(
    other: Transcript, pipeline: ck.Pipeline, embedder: CountingEmbedder
) -> None:
    ck.suggest(TALK, pipeline=pipeline)
    embedder.asked.clear()
    ck.suggest(other, pipeline=pipeline)
    assert embedder.asked


def test_words_come_back_with_their_own_certainty(pipeline: ck.Pipeline) -> None:
    for certainty in (0.25, 0.75):
        words = tuple(Word(word.text, word.span, certainty) for word in TALK.words)
        clips = ck.suggest(Transcript(words, "en", "test"), pipeline=pipeline)
        assert {word.confidence for clip in clips for word in clip.words} == {certainty}


def test_another_pipeline_reads_anew() -> None:
    first, second = CountingEmbedder(), CountingEmbedder()
    ck.suggest(TALK, pipeline=pipeline_of_doubles(embedder=first))
    ck.suggest(TALK, pipeline=pipeline_of_doubles(embedder=second))
    assert first.asked == second.asked != []


def test_only_the_last_transcripts_are_remembered(
    pipeline: ck.Pipeline, embedder: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = suggesting._Memory()
    monkeypatch.setattr(suggesting, "_MEMORY", memory)
    talks = [talk(times=times) for times in range(3, 13)]
    for each in talks:
        ck.suggest(each, pipeline=pipeline)
    assert len(memory._held) == suggesting._REMEMBERED
    embedder.asked.clear()
    ck.suggest(talks[-suggesting._REMEMBERED], pipeline=pipeline)
    assert not embedder.asked, "the oldest that is held was asked for, so it is the newest now"
    ck.suggest(talks[0], pipeline=pipeline)
    embedder.asked.clear()
    ck.suggest(talks[-suggesting._REMEMBERED], pipeline=pipeline)
    assert not embedder.asked
    ck.suggest(talks[1 - suggesting._REMEMBERED], pipeline=pipeline)
    assert embedder.asked, "it was the oldest when another came"


def test_a_transcript_is_hashed_once_a_question(
    pipeline: ck.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    ck.suggest(TALK, pipeline=pipeline)
    real, hashed = Transcript.__hash__, []

    def counting(transcript: Transcript) -> int:
        hashed.append(transcript)
        return real(transcript)

    monkeypatch.setattr(Transcript, "__hash__", counting)
    ck.suggest(TALK, "dog", pipeline=pipeline)
    assert len(hashed) == 1


def test_transcripts_of_one_hash_are_told_apart(
    pipeline: ck.Pipeline, embedder: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Transcript, "__hash__", lambda transcript: 7)
    monkeypatch.setattr(suggesting, "_MEMORY", suggesting._Memory())
    first, second = talk(times=3), talk(times=4)
    alone = [ck.suggest(each, pipeline=pipeline_of_doubles()) for each in (first, second)]
    assert [ck.suggest(each, pipeline=pipeline) for each in (first, second)] == alone
    embedder.asked.clear()
    assert ck.suggest(second, pipeline=pipeline) == alone[1]
    assert not embedder.asked


def test_many_threads_get_what_one_gets(pipeline: ck.Pipeline) -> None:
    talks = [talk(times=times) for times in range(3, 9)]
    asked = [(each, topic) for each in talks for topic in TOPICS.values()] * 2
    alone = [ck.suggest(*each, pipeline=pipeline_of_doubles()) for each in asked[: len(asked) // 2]]
    together = threading.Barrier(8)

    def suggested(place: int) -> ck.Clips:
        if place < 8:
            together.wait()
        return ck.suggest(*asked[place], pipeline=pipeline)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(suggested, range(len(asked))))
    assert found == alone * 2
    assert len(suggesting._MEMORY._held) <= suggesting._REMEMBERED


def test_reading_then_asking_is_the_same_as_asking_at_once(pipeline: ck.Pipeline) -> None:
    analysis = pipeline.read(TALK)
    for asked in ((), TOPICS["dog"], [TOPICS["dog"], "garden"]):
        assert pipeline.suggest(analysis, asked) == ck.suggest(TALK, asked, pipeline=pipeline)


def test_the_run_is_told_and_can_be_stopped(
    pipeline: ck.Pipeline, embedder: CountingEmbedder
) -> None:
    told: list[events.Event] = []
    ck.suggest(TALK, "dog", pipeline=pipeline, on_event=told.append)
    stages = {event.stage for event in told if isinstance(event, events.StageFinished)}
    assert {"SplitSentences", "EmbedSentences", "SelectClips"} <= stages
    cancellation = ck.Cancellation()
    cancellation.cancel()
    embedder.asked.clear()
    with pytest.raises(Cancelled):
        ck.suggest(talk(times=5), pipeline=pipeline, cancellation=cancellation)
    assert not embedder.asked
    assert len(ck.suggest(talk(times=5), pipeline=pipeline)), "a run that stopped is not remembered"

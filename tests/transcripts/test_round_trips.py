"""What each format gives back of what was written to it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clipkit.transcripts import WRITTEN_SUFFIXES, write_transcript
from clipkit.transcripts.ass_format import parse_ass, to_ass, to_ssa
from clipkit.transcripts.captions import parse_srt, parse_vtt, to_srt, to_vtt
from clipkit.transcripts.json_format import parse_json, to_json
from clipkit.transcripts.json_of_others import to_openai, to_whisperx
from clipkit.transcripts.words import cues_of
from clipkit.types.speech import Transcript, Word
from clipkit.types.time import Span
from tests.transcripts.drawn import spoken, transcripts

Read = Callable[[str], Transcript]
Write = Callable[[Transcript], str]

SUBTITLES: dict[str, tuple[Write, Read, int, bool]] = {
    "srt": (to_srt, parse_srt, 1000, False),
    "vtt": (to_vtt, parse_vtt, 1000, True),
    "ass": (to_ass, parse_ass, 100, True),
    "ssa": (to_ssa, parse_ass, 100, True),
}
"""Writer, reader, ticks of its times in a second, and whether it tells who speaks."""

JSON: dict[str, tuple[Write, bool]] = {
    "json": (to_json, True),
    "whisperx.json": (to_whisperx, True),
    "openai.json": (to_openai, False),
}
"""Writer, and whether it tells who speaks and how sure that is."""

talks = transcripts(spoken).filter(lambda talk: bool(talk.words))
talks_of_nobody = transcripts(spoken, (None,)).filter(lambda talk: bool(talk.words))


def _said(talk: Transcript, with_speakers: bool) -> list[tuple[str, str | None]]:
    return [(word.text, word.speaker if with_speakers else None) for word in talk.words]


def _marked(talk: Transcript, with_speakers: bool) -> list[tuple[str, str | None]]:
    return [(mark.text, mark.speaker if with_speakers else None) for mark in talk.marks]


def test_every_format_is_held_to_what_it_gives_back() -> None:
    assert {f".{name}" for name in (*SUBTITLES, *JSON)} == set(WRITTEN_SUFFIXES)


@pytest.mark.parametrize("name", SUBTITLES)
@given(talk=talks)
def test_subtitles_give_back_what_is_said_and_marked_in_order_and_who_speaks(
    name: str, talk: Transcript
) -> None:
    write, read, _, tells_speakers = SUBTITLES[name]
    back = read(write(talk))
    assert _said(back, True) == _said(talk, tells_speakers)
    assert _marked(back, True) == _marked(talk, tells_speakers)


@pytest.mark.parametrize("name", SUBTITLES)
@given(talk=talks)
def test_subtitles_give_back_when_marks_begin_as_exactly_as_the_format_can(
    name: str, talk: Transcript
) -> None:
    write, read, ticks_per_s, _ = SUBTITLES[name]
    for mark, was in zip(read(write(talk)).marks, talk.marks, strict=True):
        assert mark.span.start_s == pytest.approx(was.span.start_s, abs=0.51 / ticks_per_s)
        assert mark.span.end_s <= was.span.end_s + 0.51 / ticks_per_s


@pytest.mark.parametrize("name", SUBTITLES)
@given(talk=talks)
def test_words_of_subtitles_share_the_time_of_their_cue_in_order(
    name: str, talk: Transcript
) -> None:
    write, read, ticks_per_s, _ = SUBTITLES[name]
    words = iter(read(write(talk)).words)
    marks = {mark.text for mark in talk.marks}
    for cue in cues_of(talk, ticks_per_s):
        if cue.text in marks:
            continue
        own = [next(words) for _ in cue.text.split()]
        assert own[0].span.start_s == pytest.approx(cue.span.start_s)
        assert own[-1].span.end_s == pytest.approx(cue.span.end_s)
        assert all(word.span.end_s <= more.span.start_s for word, more in pairwise(own))
    assert next(words, None) is None


HOSTILE = (
    "a\n\nb",
    "a\r\n00:00:01,000 --> 00:00:02,000\r\nb",
    "00:00:01.000 --> 00:00:02.000",
    "-->",
    "--&gt;",
    "<b>x</b> <3 &amp; AT&T &copy2024",
    "<v Eve>x",
    "</v>x",
    "<00:00:01.000>x",
    "{\\an8}x {\\i1}",
    "\\Nx\\n {x} \\{",
    "NOTE x",
    "WEBVTT",
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,x",
    "42",
)
"""What says something of its own in one format or another."""

_hostile = st.sampled_from(HOSTILE) | st.text("<>&-{}\\/;:,.vb1 \n", min_size=1)
_hostile_texts = st.builds(str.format, st.sampled_from(["{}", "{} so."]), _hostile)


@pytest.mark.parametrize("name", SUBTITLES)
@given(
    texts=st.lists(_hostile_texts.filter(str.strip), min_size=1, max_size=4),
    speaker=_hostile,
)
def test_no_text_and_no_speaker_says_anything_to_a_reader(
    name: str, texts: list[str], speaker: str
) -> None:
    write, read, _, tells_speakers = SUBTITLES[name]
    if name in {"ass", "ssa"}:
        speaker = speaker.replace(",", ";")
    words = [
        Word(text, Span(number, number + 1.0), speaker=speaker) for number, text in enumerate(texts)
    ]
    back = read(write(Transcript(tuple(words), None, "test")))
    assume(not back.marks)  # <v b> is one
    said = " ".join(" ".join(word.text.split()) for word in words)
    assert back.text == said
    label = " ".join(speaker.split()) or None
    assert {word.speaker for word in back.words} == {label if tells_speakers else None}


@pytest.mark.parametrize("name", SUBTITLES)
def test_ffmpeg_finds_each_text_at_its_time_whatever_it_says(name: str, tmp_path: Path) -> None:
    words = [
        Word(f"{text} so.", Span(number, number + 1.0), speaker="Anna\n\n00:01.000 --> 00:02.000")
        for number, text in enumerate(HOSTILE)
    ]
    path = tmp_path / f"talk.{name}"
    write_transcript(Transcript(tuple(words), None, "test"), path)
    with av.open(path) as container:
        starts_s = [
            float(packet.pts * packet.time_base)
            for packet in container.demux()
            if packet.pts is not None and packet.time_base is not None
        ]
    assert starts_s == [word.span.start_s for word in words]


@pytest.mark.parametrize("text", ["AT&T & <3", "a < b > c", "{x} & co; -> -- >"])
def test_srt_spells_out_what_nobody_takes_for_markup(text: str) -> None:
    talk = Transcript((Word(text, Span(0.0, 1.0)),), None, "test")
    assert text in to_srt(talk).splitlines()


@pytest.mark.parametrize("ticks_per_s", [100, 1000])
@given(talk=talks)
def test_cues_of_subtitles_begin_when_a_word_or_mark_does(
    ticks_per_s: int, talk: Transcript
) -> None:
    starts_s = [word.span.start_s for word in talk.words]
    starts_s += [mark.span.start_s for mark in talk.marks]
    for cue in cues_of(talk, ticks_per_s):
        off_s = min(abs(cue.span.start_s - start_s) for start_s in starts_s)
        assert off_s <= 0.51 / ticks_per_s


@pytest.mark.parametrize("name", SUBTITLES)
@given(data=st.data())
def test_subtitles_written_again_are_the_same(name: str, data: st.DataObject) -> None:
    write, read, _, tells_speakers = SUBTITLES[name]
    written = write(data.draw(talks if tells_speakers else talks_of_nobody))
    assert write(read(written)) == written


@pytest.mark.parametrize("name", JSON)
@given(talk=transcripts(spoken))
def test_json_gives_back_words_with_their_very_times_and_confidences(
    name: str, talk: Transcript
) -> None:
    write, tells_all = JSON[name]
    words, marks = talk.words, talk.marks
    if not tells_all:
        words = tuple(replace(word, confidence=None, speaker=None) for word in words)
        marks = tuple(replace(mark, speaker=None) for mark in marks)
    back = parse_json(write(talk))
    assert (back.words, back.marks, back.language) == (words, marks, talk.language)


@pytest.mark.parametrize("name", JSON)
@given(data=st.data())
def test_json_written_again_is_the_same(name: str, data: st.DataObject) -> None:
    write, tells_all = JSON[name]
    written = write(data.draw(transcripts(spoken) if tells_all else transcripts(spoken, (None,))))
    assert write(parse_json(written)) == written


@pytest.mark.parametrize("name", ["srt", "openai.json"])
@given(talk=talks)
def test_what_tells_no_speakers_is_the_same_from_the_second_time_on(
    name: str, talk: Transcript
) -> None:
    write, read = SUBTITLES[name][:2] if name in SUBTITLES else (JSON[name][0], parse_json)
    second = write(read(write(talk)))
    assert write(read(second)) == second

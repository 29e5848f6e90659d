"""ASS and SSA as they are found in the wild, and as FFmpeg reads what is written."""

import subprocess
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipkit.errors import TranscriptError
from clipkit.transcripts import read_transcript, write_transcript
from clipkit.transcripts.ass_format import parse_ass, to_ass
from clipkit.transcripts.captions import parse_srt
from clipkit.transcripts.words import cues_of
from clipkit.types.speech import Cue, Transcript, Word
from clipkit.types.time import Span
from tests.media.samples import ffmpeg

ASS = r"""[Script Info]
; Script of a talk
Title: A talk
ScriptType: v4.00+
Language: de_AT

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:09.00,Default,Anna,0,0,0,,not said
Dialogue: 0,0:00:01.50,0:00:03.50,Default,Anna,0,0,0,,{\i1}Good{\i0} morning,\Neveryone.
Dialogue: 0,0:00:02.00,0:00:09.00,Sign,,0,0,0,,{\p1}m 0 0 l 100 0 100 100{\p0}

Picture: 0,0:00:02.00,0:00:09.00,Default,,0,0,0,,logo.bmp
Dialogue: 0,1:00:02.00,1:00:04.25,Default,,0,0,0,,One\htwo, [Laughter] three.

[Fonts]
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,no event
"""

SSA = r"""[Script Info]
ScriptType: v4.00

[V4 Styles]
Style: Default,Arial,20

[Events]
Format: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: Marked=0,0:00:01.50,0:00:03.50,Default,NTP,0000,0000,0000,!Effect,Hello, you.
"""


def _line(text: str, start: str = "0:00:01.00", end: str = "0:00:05.00", more: str = "") -> str:
    """Write a file of one line, or several."""
    head = "[Events]\nFormat: Layer, Start, End, Style, Name, Text\n"
    return f"{head}Dialogue: 0,{start},{end},Default,,{text}\n{more}"


def _times(transcript: Transcript) -> list[tuple[str, float, float]]:
    return [(word.text, word.span.start_s, word.span.end_s) for word in transcript.words]


def test_ass_gives_words_speakers_marks_and_the_language() -> None:
    transcript = parse_ass(ASS)
    assert transcript.text == "Good morning, everyone. One two, three."
    assert [word.speaker for word in transcript.words] == ["Anna"] * 3 + [None] * 3
    assert [mark.text for mark in transcript.marks] == ["[Laughter]"]
    assert (transcript.words[0].span.start_s, transcript.words[2].span.end_s) == (1.5, 3.5)
    assert (transcript.words[3].span.start_s, transcript.words[-1].span.end_s) == (3602.0, 3604.25)
    assert (transcript.language, transcript.origin) == ("de", "file:ass")


def test_ssa_names_nobody_by_its_placeholder() -> None:
    transcript = parse_ass(SSA)
    assert transcript.text == "Hello, you."
    assert transcript.speakers == ()
    assert transcript.language is None


@pytest.mark.parametrize(
    "text",
    [
        ASS.replace("\n", "\r\n"),
        ASS.replace("\n", "\r"),
        ASS.replace("Dialogue: ", "Dialogue:").replace("Format: ", "Format:"),
        ASS.replace("[Events]", " [events] ").replace("Dialogue", "dialogue"),
        ASS.replace("0,1:00:02.00", "0, 1:00:02.00 ").replace("03.50", "03:5"),
        ASS.replace("Style, Name,", "Style, Actor,"),
        ASS.replace("\n\n[Fonts]", "\n[Fonts]"),
        ASS.rstrip("\n"),
    ],
    ids=["CRLF", "CR", "no spaces", "case", "times", "Actor", "no blank line", "no end"],
)
def test_ass_with_the_usual_defects_reads_the_same(text: str) -> None:
    assert parse_ass(text) == parse_ass(ASS)


@pytest.mark.parametrize("suffix", [".ass", ".ssa", ".SSA"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_ass_is_read_in_the_encodings_it_is_saved_in(
    tmp_path: Path, suffix: str, encoding: str
) -> None:
    path = tmp_path / f"talk{suffix}"
    path.write_bytes(ASS.replace("Good", "Größe").encode(encoding))
    assert read_transcript(path).text == "Größe morning, everyone. One two, three."


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ("End, Text, Start", "0:00:02.00,So, then,0:00:01.00"),
        ("Text, Start, End", "So, then,0:00:01.00,0:00:02.00"),
        ("Start, End, Text", "0:00:01.00,0:00:02.00,So, then"),
        ("Effect, End, Start, Text", "x,0:00:02.00,0:00:01.00,So, then"),
    ],
)
def test_fields_may_stand_in_any_order_and_the_text_holds_commas(fields: str, line: str) -> None:
    transcript = parse_ass(f"[Events]\nFormat: {fields}\nDialogue: {line}\n")
    assert transcript.text == "So, then"
    assert (transcript.words[0].span.start_s, transcript.words[1].span.end_s) == (1.0, 2.0)


def test_a_line_on_two_layers_is_said_once_and_one_that_is_there_twice_is_said_twice() -> None:
    lines = [(0, "Anna"), (1, "Anna"), (1, "Ben"), (1, "Ben"), (2, "Ben")]
    text = "[Events]\nFormat: Layer, Start, End, Name, Text\n" + "".join(
        f"Dialogue: {layer},0:00:01.00,0:00:02.00,{name},{{\\blur{layer}}}Yes.\n"
        for layer, name in lines
    )
    assert [word.speaker for word in parse_ass(text).words] == ["Anna", "Ben", "Ben"]


def test_karaoke_gives_words_the_times_of_their_syllables() -> None:
    text = _line(r"{\k50}{\k20}ka{\kf30}ra{\K10}o{\ko40}ke {\k80}time\Nto")
    assert _times(parse_ass(text)) == [
        ("karaoke", 1.5, 2.5),
        ("time", 2.5, 3.0),
        ("to", 3.0, 3.3),
    ]


def test_karaoke_that_is_longer_than_its_line_ends_with_it() -> None:
    text = _line(r"So {\k300}we {\k99999999999}go {\k1}on")
    assert _times(parse_ass(text)) == [
        ("So", 1.0, 1.0),
        ("we", 1.0, 4.0),
        ("go", 4.0, 5.0),
        ("on", 5.0, 5.0),
    ]


def test_a_line_that_stays_while_the_next_is_shown_ends_as_that_begins() -> None:
    more = "Dialogue: 0,0:00:02.00,0:00:06.00,Default,,{\\k100}here {\\k100}we go\n"
    transcript = parse_ass(_line("good morning everyone", more=more))
    assert transcript.text == "good morning everyone here we go"
    assert transcript.words[2].span.end_s == 2.0


def test_what_only_draws_ends_no_line() -> None:
    more = "Dialogue: 0,0:00:02.00,0:00:06.00,Default,,{\\p1}m 0 0 l 1 1\n"
    assert parse_ass(_line("good morning", more=more)).words[-1].span.end_s == 5.0


def test_tags_and_entities_of_other_formats_are_text() -> None:
    assert parse_ass(_line("a <b> &amp; c")).text == "a <b> &amp; c"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", r'no section "\[Events\]"'),
        ("1\n00:00:01,000 --> 00:00:02,000\nHi\n", r'no section "\[Events\]"'),
        ("[Events]\n", "no timed text"),
        (_line(""), "no timed text"),
        (_line(r"{\p1}m 0 0 l 1 1"), "no timed text"),
        (_line("[Music]"), "no timed text"),
        (_line("Hi", start="0:00:07.00"), "line 3 ends before it starts"),
        (_line("Hi", start="soon"), "'soon' in line 3"),
        (_line("Hi", end="0:00"), "'0:00' in line 3"),
        (_line("Hi", end="9" * 5000 + ":00:01.00"), "in line 3"),
        (_line("Hi", more="Dialogue: 0,0:00:01.00\n"), "line 4 has 2 fields, and its format .* 6"),
        ("[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Hi\n", 'line 2 .* no line "Format:"'),
        (_line("Hi").replace("End, ", ""), "line 2 does not name the field 'End' once"),
        (_line("Hi").replace("Text", "Text, Text"), "line 2 does not name the field 'Text' once"),
        (_line("Hi").replace("Format:", "Format"), 'line 3 .* no line "Format:"'),
    ],
)
def test_malformed_ass_is_refused_with_the_place(text: str, found: str) -> None:
    with pytest.raises(TranscriptError, match=found) as caught:
        parse_ass(text)
    assert caught.value.remedy


@given(st.text(alphabet="0123456789:,. {}\\kpNab\r\n[]DialogueFormt", max_size=200))
def test_any_text_gives_words_in_order_or_a_transcript_error(noise: str) -> None:
    for text in (noise, ASS + noise, _line(noise), _line(noise + r"{\k20}" + noise)):
        try:
            transcript = parse_ass(text)
        except TranscriptError:
            continue
        starts = [word.span.start_s for word in transcript.words]
        assert starts == sorted(starts)
        assert all(word.text and " " not in word.text for word in transcript.words)


_texts = st.text(alphabet="ab\u00e9\u5b57{}\\Nk,;<>&.!", min_size=1, max_size=8)


@st.composite
def _talks(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> Transcript:
    words, reached_ms = [], 0
    for _ in range(draw(st.integers(1, 12))):
        reached_ms += draw(st.integers(0, 20_000))
        length_ms = draw(st.integers(20, 900))
        span = Span(reached_ms / 1000, (reached_ms + length_ms) / 1000)
        words.append(Word(draw(texts), span, None, draw(st.sampled_from([None, "Anna", "B & C"]))))
        reached_ms += length_ms
    return Transcript(tuple(words), draw(st.sampled_from([None, "en"])), "x")


@pytest.mark.parametrize("suffix", [".ass", ".ssa"])
@settings(max_examples=50)
@given(transcript=_talks(_texts))
def test_ffmpeg_finds_each_line_with_its_time_speaker_and_text(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, transcript: Transcript
) -> None:
    path = tmp_path_factory.mktemp("written") / f"talk{suffix}"
    write_transcript(transcript, path)
    found = []
    with av.open(str(path)) as container:
        assert container.format.name == "ass"
        for packet in container.demux():
            if packet.pts is None or packet.duration is None or packet.time_base is None:
                continue
            start_s = float(packet.pts * packet.time_base)
            fields = bytes(packet).decode().split(",", 8)
            found.append((start_s, float(packet.duration * packet.time_base), fields[3], fields[8]))
    expected = cues_of(transcript, 100)
    assert len(found) == len(expected)
    for (start_s, length_s, name, text), cue in zip(found, expected, strict=True):
        assert start_s == pytest.approx(cue.span.start_s, abs=0.0051)
        assert start_s + length_s == pytest.approx(cue.span.end_s, abs=0.0051)
        assert name == (cue.speaker or "")
        spelt = {"\\": "\\\u2060", "{": "\\{", "}": "\\}"}
        assert text == "".join(spelt.get(sign, sign) for sign in cue.text)


@pytest.mark.parametrize("suffix", [".ass", ".ssa"])
def test_ffmpeg_turns_what_is_written_into_srt_without_markup(tmp_path: Path, suffix: str) -> None:
    words = (
        Word("Hello,", Span(0.5, 1.0), 0.5, "Anna"),
        Word("you.", Span(1.0, 1.5), 0.5, "Anna"),
        Word("Größe:", Span(3661.25, 3662.0), None, "Smith, B."),
        Word("100", Span(3662.0, 3662.5), None, "Smith, B."),
    )
    marks = (Cue(Span(2.0, 3.0), "[Laughter]"),)
    path = tmp_path / f"talk{suffix}"
    write_transcript(Transcript(words, "de", "x", marks), path)
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-f", "srt", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "<" not in done.stdout
    heard = parse_srt(done.stdout)
    assert heard.text == "Hello, you. Größe: 100"
    assert heard.marks == marks
    assert [word.span.start_s for word in heard.words[::2]] == [0.5, 3661.25]
    back = read_transcript(path)
    assert (back.text, back.marks, back.language) == (heard.text, marks, "de")
    assert back.speakers == ("Anna", "Smith; B.")


def test_a_clock_carries_what_rounds_up_to_a_whole_minute() -> None:
    word = Word("late", Span(59.9996, 36000.0))
    assert "0:01:00.00,10:00:00.00" in to_ass(Transcript((word,), None, "x"))

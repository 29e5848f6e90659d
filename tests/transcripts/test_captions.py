"""SRT and WebVTT as they are found in the wild."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import TranscriptError
from clipkit.transcripts.captions import parse_srt, parse_vtt
from clipkit.types.speech import Cue, Transcript
from clipkit.types.time import Span

SRT = """1
00:00:01,500 --> 00:00:03,500
<i>Good</i> morning,
everyone.

2
00:01:02,000 --> 01:00:00,250
{\\an8}We start &amp; end here.
"""

VTT = """WEBVTT - A talk
Kind: captions

STYLE
::cue { color: lime }

NOTE a comment

intro
00:01.500 --> 00:03.500 align:start position:0%
<v.loud Anna>Good <b>morning</b>,
everyone.</v>

01:00:02.000 --> 01:00:04.000
<v Ben O&apos;Neill>Two &lt; three.
"""

ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:01.000 --> 00:00:02.990 align:start position:0%
 
good<00:00:01.400><c> morning</c><00:00:02.000><c> everyone</c>

00:00:02.990 --> 00:00:03.000 align:start position:0%
good morning everyone
 

00:00:03.000 --> 00:00:05.000 align:start position:0%
good morning everyone
here<00:00:03.600><c> we</c><00:00:04.000><c> go</c>

00:00:05.000 --> 00:00:05.010 align:start position:0%
here we go
 
"""  # noqa: W293 - YouTube's empty lines hold a space, so that they end no cue


def _edges(transcript: Transcript) -> list[tuple[float, float]]:
    return [(word.span.start_s, word.span.end_s) for word in transcript.words]


def test_srt_gives_the_words_without_markup() -> None:
    transcript = parse_srt(SRT)
    assert transcript.text == "Good morning, everyone. We start & end here."
    assert (transcript.language, transcript.origin) == (None, "file:srt")


def test_words_share_the_time_of_their_cue_in_order() -> None:
    words = parse_srt(SRT).words
    assert words[0].span.start_s == 1.5
    assert words[2].span.end_s == 3.5
    assert words[3].span.start_s == 62.0
    assert words[-1].span.end_s == 3600.25
    assert words[1].span.duration_s > words[0].span.duration_s, "more letters take longer"


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_read_the_same(end: str) -> None:
    assert parse_srt(SRT.replace("\n", end)) == parse_srt(SRT)
    assert parse_vtt(ROLLING.replace("\n", end)) == parse_vtt(ROLLING)


@pytest.mark.parametrize(
    "text",
    [
        SRT.replace("\n\n", "\n"),
        SRT.replace("\n\n", "\n \n"),
        SRT.replace("\n\n", "\n\n\n\n"),
        SRT.replace("1\n00", "00", 1).replace("\n2\n", "\n"),
        SRT.replace(",", ".").replace("morning.", "morning,"),
        SRT.rstrip("\n"),
    ],
    ids=["no blank line", "a space", "many blank lines", "no numbers", "points", "no end"],
)
def test_srt_with_the_usual_defects_reads_the_same(text: str) -> None:
    assert parse_srt(text) == parse_srt(SRT)


@pytest.mark.parametrize(("written", "start_s"), [("1,5", 1.5), ("1,05", 1.05), ("1,005", 1.005)])
def test_a_fraction_may_have_fewer_digits(written: str, start_s: float) -> None:
    (word,) = parse_srt(f"1\n00:00:0{written} --> 00:00:02,000\nhello\n").words
    assert word.span.start_s == start_s


def test_a_line_of_digits_within_a_cue_is_said() -> None:
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\nthe year\n1984\n\n2\n00:00:02,000 --> 00:00:03,000\n7\n"
    )
    assert parse_srt(text).text == "the year 1984 7"


def test_cues_out_of_order_are_put_in_order() -> None:
    text = "00:00:05,000 --> 00:00:06,000\nsecond\n\n00:00:01,000 --> 00:00:02,000\nfirst\n"
    assert parse_srt(text).text == "first second"


def test_cues_that_stay_while_the_next_is_shown_do_not_mix_their_words() -> None:
    text = (
        "1\n00:00:00,000 --> 00:00:04,000\ngood morning everyone\n\n"
        "2\n00:00:02,000 --> 00:00:06,000\nhere we go\n"
    )
    transcript = parse_srt(text)
    assert transcript.text == "good morning everyone here we go"
    assert transcript.words[2].span.end_s == 2.0


def test_sounds_are_no_words() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n[Music] (laughs) ♪ la la ♪ Hello.\n"
    assert parse_srt(text).text == "Hello."


def test_what_is_no_tag_of_captions_is_a_mark() -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:04.000\n<b.loud>So</b> <laughs> <c.yellow>then</c>\n"
    transcript = parse_vtt(text)
    assert transcript.text == "So then"
    assert [mark.text for mark in transcript.marks] == ["<laughs>"]


def test_a_cue_of_a_mark_alone_is_a_mark_of_the_cue_s_time() -> None:
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n"
        "2\n00:00:02,500 --> 00:00:04,000\n<i>[Audience laughing]</i>\n"
    )
    for transcript in (parse_srt(text), parse_vtt("WEBVTT\n\n" + text.replace(",", "."))):
        assert transcript.text == "Hello."
        assert transcript.marks == (Cue(Span(2.5, 4.0), "[Audience laughing]"),)


def test_a_mark_within_a_line_lies_between_its_neighbours_and_has_their_voice() -> None:
    transcript = parse_vtt("WEBVTT\n\n00:01.000 --> 00:05.000\n<v Anna>So (laughs) then\n")
    (before, after), (mark,) = transcript.words, transcript.marks
    assert (before.text, mark.text, after.text) == ("So", "(laughs)", "then")
    assert (before.span.start_s, after.span.end_s) == (1.0, 5.0)
    assert before.span.end_s == mark.span.start_s < mark.span.end_s == after.span.start_s
    assert mark.speaker == "Anna"


def test_marks_between_words_with_times_of_their_own_have_theirs() -> None:
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\nso<00:01.200> [ big<00:01.400> laugh ]"
        "<00:01.800> then\n\n00:02.000 --> 00:03.000\n[Music]\n\n"
        "00:03.000 --> 00:04.000\n[Music]\n"
    )
    transcript = parse_vtt(text)
    assert transcript.text == "so then"
    assert _edges(transcript) == [(1.0, 1.2), (1.8, 2.0)]
    assert transcript.marks == (
        Cue(Span(1.2, 1.8), "[ big laugh ]"),
        Cue(Span(2.0, 3.0), "[Music]"),
    )


def test_a_file_of_marks_alone_has_no_text() -> None:
    with pytest.raises(TranscriptError, match="no timed text"):
        parse_srt("1\n00:00:01,000 --> 00:00:02,000\n[Music]\n")


def test_webvtt_gives_words_and_voices() -> None:
    words = parse_vtt(VTT).words
    assert [word.text for word in words] == ["Good", "morning,", "everyone.", "Two", "<", "three."]
    assert [word.speaker for word in words] == ["Anna"] * 3 + ["Ben O'Neill"] * 3
    assert words[0].span.start_s == 1.5
    assert words[-1].span.end_s == 3604.0


def test_rolling_captions_say_each_line_once_with_the_times_of_its_words() -> None:
    transcript = parse_vtt(ROLLING)
    assert transcript.text == "good morning everyone here we go"
    assert _edges(transcript) == [
        (1.0, 1.4),
        (1.4, 2.0),
        (2.0, 2.99),
        (3.0, 3.6),
        (3.6, 4.0),
        (4.0, 5.0),
    ]


def test_a_line_said_twice_with_times_is_said_twice() -> None:
    cue = "{}\nyes<{}> indeed\n\n"
    text = "WEBVTT\n\n" + "".join(
        cue.format(f"00:0{start}.000 --> 00:0{start + 1}.000", f"00:0{start}.500")
        for start in (1, 3)
    )
    transcript = parse_vtt(text)
    assert transcript.text == "yes indeed yes indeed"
    assert [start_s for start_s, _ in _edges(transcript)] == [1.0, 1.5, 3.0, 3.5]


@pytest.mark.parametrize("stamp", ["", "<00:02.000>"])
def test_a_cue_may_have_two_voices(stamp: str) -> None:
    text = f"WEBVTT\n\n00:00.000 --> 00:04.000\n<v Anna>Shall we go?</v>\n{stamp}<v Bo>Yes, now.\n"
    words = parse_vtt(text).words
    assert [word.text for word in words] == ["Shall", "we", "go?", "Yes,", "now."]
    assert [word.speaker for word in words] == ["Anna"] * 3 + ["Bo"] * 2


@pytest.mark.parametrize("stamp", ["", "<00:02.000>"])
def test_what_no_voice_says_has_no_speaker(stamp: str) -> None:
    said = f"Oh. <v Anna>Shall we?</v>{stamp} (both laugh) Good."
    text = f"WEBVTT\n\n00:00.000 --> 00:04.000\n{said}\n"
    assert [word.speaker for word in parse_vtt(text).words] == [None, "Anna", "Anna", None]


def test_a_cue_within_another_stays_where_it_is_and_splits_it_once() -> None:
    text = (
        "1\n00:00:00,000 --> 00:00:10,000\nwe went to the store together\n\n"
        "2\n00:00:04,000 --> 00:00:05,000\nyes\n"
    )
    words = parse_srt(text).words
    assert sorted(word.text for word in words) == sorted(
        "we went to the store together yes".split()
    )
    assert max(word.span.end_s for word in words) == 10.0
    (heard,) = (word for word in words if word.text == "yes")
    assert heard.span == Span(4.0, 5.0)


def test_voices_at_once_keep_their_times() -> None:
    text = (
        "WEBVTT\n\n00:00.000 --> 00:05.000\n<v Anna>good morning everyone\n\n"
        "00:04.000 --> 00:06.000\n<v Bo>here we go\n"
    )
    words = parse_vtt(text).words
    assert max(word.span.end_s for word in words if word.speaker == "Anna") == 5.0


def test_inline_times_that_step_back_keep_the_words_in_order_and_in_their_cue() -> None:
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\none<00:01.900> two<00:01.200> three<00:09.000> four\n"
    )
    transcript = parse_vtt(text)
    assert transcript.text == "one two three four"
    assert all(1.0 <= start_s <= end_s <= 2.0 for start_s, end_s in _edges(transcript))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no timed text"),
        ("just some prose\n\nin paragraphs", "no timed text"),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n", "no timed text"),
        ("1\n00:00:03,000 --> 00:00:02,000\nhello\n", "ends before it starts"),
    ],
)
def test_malformed_srt_is_refused(text: str, found: str) -> None:
    with pytest.raises(TranscriptError, match=found):
        parse_srt(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SRT, "first line is not WEBVTT"),
        ("", "first line is not WEBVTT"),
        ("WEBVTT\n\nNOTE nothing here\n", "no timed text"),
        ("WEBVTT\n\n00:03.000 --> 00:02.000\nhello\n", "ends before it starts"),
    ],
)
def test_malformed_webvtt_is_refused(text: str, found: str) -> None:
    with pytest.raises(TranscriptError, match=found):
        parse_vtt(text)


@given(st.text(alphabet="0123456789:,.-> \n<>/cv{}[]&;#x\r♪é", max_size=200))
def test_any_text_gives_words_in_order_or_a_transcript_error(noise: str) -> None:
    for text, parse in [(SRT + noise, parse_srt), (VTT + noise, parse_vtt), (noise, parse_srt)]:
        try:
            transcript = parse(text)
        except TranscriptError:
            continue
        starts = [word.span.start_s for word in transcript.words]
        assert starts == sorted(starts)
        assert all(word.text and " " not in word.text for word in transcript.words)


@st.composite
def _cue_lists(draw: st.DrawFn) -> list[tuple[Span, list[str]]]:
    cues, reached_ms = [], 0
    for _ in range(draw(st.integers(1, 8))):
        start_ms = reached_ms + draw(st.integers(0, 4000))
        reached_ms = start_ms + draw(st.integers(0, 4000))
        words = draw(st.lists(st.from_regex(r"[a-zé]{1,9}[.,?]?", fullmatch=True), min_size=1))
        cues.append((Span(start_ms / 1000, reached_ms / 1000), words))
    return cues


@given(_cue_lists())
def test_every_word_lies_in_its_cue_and_times_never_step_back(
    cues: list[tuple[Span, list[str]]],
) -> None:
    text = "\n".join(
        f"{number}\n{_stamp(span.start_s)} --> {_stamp(span.end_s)}\n{' '.join(words)}\n"
        for number, (span, words) in enumerate(cues)
    )
    read = list(parse_srt(text).words)
    assert [word.text for word in read] == [word for _, words in cues for word in words]
    reached_s = 0.0
    for span, words in cues:
        for word in read[: len(words)]:
            assert reached_s <= word.span.start_s <= word.span.end_s <= span.end_s
            assert word.span.start_s >= span.start_s
            reached_s = word.span.end_s
        read = read[len(words) :]


def _stamp(time_s: float) -> str:
    """Write a time the slow way, through its decimal text."""
    seconds, _, milliseconds = f"{time_s:.3f}".partition(".")
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{milliseconds}"


def test_a_voice_goes_on_behind_what_another_throws_in() -> None:
    text = (
        "WEBVTT\n\n00:00.000 --> 00:06.000\n<v A>alpha beta gamma delta.\n\n"
        "00:01.000 --> 00:02.000\n<v B>Mhm.\n\n00:03.000 --> 00:09.000\n<v A>one two three four.\n"
    )
    said = [word.text for word in parse_vtt(text).words if word.speaker == "A"]
    assert said == "alpha beta gamma delta. one two three four.".split()


def test_an_answer_that_is_given_again_is_said_again() -> None:
    cues = [
        ("00:00.000 --> 00:01.000", "<v A>Is<00:00.500> it?"),
        ("00:01.000 --> 00:02.000", "<v B>Yes."),
        ("00:02.000 --> 00:03.000", "<v A>Yes."),
        ("01:00.000 --> 01:02.000", "<v A>Yes."),
    ]
    text = "WEBVTT\n\n" + "".join(f"{times}\n{line}\n\n" for times, line in cues)
    assert parse_vtt(text).text == "Is it? Yes. Yes. Yes."


def test_captions_of_three_lines_roll_too() -> None:
    lines = [f"line{number}<00:0{number}.500> goes{number}" for number in range(5)]
    bare = [line.replace(f"<00:0{number}.500>", "") for number, line in enumerate(lines)]
    text = "WEBVTT\n\n" + "".join(
        f"00:0{number}.000 --> 00:0{number + 1}.000\n"
        + "\n".join([*bare[max(0, number - 2) : number], lines[number]])
        + "\n\n"
        for number in range(5)
    )
    assert parse_vtt(text).text == " ".join(bare)


def test_cues_end_where_the_next_begins_beside_inline_times_too() -> None:
    text = (
        "WEBVTT\n\n00:00.000 --> 00:06.000\nalpha beta gamma delta.\n\n"
        "00:03.000 --> 00:09.000\none two three four.\n\n"
        "00:09.000 --> 00:11.000\nfive<00:10.000> six\n"
    )
    assert parse_vtt(text).text == "alpha beta gamma delta. one two three four. five six"


@pytest.mark.parametrize("hours", ["9" * 400, "9" * 5000])
def test_hours_without_end_are_no_times(hours: str) -> None:
    with pytest.raises(TranscriptError):
        parse_srt(f"1\n{hours}:00:01,000 --> {hours}:00:02,000\nhello\n")


def test_any_sign_may_stand_beside_inline_times() -> None:
    assert len(parse_vtt("WEBVTT\n\n00:00.000 --> 00:01.000\na\0b<00:00.500> c\n").words) == 2

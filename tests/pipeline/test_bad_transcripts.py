"""Whatever is transcribed and asked: sound clips, or an error that says what is wrong."""

import contextlib
import json
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import clipkit as ck
from clipkit.errors import OptionError, TranscriptError
from clipkit.schema import clips_to_json
from clipkit.types import events
from clipkit.types.clips import Moments
from clipkit.types.speech import Transcript, Word
from clipkit.types.time import Span
from tests.doubles import TOPICS, pipeline_of_doubles, spoken, talk

PIPELINE = pipeline_of_doubles()
PROSE = [word for topic in TOPICS.values() for word in 12 * topic.split()]
BARE = [word.strip(".") for word in PROSE]
CHINESE = "今天我们来谈谈机器学习的未来"


def _timed(texts: list[str], times: Callable[[int], tuple[float, float]]) -> Transcript:
    spans = [Span(*times(place)) for place in range(len(texts))]
    words = (Word(text, span) for text, span in zip(texts, spans, strict=True))
    return Transcript(tuple(words), "en", "test")


def _joined(*parts: Transcript) -> Transcript:
    return Transcript(tuple(word for part in parts for word in part.words), "en", "test")


def _shuffled(transcript: Transcript) -> Transcript:
    words = list(transcript.words)
    random.Random(5).shuffle(words)
    return Transcript(tuple(words), transcript.language, transcript.origin)


def _refused(constant: str) -> None:
    pytest.fail(f"{constant} in the JSON")


def _check(clips: ck.Clips, transcript: Transcript) -> None:
    """Check what holds for the clips of any transcript."""
    ends_s = max((word.span.end_s for word in transcript.words), default=0.0)
    assert bool(len(clips)) == (clips.reason is None)
    for clip in clips:
        assert clip.title.strip()
        assert len(clip.title) <= 70
        assert "\n" not in clip.title
        assert 0.0 <= clip.score <= 1.0
        assert all(0.0 <= signal.value <= 1.0 for signal in clip.signals)
        assert 0.0 <= clip.span.start_s < clip.span.end_s <= ends_s
        assert clip.words
        assert clip.reason
    assert len({clip.title.lower() for clip in clips}) == len(clips)
    in_time = sorted(clip.span for clip in clips)
    assert all(not a.overlaps(b) for a, b in pairwise(in_time))
    scores = [clip.score for clip in clips]
    assert scores == sorted(scores, reverse=True)
    text = clips_to_json(clips, ck.Query(), transcript.language)
    document = json.loads(text, parse_constant=_refused)
    assert len(document["clips"]) == len(clips)


def _asked(transcript: Transcript, asked: Any = (), **options: Any) -> ck.Clips:
    clips = ck.suggest(transcript, asked, pipeline=PIPELINE, **options)
    _check(clips, transcript)
    return clips


ODD = {
    "overlapping": _timed(PROSE, lambda place: (0.4 * place, 0.4 * place + 3.0)),
    "unsorted": _shuffled(talk()),
    "zero length": _timed(PROSE, lambda place: (0.4 * place, 0.4 * place)),
    "after a million seconds": spoken(PROSE, from_s=1e6),
    "a gap of a million seconds": _joined(spoken(PROSE), spoken(PROSE, from_s=1e6)),
    "one word over all": _joined(spoken(["So."], lasting_s=1e6), spoken(PROSE)),
    "an end far away": _joined(spoken(PROSE), spoken(["End."], from_s=250.0, lasting_s=1e9)),
    "one word": spoken(["Hello."]),
    "two words": spoken(["Hello", "there."]),
    "no words": spoken([]),
    "no punctuation": spoken(BARE),
    "no punctuation, no gaps": spoken(BARE, lasting_s=0.4),
    "nothing but punctuation": spoken(["..."] * 300),
    "emoji": spoken(["😀", "👩‍👩‍👧‍👦", "🇫🇷."] * 120),
    "right to left": spoken("שלום לכם חברים, היום נדבר. مرحبا بكم يا أصدقاء.".split() * 60),
    "Chinese": _timed([10 * CHINESE + "。"] * 60, lambda place: (4.0 * place, 4.0 * place + 4.0)),
    "Chinese cues of 3,000 letters": _timed(
        [215 * CHINESE] * 40, lambda place: (10.0 * place, 10.0 * place + 9.9)
    ),
    "mixed languages": spoken("The dog 今天 ist на שלום table.".split() * 80, language=None),
    "an unknown language": spoken(PROSE, language="xx"),
    "the same word 5,000 times": spoken(["the"] * 5000),
    "the same sentence 5,000 times": spoken(["Dog."] * 5000),
    "line feeds and controls": spoken(["a\nb", "\x1b[31m", "\0."] * 120),
    "empty words": spoken(["", "  ", "Dog."] * 120),
    "a speaker each word": Transcript(
        tuple(
            Word(word.text, word.span, None, f"S{place}")
            for place, word in enumerate(spoken(PROSE).words)
        ),
        "en",
        "test",
    ),
}


@pytest.mark.parametrize("transcript", ODD.values(), ids=ODD)
@pytest.mark.parametrize("asked", [(), TOPICS["dog"], ["dog", "机器学习", "cake 😀"]])
def test_odd_transcripts_give_sound_clips_or_a_reason(transcript: Transcript, asked: Any) -> None:
    _asked(transcript, asked)
    _asked(transcript, asked, target_duration=8.0, top=3)


@pytest.mark.parametrize(
    ("times", "count"),
    [((0.0, 0.0), 1), ((1.0, 1.0), 1), ((5.0, 5.0), 300), ((1e300, 1e300), 300)],
)
def test_words_that_take_no_time_at_all_give_a_reason(
    times: tuple[float, float], count: int
) -> None:
    clips = _asked(_timed(["Hello."] * count, lambda _: times))
    assert clips.reason


def test_where_odd_times_are_odd_is_no_matter_elsewhere() -> None:
    """The oracle is the same talk without oddities."""
    plain = _asked(talk(), TOPICS["dog"])
    assert len(plain)
    words = tuple(Word(word.text, word.span) for word in talk().words)
    late = Transcript((*words, Word("Bye.", Span(1e6, 1e6 + 1.0))), "en", "test")
    shuffled = _asked(_shuffled(talk()), TOPICS["dog"])
    assert [(clip.span, clip.title) for clip in shuffled] == [
        (clip.span, clip.title) for clip in plain
    ]
    assert _asked(late, TOPICS["dog"])[0].transcript == plain[0].transcript


@pytest.mark.parametrize(
    "transcript",
    [
        spoken(PROSE, from_s=-50.0),
        spoken(PROSE, from_s=-5000.0),
        spoken(["Dog."], from_s=-0.1, lasting_s=30.0),
    ],
    ids=["in part", "all", "one word"],
)
def test_negative_times_are_refused(transcript: Transcript) -> None:
    with pytest.raises(TranscriptError, match="time"):
        _asked(transcript)


@pytest.mark.parametrize("certainty", [float("nan"), float("inf")])
def test_a_certainty_that_is_no_number_stays_out_of_the_json(certainty: float) -> None:
    words = tuple(Word(word.text, word.span, certainty) for word in talk().words)
    transcript = Transcript(words, "en", "test")
    try:
        _check(ck.suggest(transcript, pipeline=pipeline_of_doubles()), transcript)
    except TranscriptError as error:
        assert "certain" in str(error) or "confidence" in str(error)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, "soon", None, [], 10**400])
@pytest.mark.parametrize("key", ["start", "end"])
def test_a_document_with_times_that_are_none_is_refused_or_mended(key: str, bad: Any) -> None:
    words = [
        {"word": text, "start": 0.4 * place, "end": 0.4 * place + 0.3}
        for place, text in enumerate(PROSE)
    ]
    words[7] |= {key: bad}
    is_missing = bad is None or bad != bad  # noqa: PLR0124
    segment = {"start": 0.0, "end": 0.4 * len(PROSE), "text": " ".join(PROSE), "words": words}
    try:
        clips = ck.suggest({"segments": [segment]}, pipeline=PIPELINE)
    except TranscriptError as error:
        assert "segments[0].words[7]" in str(error)
        assert not is_missing
        return
    assert is_missing, "only what an aligner left out is filled in"
    assert len(clips)


def test_a_lone_surrogate_is_text_or_a_transcript_error() -> None:
    """JSON may hold half a letter: "caf\\udce9"."""
    document = json.loads('{"segments": [{"start": 0, "end": 30, "text": "A caf\\udce9 opens."}]}')
    try:
        clips = ck.suggest(document, "caf", pipeline=PIPELINE)
        clips_to_json(clips, ck.Query(), None).encode()
    except TranscriptError:
        pass


@pytest.mark.parametrize("text", ["caf\udce9", "\udce9"])
def test_a_lone_surrogate_in_a_criterion_is_text_or_an_option_error(text: str) -> None:
    with contextlib.suppress(OptionError):
        ck.suggest(talk(), text, pipeline=PIPELINE)


def test_voices_that_overlap_more_and_more_are_split_without_end() -> None:
    """Each word ends later than the next begins, by more each time."""
    _asked(_timed(["dog"] * 3000, lambda place: (float(place), 2.0 * place + 1.0)))


CRITERIA = [
    "the of and to it is",
    "dog ???",
    "😀 cake",
    "a" * 1000,
    "dog cake " * 111,
    "der Hund und die Katze auf dem Tisch",
    "机器学习",
    "summarise the discussion about",
    "<b>[/bold]\\",
    "dog\0",
]


@pytest.mark.parametrize("asked", CRITERIA, ids=lambda text: text[:12])
@pytest.mark.parametrize("exclude", [(), "cats and dogs"])
def test_odd_criteria_give_sound_clips_or_a_reason(asked: str, exclude: Any) -> None:
    _asked(talk(), asked, exclude=exclude)


@pytest.mark.parametrize(
    ("asked", "language", "said"),
    [
        ("der Hund und die Katze auf dem Tisch", "en", "de"),
        ("机器学习", "en", "East Asian"),
        ("собака на кухне", None, "Cyrillic"),
        ("the dog on the table", "en", None),
        ("dogs", "en", None),
    ],
)
def test_criteria_in_another_language_are_noticed(
    asked: str, language: str | None, said: str | None
) -> None:
    told: list[events.Event] = []
    transcript = spoken(PROSE, language=language)
    ck.suggest(transcript, asked, pipeline=PIPELINE, on_event=told.append)
    notices = [event.message for event in told if isinstance(event, events.Notice)]
    assert len(notices) == (said is not None)
    assert all(f"reads as {said}" in notice for notice in notices)


@pytest.mark.parametrize("asked", ["???", "😀", "\0"])
def test_criteria_without_a_word_are_refused(asked: str) -> None:
    with pytest.raises(OptionError, match="neither a letter nor a digit"):
        _asked(talk(), asked)


def test_criteria_longer_than_a_thousand_letters_are_refused() -> None:
    with pytest.raises(OptionError, match="1001"):
        _asked(talk(), "a" * 1001)


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration_limits_s": (30.0, 20.0)},
        {"duration_limits_s": (float("nan"), None)},
        {"duration_limits_s": (None, 0.0)},
        {"duration_limits_s": (20.0, None), "target_duration_s": 10.0},
        {"duration_limits_s": (None, 20.0), "target_duration_s": 30.0},
        {"criteria": ("dog",), "exclude": ("dog",)},
        {"top": 0},
        {"top": 1.5},
        {"top": 1, "region": ck.Region(pinned=(Span(1.0, 2.0), Span(3.0, 4.0)))},
    ],
)
def test_options_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        ck.Query(**wrong)


@pytest.mark.parametrize("place", ["within", "pinned"])
def test_a_range_outside_the_talk_is_refused(place: str) -> None:
    span = Span(1e5, 2e5)
    region = ck.Region(within=span) if place == "within" else ck.Region(pinned=(span,))
    with pytest.raises(OptionError, match=r"the source ends at 141\.1 s"):
        _asked(spoken([*PROSE[:352], "End."]), ck.Query(region=region))


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (ck.Query(target_duration_s=5000.0), "4000"),
        (ck.Query(duration_limits_s=(5000.0, None)), "5000"),
        (ck.Query(duration_limits_s=(None, 0.01)), "between 0.0025 and 0.01 s"),
        (ck.Query(region=ck.Region(within=Span(50.0, 50.5))), "in the range that is searched"),
        (ck.Query(region=ck.Region(excluded=(Span(0.0, 1e6),))), "what is excluded leaves no run"),
    ],
)
def test_what_no_clip_can_be_gives_a_reason_that_says_so(query: ck.Query, reason: str) -> None:
    assert reason in str(_asked(talk(), query).reason)


PINS = {
    "past the end": ck.Region(pinned=(Span(100.0, 1e6),)),
    "all": ck.Region(pinned=(Span(0.0, 1e4),)),
    "two in one sentence": ck.Region(pinned=(Span(41.0, 41.5), Span(42.0, 42.5))),
    "two that touch": ck.Region(pinned=(Span(40.0, 41.0), Span(41.0, 42.0))),
    "beside what is excluded": ck.Region(pinned=(Span(41.0, 42.0),), excluded=(Span(42.0, 50.0),)),
    "at the edge of the range": ck.Region(pinned=(Span(41.0, 42.0),), within=Span(41.0, 60.0)),
    "in the middle of a sentence": ck.Region(pinned=(Span(41.0, 42.0),)),
}


@pytest.mark.parametrize("region", PINS.values(), ids=PINS)
def test_pins_keep_to_what_is_promised_or_are_refused(region: ck.Region) -> None:
    """Within the source and the range, outside of what is excluded, and no two overlap."""
    try:
        clips = _asked(talk(), ck.Query(region=region))
    except OptionError:
        return
    for pinned in region.pinned:
        assert any(clip.span.overlaps(pinned) for clip in clips)
    for clip in clips:
        assert not any(clip.span.overlaps(span) for span in region.excluded)
        if region.within is not None:
            assert clip.span.clamped(region.within) == clip.span


def test_a_very_long_transcript_is_answered() -> None:
    """200,000 words, 22 hours; no clock here, but what grows with the square would not end."""
    draw = random.Random(1)
    texts = [f"w{draw.randrange(5000)}" + "." * (place % 12 == 11) for place in range(200_000)]
    transcript = spoken(texts)
    assert len(_asked(transcript, "w17 w18 w4999")) > 0
    assert len(_asked(transcript)) > 0


@pytest.mark.parametrize("asked", [(), "w1 w2"])
def test_a_long_transcript_without_punctuation_is_answered(asked: Any) -> None:
    draw = random.Random(1)
    for lasting_s in (0.4, 0.3):
        texts = [f"w{draw.randrange(500)}" for _ in range(30_000)]
        _asked(spoken(texts, lasting_s=lasting_s), asked)


@pytest.mark.parametrize(
    "query", [ck.Query(), ck.Query(duration_limits_s=(None, 3000.0))], ids=["default", "long"]
)
def test_candidates_grow_with_the_words_and_not_with_their_square(query: ck.Query) -> None:
    """Milliseconds read as seconds divided by a thousand: all of a talk within one clip."""
    counts = []
    for size in (500, 1000, 2000):
        analysis = PIPELINE.read(
            spoken([f"w{n % 50}." for n in range(size)], every_s=0.001, lasting_s=0.001)
        )
        made, _ = PIPELINE.run((Moments,), [*analysis.artefacts.values(), query])
        counts.append(len(made[Moments]))
    growth = np.array(counts[1:]) / np.maximum(counts[:-1], 1)
    assert (growth < 2.5).all(), counts

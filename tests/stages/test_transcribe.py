"""Which engine writes down what is said, and what happens where one cannot."""

from dataclasses import dataclass

import pytest

from clipkit.errors import EngineError, UnsupportedLanguage
from clipkit.stages import transcribe
from clipkit.stages.transcribe import Transcribe
from clipkit.testing import BrokenRecogniser, ScriptedRecogniser
from clipkit.types.events import Event, Fallback, Monitor, Notice
from clipkit.types.media import Audio, MediaInfo, Source, SubtitleStream
from clipkit.types.speech import Cue, Speech, Transcript, Word
from clipkit.types.time import Span
from tests.stages.talks import info, noise

SPEECH = Speech((Span(1.0, 3.0), Span(5.0, 8.0)), 10.0)
AUDIO = Audio(noise(10.0))
ENGLISH = frozenset({"en"})


@dataclass
class _Outcome:
    transcript: Transcript
    told: list[Event]


def _done(
    *engines: ScriptedRecogniser,
    language: str | None = None,
    media: MediaInfo | None = None,
    speech: Speech = SPEECH,
    use_subtitles: bool = True,
) -> _Outcome:
    told: list[Event] = []
    media = media or info(10.0)
    stage = Transcribe(engines=engines, use_subtitles=use_subtitles)
    monitor = Monitor("Transcribe", told.append)
    return _Outcome(stage(Source(media.path, language), media, AUDIO, speech, monitor), told)


def test_the_first_engine_that_runs_is_used_and_nothing_is_told() -> None:
    done = _done(ScriptedRecogniser(name="first"), ScriptedRecogniser(name="second"))
    assert done.transcript.origin == "first"
    assert done.told == []


@dataclass(eq=False)
class _Verbatim(ScriptedRecogniser):
    """Hears words that it was given, a second each, and marks among them."""

    said: str = ""

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        words = [
            Word(text, Span(1.0 + i, 2.0 + i), 0.5) for i, text in enumerate(self.said.split())
        ]
        return Transcript(tuple(words), "en", self.name, (Cue(Span(9.5, 9.9), "[Applause]"),))


def test_sounds_that_an_engine_writes_as_words_are_marks() -> None:
    transcript = _done(_Verbatim(said="[Music] Cats (laughs) purr [loud cheering] now.")).transcript
    assert transcript.text == "Cats purr now."
    assert [word.confidence for word in transcript.words] == [0.5] * 3
    assert [(mark.text, mark.span.start_s) for mark in transcript.marks] == [
        ("[Music]", 1.0),
        ("(laughs)", 3.0),
        ("[loud cheering]", 5.0),
        ("[Applause]", 9.5),
    ]
    assert (transcript.language, transcript.origin) == ("en", "scripted")


def test_no_mark_goes_on_over_a_pause_in_the_speech() -> None:
    said = "Cats [purr softly at night]"
    assert _done(_Verbatim(said=said)).transcript.text == said  # the pause is after "softly"
    assert len(_done(_Verbatim(said="[Cats purr softly] at night")).transcript.words) == 2


def test_an_engine_that_cannot_run_is_passed_over_with_the_reason() -> None:
    done = _done(BrokenRecogniser(), ScriptedRecogniser())
    assert done.transcript.origin == "scripted"
    assert len(done.transcript.words) == 10
    assert done.told == [
        Fallback(
            "Transcribe",
            asked="broken",
            ran="scripted",
            reason="cannot run the broken recogniser: it is broken",
        )
    ]


def test_an_engine_named_alone_fails_with_its_own_error() -> None:
    with pytest.raises(EngineError, match="cannot run the broken recogniser") as caught:
        _done(BrokenRecogniser())
    assert type(caught.value) is EngineError
    assert caught.value.remedy == "Use another."


def test_an_engine_named_alone_that_lacks_the_language_says_so() -> None:
    with pytest.raises(UnsupportedLanguage, match="'fr'"):
        _done(ScriptedRecogniser(known=ENGLISH), language="fr")


def test_where_none_runs_the_error_names_all() -> None:
    with pytest.raises(EngineError, match="no engine can run") as caught:
        _done(BrokenRecogniser(name="one"), BrokenRecogniser(name="two"))
    assert "one: it is broken; two: it is broken" in caught.value.found
    assert caught.value.remedy == "Use another."


def test_the_fallback_is_not_used_for_a_language_it_lacks() -> None:
    with pytest.raises(UnsupportedLanguage) as caught:
        _done(BrokenRecogniser(), ScriptedRecogniser(known=ENGLISH), language="fr")
    assert "'fr'" in caught.value.asked
    assert "it is broken" in caught.value.found
    assert "scripted does not know the language" in caught.value.found
    assert "bring a transcript" in caught.value.remedy


def test_an_engine_that_lacks_the_language_is_passed_by_for_one_that_has_it() -> None:
    able = ScriptedRecogniser(name="able", known=frozenset({"fr"}))
    done = _done(ScriptedRecogniser(known=ENGLISH), able, language="fr")
    assert (done.transcript.origin, done.transcript.language) == ("able", "fr")


def test_where_no_engine_has_the_language_the_first_says_so() -> None:
    one, two = (ScriptedRecogniser(name=name, known=ENGLISH) for name in ("one", "two"))
    with pytest.raises(UnsupportedLanguage, match="'fr'"):
        _done(one, two, language="fr")
    assert two.warmed_up == 0


def test_without_a_language_an_engine_of_one_language_says_what_it_assumes() -> None:
    done = _done(ScriptedRecogniser(known=ENGLISH))
    (notice,) = done.told
    assert isinstance(notice, Notice)
    assert (notice.code, "'en'" in notice.message) == ("language_assumed", True)


def test_a_language_that_was_asked_for_is_no_assumption() -> None:
    assert _done(ScriptedRecogniser(known=ENGLISH), language="en").told == []


def test_without_speech_no_engine_is_asked() -> None:
    done = _done(BrokenRecogniser(), speech=Speech((), 10.0), language="en")
    assert done.transcript == Transcript((), "en", "none")
    assert done.told == []


def _with_subtitles(
    monkeypatch: pytest.MonkeyPatch, *streams: tuple[SubtitleStream, tuple[Cue, ...]]
) -> MediaInfo:
    cues = {stream.index: found for stream, found in streams}
    monkeypatch.setattr(transcribe, "read_subtitles", lambda info, stream: cues[stream.index])
    return MediaInfo(
        info(10.0).path,
        "ab" * 32,
        "mp4",
        10.0,
        0.0,
        None,
        info(10.0).audio,
        subtitles=tuple(stream for stream, _ in streams),
    )


SAID = (Cue(Span(1.0, 3.0), "Hello there."), Cue(Span(5.0, 8.0), "Good bye."))
SIGN = (Cue(Span(1.0, 2.0), "A sign."),)


def _stream(index: int, language: str | None, is_text: bool = True) -> SubtitleStream:
    return SubtitleStream(index, "mov_text", language, is_text)


def test_subtitles_of_what_is_said_spare_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    media = _with_subtitles(monkeypatch, (_stream(2, "en"), SAID))
    done = _done(BrokenRecogniser(), media=media)
    assert done.transcript.text == "Hello there. Good bye."
    assert (done.transcript.language, done.transcript.origin) == ("en", "subtitles:mov_text")
    assert [event.code for event in done.told if isinstance(event, Notice)] == ["subtitles_used"]


def test_subtitles_can_be_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    media = _with_subtitles(monkeypatch, (_stream(2, "en"), SAID))
    assert _done(ScriptedRecogniser(), media=media, use_subtitles=False).transcript.origin == (
        "scripted"
    )


def test_sparse_subtitles_are_not_used_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    media = _with_subtitles(monkeypatch, (_stream(2, "en"), SIGN))
    done = _done(ScriptedRecogniser(), media=media)
    assert done.transcript.origin == "scripted"
    (notice,) = done.told
    assert isinstance(notice, Notice)
    assert (notice.code, "20%" in notice.message) == ("subtitles_sparse", True)


@pytest.mark.parametrize(
    "streams",
    [
        [(_stream(2, "de"), SAID)],
        [(_stream(2, "en", is_text=False), SAID)],
        [(_stream(2, "en"), ())],
        [],
    ],
    ids=["of another language", "pictures", "empty", "none"],
)
def test_other_subtitles_are_passed_over(
    monkeypatch: pytest.MonkeyPatch, streams: list[tuple[SubtitleStream, tuple[Cue, ...]]]
) -> None:
    media = _with_subtitles(monkeypatch, *streams)
    assert _done(ScriptedRecogniser(), media=media, language="en").transcript.origin == "scripted"


def test_the_first_subtitles_that_fit_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    other = (Cue(Span(1.0, 8.0), "Something else."),)
    media = _with_subtitles(
        monkeypatch, (_stream(2, "de"), other), (_stream(3, "en"), SIGN), (_stream(4, None), SAID)
    )
    done = _done(ScriptedRecogniser(), media=media, language="en")
    assert done.transcript.text == "Hello there. Good bye."
    assert done.transcript.language == "en"

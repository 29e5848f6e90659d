"""What another engine made than the preferred one is used again while that one cannot run."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipkit.engines.protocols import Engine
from clipkit.errors import EngineError, UnsupportedLanguage
from clipkit.pipeline.choosing import Choosing, who_ran
from clipkit.pipeline.pipeline import KEPT, Pipeline
from clipkit.pipeline.store import Store
from clipkit.pipeline.wiring import described
from clipkit.stages.embed import EmbedPassages, EmbedSentences
from clipkit.stages.group_passages import GroupPassages
from clipkit.stages.split_sentences import SplitSentences
from clipkit.stages.transcribe import Transcribe
from clipkit.testing import BrokenRecogniser, HashEmbedder, ScriptedRecogniser
from clipkit.types.events import Event, Fallback, Monitor, Notice, Progress, StageStarted
from clipkit.types.media import Audio, AudioStream, MediaInfo, Source
from clipkit.types.report import RunReport
from clipkit.types.retrieval import PassageEmbeddings
from clipkit.types.speech import SentenceEmbeddings, Speech, Transcript, Word
from clipkit.types.time import Span

SOUND = AudioStream(0, "aac", 16000, 1, None, is_default=True)
INFO = MediaInfo(Path("talk.mp4"), "ab" * 32, "mp4", 20.0, 0.0, None, SOUND)
SPEECH = Speech((Span(1.0, 9.0), Span(10.0, 18.0)), 20.0)
AUDIO = Audio(np.zeros(320_000, np.float32))
MADE = {"Transcribe", "EmbedSentences", "EmbedPassages"}


@dataclass(eq=False)
class Moody(ScriptedRecogniser):
    """Runs or not, as it is told to, and talks meanwhile."""

    name: str = "moody"
    identity: str | None = "moody/1"
    is_able: bool = False
    tried: int = 0
    says: Sequence[Event] = field(default=())

    def warm_up(self, monitor: Monitor) -> None:
        self.tried += 1
        for event in self.says:
            monitor._tell(event)
        if not self.is_able:
            raise EngineError("cannot run", "it is in no mood")


class NoEmbedder(HashEmbedder):
    """Its weights are not on this machine."""

    identity = None

    def warm_up(self, monitor: Monitor) -> None:
        raise EngineError("cannot embed", "no weights")


def _pipeline(
    folder: Path,
    *recognisers: Any,
    embedders: tuple[Any, ...] = (HashEmbedder(),),
    kept: Sequence[type] = KEPT,
) -> Pipeline:
    stages = (
        Transcribe(engines=recognisers),
        SplitSentences(),
        GroupPassages(),
        EmbedSentences(engines=embedders),
        EmbedPassages(engines=embedders),
    )
    return Pipeline(stages, (Source, MediaInfo, Audio, Speech), Store(folder), kept)


def _ran(
    pipeline: Pipeline, language: str | None = None, speech: Speech = SPEECH
) -> tuple[set[str], dict[type, Any], RunReport]:
    told: list[Event] = []
    have = (Source(Path("talk.mp4"), language), INFO, AUDIO, speech)
    wanted = (Transcript, SentenceEmbeddings, PassageEmbeddings)
    made, report = pipeline.run(wanted, have, told.append)
    return {e.stage for e in told if isinstance(e, StageStarted)} & MADE, made, report


def _fallbacks(report: RunReport) -> list[tuple[str, str, str]]:
    return [(event.stage, event.asked, event.ran) for event in report.fallbacks]


def test_a_second_run_tells_what_the_first_did_and_loads_nothing(tmp_path: Path) -> None:
    embedders = (NoEmbedder("none yet"), HashEmbedder())
    scripted = ScriptedRecogniser()
    pipeline = _pipeline(tmp_path, BrokenRecogniser(), scripted, embedders=embedders)
    ran, made, first = _ran(pipeline)
    assert ran == MADE
    counts = [scripted.warmed_up, embedders[1].warmed_up]
    ran, again, second = _ran(pipeline)
    assert not ran
    assert again[Transcript] == made[Transcript]
    assert np.array_equal(again[PassageEmbeddings].vectors, made[PassageEmbeddings].vectors)
    assert second.fallbacks == first.fallbacks
    assert second.notices == first.notices
    assert _fallbacks(second) == [
        ("Transcribe", "broken", "scripted"),
        ("EmbedSentences", "none yet", "hash-embedder"),
    ]
    assert [scripted.warmed_up, embedders[1].warmed_up] == counts


def test_the_preferred_engine_runs_as_soon_as_it_can(tmp_path: Path) -> None:
    moody = Moody(words=("Better.",))
    pipeline = _pipeline(tmp_path, moody, ScriptedRecogniser())
    _, made, _ = _ran(pipeline)
    assert made[Transcript].origin == "scripted"
    moody.is_able = True
    ran, made, report = _ran(pipeline)
    assert ran == MADE
    assert made[Transcript].words[0].text == "Better."
    assert report.fallbacks == ()
    moody.is_able = False
    tried = moody.tried
    ran, made, report = _ran(pipeline)
    assert not ran
    assert made[Transcript].words[0].text == "Better.", "what is there needs nobody able to make it"
    assert report.fallbacks == ()
    assert moody.tried == tried


def test_an_engine_counts_alone_whoever_stands_before_it(tmp_path: Path) -> None:
    alone = _pipeline(tmp_path / "a", ScriptedRecogniser())
    behind = _pipeline(tmp_path / "a", BrokenRecogniser(), ScriptedRecogniser())
    assert _ran(alone)[2].fallbacks == ()
    ran, _, report = _ran(behind)
    assert not ran
    assert _fallbacks(report) == [("Transcribe", "broken", "scripted")]
    shutil.rmtree(tmp_path / "a")
    assert _ran(behind)[0] == MADE
    ran, _, report = _ran(alone)
    assert not ran
    assert report.fallbacks == ()


def test_what_needed_no_engine_is_used_again_whatever_the_engines(tmp_path: Path) -> None:
    silence = Speech((), 20.0)
    _, made, _ = _ran(_pipeline(tmp_path, Moody(), ScriptedRecogniser()), speech=silence)
    assert made[Transcript].origin == "none"
    others = (Moody("other", identity=None), Moody("last", identity="last"))
    ran, _, report = _ran(_pipeline(tmp_path, *others), speech=silence)
    assert "Transcribe" not in ran
    assert report.fallbacks == ()
    assert [engine.tried for engine in others] == [0, 0]


def test_an_engine_that_does_not_know_the_language_is_passed_over(tmp_path: Path) -> None:
    english = ScriptedRecogniser("english", known=frozenset({"en"}))
    pipeline = _pipeline(tmp_path, english, ScriptedRecogniser("any"))
    _, made, _ = _ran(pipeline, "es")
    assert made[Transcript].origin == "any"
    ran, _, report = _ran(pipeline, "es")
    assert not ran
    assert report.fallbacks == ()
    with pytest.raises(UnsupportedLanguage):
        _ran(_pipeline(tmp_path, english), "es")


def test_an_engine_that_changes_itself_is_not_kept(tmp_path: Path) -> None:
    says = (Fallback("Transcribe", "moody on cuda", "moody on cpu", "no driver"),)
    pipeline = _pipeline(tmp_path, Moody(is_able=True, says=says), ScriptedRecogniser())
    for _ in range(2):
        ran, _, report = _ran(pipeline)
        assert ran == MADE
        assert _fallbacks(report) == [("Transcribe", "moody on cuda", "moody on cpu")]


def test_what_is_not_kept_is_still_known_by_who_would_make_it(tmp_path: Path) -> None:
    engines = (BrokenRecogniser(), ScriptedRecogniser())
    pipeline = _pipeline(tmp_path, *engines, kept=(SentenceEmbeddings,))
    have = (Source(Path("talk.mp4")), INFO, AUDIO, SPEECH)
    reports = []
    for _ in range(2):
        told: list[Event] = []
        _, report = pipeline.run((SentenceEmbeddings,), have, told.append)
        reports.append(report.fallbacks)
    assert not [event for event in told if isinstance(event, StageStarted)]
    assert reports[0] == reports[1]
    assert len(reports[0]) == 1


def test_vectors_of_another_transcript_are_not_taken(tmp_path: Path) -> None:
    moody = Moody(words=("Better.",))
    pipeline = _pipeline(tmp_path, moody, ScriptedRecogniser())
    _ran(pipeline)
    for record in list(tmp_path.rglob("entry.json")):
        if "speech.Transcript" in record.read_text():
            shutil.rmtree(record.parent)
    moody.is_able = True
    ran, made, _ = _ran(pipeline)
    assert ran == MADE
    assert made[Transcript].words[0].text == "Better."


def test_with_one_engine_there_is_no_doubt_who_will_make_it(tmp_path: Path) -> None:
    pipeline = _pipeline(tmp_path, ScriptedRecogniser())
    _ran(pipeline)
    for record in list(tmp_path.rglob("entry.json")):
        if "speech.Transcript" in record.read_text():
            shutil.rmtree(record.parent)
    assert _ran(pipeline)[0] == {"Transcribe"}


@dataclass(frozen=True)
class Chooser:
    """A caller's stage that has engines and takes which it likes."""

    engines: tuple[Any, ...]
    falls_back: bool = False
    version: str = "1"

    def __call__(self, speech: Speech, monitor: Monitor) -> Transcript:
        if self.falls_back:
            monitor.fallback("scripted", "other", "it likes to")
        return Transcript((), None, self.engines[-1].name)


@pytest.mark.parametrize("falls_back", [False, True])
def test_a_stage_of_the_callers_is_known_by_all_its_engines(
    tmp_path: Path, falls_back: bool
) -> None:
    store, first, other = Store(tmp_path), ScriptedRecogniser(), ScriptedRecogniser("other")
    ran = []
    for engines in ((first, other), (first,), (first, other)):
        told: list[Event] = []
        stage = Chooser(engines, falls_back)
        made, _ = Pipeline((stage,), (Speech,), store).run((Transcript,), (SPEECH,), told.append)
        assert made[Transcript].origin == engines[-1].name
        ran.append(any(isinstance(event, StageStarted) for event in told))
    assert ran == [True, True, falls_back]


def test_an_engine_is_asked_once_in_a_run_and_what_it_says_is_told_once() -> None:
    says = (Progress("s", 1.0, 2.0, "bytes"), Notice("s", "weights_not_recorded", "read-only"))
    told: list[Event] = []
    broken, able = Moody("broken", says=says), Moody("able", is_able=True, says=says)
    choosing = Choosing(told.append, None)
    steps = [described(EmbedSentences(engines=())), described(Transcribe(engines=()))]
    for step in steps:
        assert choosing.passed_over(step, (broken,), "last") == (
            Fallback(step.name, "broken", "last", "cannot run: it is in no mood"),
        )
        assert choosing.passed_over(step, (broken, able), "last") is None
        assert choosing.first(step, (broken, able)) == (
            able,
            (Fallback(step.name, "broken", "able", "cannot run: it is in no mood"),),
        )
        assert choosing.first(step, (broken,)) is None
    assert (broken.tried, able.tried) == (1, 1)
    assert told == [says[1]], "what failed says it again to the stage, and nothing has started"


def _told(*names: str, ran: str) -> list[Event]:
    return [Fallback("s", name, ran, "") for name in names]


@pytest.mark.parametrize(
    ("origin", "told", "expected"),
    [
        ("a", [], ["a"]),
        ("b", [], ["b"]),
        ("b", _told("a", ran="b"), ["b"]),
        ("c", _told("a", "b", ran="c"), ["c"]),
        ("signed otherwise", [], ["a"]),
        ("subtitles:mov_text", [], []),
        ("none", [], []),
        ("c", _told("a", ran="c"), None),
        ("b", _told("a", ran="c"), None),
        ("a", _told("a on cuda", ran="a on cpu"), None),
        ("none", _told("a", ran="b"), None),
    ],
)
def test_who_ran_is_told_by_what_it_made_and_by_what_was_said(
    origin: str, told: list[Event], expected: list[str] | None
) -> None:
    engines: tuple[Engine, ...] = tuple(ScriptedRecogniser(name) for name in "abc")
    transcript = Transcript((Word("a", Span(0.0, 0.5)),), "en", origin)
    ran = who_ran(engines, transcript, told)
    assert (None if ran is None else [engine.name for engine in ran]) == expected
    assert who_ran(engines, SPEECH, []) == engines[:1]

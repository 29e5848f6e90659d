"""With a store, what was made before is not made again; what hangs on a change is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipkit.errors import EngineError, OutputError, SchemaError
from clipkit.pipeline.analysis import MANIFEST, Analysis
from clipkit.pipeline.pipeline import KEPT, Pipeline
from clipkit.pipeline.store import Store
from clipkit.pipeline.wiring import Stage, described
from clipkit.stages.detect_speech import DetectSpeech
from clipkit.stages.embed import EmbedSentences
from clipkit.stages.split_sentences import SplitSentences
from clipkit.stages.transcribe import Transcribe
from clipkit.testing import BrokenRecogniser, EnergyVad, HashEmbedder, ScriptedRecogniser
from clipkit.types.events import Event, Monitor, Notice, Restored
from clipkit.types.media import Audio, MediaInfo, Shots, Source
from clipkit.types.query import Query
from clipkit.types.speech import SentenceEmbeddings, Sentences, Speech, Transcript, Word
from clipkit.types.time import Span
from tests.doubles import SAID, pipeline_of_doubles
from tests.pipeline.toys import Both, Left, Seed, started

LISTENING = {MediaInfo, Audio, Speech, Transcript, Shots, Sentences, SentenceEmbeddings}


@dataclass(frozen=True)
class Found:
    """An answer that hangs on all that a question may ask for."""

    texts: tuple[str, ...]
    cuts_s: tuple[float, ...]
    numbers: tuple[float, ...]


def find(
    info: MediaInfo,
    sentences: Sentences,
    speech: Speech,
    shots: Shots,
    embeddings: SentenceEmbeddings,
    query: Query,
) -> Found:
    texts = tuple(s.text for s in sentences.items if not query.criteria or "dog" in s.text.lower())
    sums = (info.duration_s, speech.speech_s, float(embeddings.vectors.sum()))
    return Found(texts, shots.cuts_s, sums)


def _pipeline(store: Store | None, *changed: Stage) -> Pipeline:
    """Return what leads to an answer; no question asks for sound."""
    stages = [s for s in pipeline_of_doubles().stages if described(s).gives in LISTENING]
    pipeline = Pipeline((*stages, find), (Source, Query), store, KEPT)
    stages_of_ours: tuple[Stage, ...] = (EmbedSentences(engines=(HashEmbedder(),)), *changed)
    for stage in stages_of_ours:
        pipeline = pipeline.with_stage(stage)
    return pipeline


def _ran(pipeline: Pipeline, source: Path | Source, **more: Any) -> tuple[set[str], Analysis]:
    told: list[Event] = []
    analysis = pipeline.analyze(source, on_event=told.append, **more)
    return set(started(told)), analysis


def _same(one: Analysis, other: Analysis) -> bool:
    vectors, others = (a.get(SentenceEmbeddings).vectors for a in (one, other))
    classes = (Source, MediaInfo, Speech, Transcript, Sentences, Shots)
    return np.array_equal(vectors, others) and all(one.get(c) == other.get(c) for c in classes)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, demo: Path) -> tuple[Store, Analysis]:
    store = Store(tmp_path_factory.mktemp("full"))
    return store, _ran(_pipeline(store), demo)[1]


def test_a_second_run_reads_neither_sound_nor_pictures(
    full: tuple[Store, Analysis], demo: Path
) -> None:
    store, first = full
    told: list[Event] = []
    second = _pipeline(store).analyze(demo, on_event=told.append)
    assert started(told) == ["SplitSentences", "probe"]
    kept = {cls.__name__ for cls in set(KEPT) & LISTENING}
    assert {e.artefact for e in told if isinstance(e, Restored)} == kept
    assert _same(first, second)
    assert Audio not in second.artefacts
    assert _same(first, _ran(_pipeline(None), demo)[1]), "as without a store"
    have = [*second.artefacts.values(), Query()]
    made, _ = _pipeline(store).run((Found,), have)
    assert made[Found].texts


CHANGES: dict[str, tuple[Stage, set[str]]] = {
    "vad": (
        DetectSpeech(engines=(EnergyVad(threshold=0.02),)),
        {"decode_sound", "DetectSpeech", "Transcribe", "EmbedSentences"},
    ),
    "recogniser": (
        Transcribe(engines=(ScriptedRecogniser(words=(*SAID, "more.")),)),
        {"decode_sound", "Transcribe", "EmbedSentences"},
    ),
    "subtitles": (
        Transcribe(engines=(ScriptedRecogniser(words=SAID),), use_subtitles=False),
        {"decode_sound", "Transcribe", "EmbedSentences"},
    ),
    "sentences": (SplitSentences(pause_s=5.0), {"EmbedSentences"}),
    "embedder": (EmbedSentences(engines=(HashEmbedder(dimensions=8),)), {"EmbedSentences"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_option_makes_again_what_hangs_on_it_and_no_more(
    full: tuple[Store, Analysis], demo: Path, change: str
) -> None:
    store, _ = full
    stage, again = CHANGES[change]
    pipeline = _pipeline(store, stage)
    ran, first = _ran(pipeline, demo)
    assert ran == again | {"probe", "SplitSentences"}
    ran, second = _ran(pipeline, demo)
    assert ran == {"probe", "SplitSentences"}
    assert _same(first, second)


def test_a_moved_file_is_known_by_its_content_and_another_is_not(
    full: tuple[Store, Analysis], demo: Path, tmp_path: Path
) -> None:
    store, first = full
    (tmp_path / "moved.mp4").write_bytes(demo.read_bytes())
    (tmp_path / "other.mp4").write_bytes(demo.read_bytes() + b"\0\0\0\x08free")
    ran, second = _ran(_pipeline(store), tmp_path / "moved.mp4")
    assert ran == {"probe", "SplitSentences"}
    assert second.media == replace(first.media, path=tmp_path / "moved.mp4")
    assert "decode_sound" in _ran(_pipeline(store), tmp_path / "other.mp4")[0]
    assert "Transcribe" in _ran(_pipeline(store), Source(demo, "es"))[0]
    assert "DetectSpeech" not in _ran(_pipeline(store), Source(demo, "es"))[0]


def test_a_transcript_that_is_given_counts_by_its_content(
    full: tuple[Store, Analysis], demo: Path
) -> None:
    store, _ = full
    talks = [Transcript((Word(w, Span(1.0, 2.0)),), "en", "file") for w in ("One.", "Two.")]
    for again, talk in ((True, talks[0]), (False, talks[0]), (True, talks[1])):
        ran, analysis = _ran(_pipeline(store), demo, given=(talk,))
        assert ("EmbedSentences" in ran) is again
        assert not ran & {"Transcribe", "decode_sound"}
        assert analysis.transcript == talk


def test_what_fell_back_is_kept_as_the_work_of_what_ran(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = (BrokenRecogniser(), ScriptedRecogniser(words=SAID))
    pipeline = _pipeline(Store(tmp_path), Transcribe(engines=engines))
    _, first = _ran(pipeline, demo)
    assert [item.asked for item in first.report.fallbacks] == ["broken"]
    ran, second = _ran(pipeline, demo)
    assert ran == {"probe", "SplitSentences"}
    assert _same(first, second)
    assert second.report.fallbacks == first.report.fallbacks
    assert second.report.notices == first.report.notices
    monkeypatch.setattr(BrokenRecogniser, "warm_up", ScriptedRecogniser.warm_up)
    ran, mended = _ran(pipeline, demo)
    assert {"decode_sound", "Transcribe", "EmbedSentences"} <= ran
    assert mended.transcript.origin == "broken"
    assert mended.report.fallbacks == ()


def test_a_damaged_entry_is_made_again_and_told(demo: Path, tmp_path: Path) -> None:
    store = Store(tmp_path)
    _, first = _ran(_pipeline(store), demo)
    for path in tmp_path.rglob("artefact.json"):
        path.write_bytes(path.read_bytes()[:-1])
    ran, second = _ran(_pipeline(store), demo)
    assert {"decode_sound", "Transcribe", "DetectShots", "EmbedSentences"} <= ran
    assert {notice.code for notice in second.report.notices} == {"store_damaged"}
    assert _same(first, second)
    assert _ran(_pipeline(store), demo)[0] == {"probe", "SplitSentences"}


def test_then_and_with_stage_carry_the_store_over(tmp_path: Path) -> None:
    def keep(found: Found) -> Found:
        return found

    store = Store(tmp_path)
    pipeline = Pipeline(_pipeline(None).stages, (Source, Query), store, (Speech,))
    for other in (pipeline.then(keep), pipeline.with_stage(SplitSentences())):
        assert (other.store, other.kept) == (store, (Speech,))
    assert Pipeline.default(store=store).store is store


def _small(store: Store, calls: list[str], version: str | None = "1") -> Pipeline:
    """Return two stages that count their calls and have something to say; the last one is kept."""

    def make_left(seed: Seed, monitor: Monitor) -> Left:
        calls.append("left")
        for _ in range(2):
            monitor.notice("odd", "twice the same")
        return Left(seed.text)

    def make_both(left: Left, monitor: Monitor) -> Both:
        calls.append("both")
        monitor.notice("last", "once")
        return Both(left.text)

    for stage in (make_left, make_both):
        if version is not None:
            setattr(stage, "version", version)  # noqa: B010
    return Pipeline((make_left, make_both), (Seed,), store, (Both,))


def test_what_was_said_on_the_way_is_said_again(tmp_path: Path) -> None:
    calls: list[str] = []
    pipeline = _small(Store(tmp_path), calls)
    outcomes = []
    for _ in range(2):
        told: list[Event] = []
        made, report = pipeline.run((Both,), (Seed(),), told.append)
        outcomes.append((made[Both], report.notices, report.fallbacks))
        assert [e for e in told if isinstance(e, Notice)] == list(report.notices)
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[1][1]) == 3
    assert calls == ["left", "both"]
    assert Restored("make_both", "Both") in told
    assert Left not in made


@pytest.mark.parametrize(
    ("versions", "count"), [(("1", "1"), 2), (("1", "2"), 4), ((None, None), 4)]
)
def test_code_of_the_callers_is_kept_by_the_version_it_declares(
    tmp_path: Path, versions: Sequence[str | None], count: int
) -> None:
    calls: list[str] = []
    for version in versions:
        _small(Store(tmp_path), calls, version).run((Both,), (Seed(),))
    assert len(calls) == count


def test_a_failed_run_keeps_what_was_done(tmp_path: Path) -> None:
    calls: list[str] = []
    pipeline = _small(Store(tmp_path), calls)

    @dataclass(frozen=True)
    class Never:
        pass

    def fail(both: Both) -> Never:
        raise EngineError("cannot run", "it is broken")

    with pytest.raises(EngineError):
        pipeline.then(fail).run((Never,), (Seed(),))
    pipeline.run((Both,), (Seed(),))
    assert calls == ["left", "both"]


def test_a_saved_analysis_answers_as_the_one_it_was(
    full: tuple[Store, Analysis], demo: Path, tmp_path: Path
) -> None:
    analysis = _pipeline(None).analyze(demo)
    assert analysis.save(tmp_path / "talk") == (Audio,)
    loaded = Analysis.load(tmp_path / "talk")
    assert loaded.artefacts.keys() == analysis.artefacts.keys() - {Audio}
    assert _same(loaded, analysis)
    assert loaded.report == analysis.report
    for query in (Query(), Query(criteria=("dogs",), target_duration_s=20.0)):
        answers = [
            _pipeline(None).run((Found,), [*a.artefacts.values(), query])[0][Found]
            for a in (loaded, analysis)
        ]
        assert answers[0] == answers[1]
    full[1].save(tmp_path / "talk")  # in the place of the other
    assert Analysis.load(tmp_path / "talk").report == full[1].report
    assert [path.name for path in tmp_path.iterdir()] == ["talk"]


def test_a_folder_that_is_no_analysis_is_refused(
    full: tuple[Store, Analysis], tmp_path: Path
) -> None:
    with pytest.raises(SchemaError, match="No such file"):
        Analysis.load(tmp_path)
    full[1].save(tmp_path / "talk")
    for path in [path for path in (tmp_path / "talk").rglob("*") if path.is_file()]:
        content = path.read_bytes()
        path.write_bytes(content.replace(b"1", b"2", 1).replace(b"e", b"f", 1)[:-2])
        with pytest.raises(SchemaError, match=path.name):
            Analysis.load(tmp_path / "talk")
        path.write_bytes(content)
    assert _same(Analysis.load(tmp_path / "talk"), full[1])


def test_what_else_lies_in_a_folder_is_not_overwritten(
    full: tuple[Store, Analysis], tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(OutputError, match="something else"):
        full[1].save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        full[1].save(tmp_path / "file" / "below")


def test_what_lies_beside_an_analysis_or_only_looks_like_one_is_kept(
    full: tuple[Store, Analysis], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / MANIFEST).write_text('{"mine": 1}')
    full[1].save(tmp_path / "talk")
    (tmp_path / "talk" / "report" / "notes.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for name in ("project", "talk"):
        with pytest.raises(OutputError, match="something else"):
            full[1].save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="no name of its own"):
        full[1].save(".")
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "talk" / "report" / "notes.txt").unlink()
    full[1].save(tmp_path / "talk")
    assert _same(Analysis.load(tmp_path / "talk"), full[1])


def test_artefacts_of_the_callers_are_named_to_load_them(
    full: tuple[Store, Analysis], tmp_path: Path
) -> None:
    analysis = Analysis({Seed: Seed(), list: ["left"]}, full[1].report)
    assert analysis.save(tmp_path / "own") == (list,)
    assert (tmp_path / "own" / MANIFEST).is_file()
    with pytest.raises(SchemaError, match="also="):
        Analysis.load(tmp_path / "own")
    assert Analysis.load(tmp_path / "own", also=(Seed,)).artefacts == {Seed: Seed()}

"""What every engine keeps to, the doubles of ``clipkit.testing`` too: one suite per Protocol."""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pytest

from clipkit.engines.embedder import packaged_minilm
from clipkit.engines.protocols import (
    Embedder,
    Engine,
    Recogniser,
    RelevanceJudge,
    ShotDetector,
    TitleWriter,
    VoiceDetector,
)
from clipkit.engines.relevance_mix import RelevanceMix
from clipkit.engines.relevance_net import RelevanceNet
from clipkit.engines.scenes import SceneDetectShots
from clipkit.engines.silero import SileroVad
from clipkit.engines.sphinx import PocketSphinx
from clipkit.engines.titles import ExtractiveTitles
from clipkit.engines.whisper import Whisper
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_torch import WhisperTorch
from clipkit.errors import Cancelled, UnsupportedLanguage
from clipkit.stages.relevance_features import FEATURES
from clipkit.testing import EnergyVad, FixedShots, HashEmbedder, ScriptedRecogniser
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Picture
from clipkit.types.speech import Speech
from clipkit.types.time import Span, merged
from tests.engines.tiny_whisper import TinyWhisper
from tests.models.nets import random_evidence, random_nets, written

TEXTS = ["The dog ate the cake.", "Money is time.", "A", "We slept until noon, all of us."]
STAMP_HZ = 25.0


@dataclass(frozen=True)
class Given:
    """What the tests hand to engines."""

    audio: Audio
    """A few sentences of the bundled video."""

    speech: Speech
    pictures: tuple[Picture, ...]


@pytest.fixture(scope="module")
def given(demo_audio: Audio) -> Given:
    """Return 9 s with two sentences, and pictures that cut in the middle."""
    audio = Audio(demo_audio.cut(Span(0.0, 9.0)))
    speech = Speech((Span(0.8, 3.8), Span(4.5, 7.9)), 9.0)
    random = np.random.default_rng(0)
    scenes = [random.integers(0, 255, (18, 32, 3), dtype=np.uint8) for _ in range(2)]
    pictures = tuple(Picture(scenes[number // 40], number / STAMP_HZ) for number in range(80))
    return Given(audio, speech, pictures)


MakeEngine: TypeAlias = Callable[[TinyWhisper], Any]


def _tiny(model: TinyWhisper) -> WhisperCT2:
    return WhisperCT2(str(model.ct2), device="cpu", compute_type="float32")


VOICE: dict[str, MakeEngine] = {"silero": lambda _: SileroVad(), "energy": lambda _: EnergyVad()}
RECOGNISERS: dict[str, MakeEngine] = {
    "whisper": lambda model: Whisper(str(model.ct2), device="cpu"),
    "whisper-ct2": _tiny,
    "whisper-torch": lambda model: WhisperTorch(str(model.transformers), device="cpu"),
    "sphinx": lambda _: PocketSphinx(2),
    "scripted": lambda _: ScriptedRecogniser(known=frozenset({"en"})),
}
EMBEDDERS: dict[str, MakeEngine] = {
    "minilm": lambda _: packaged_minilm(),
    "hash": lambda _: HashEmbedder(),
}
SHOTS: dict[str, MakeEngine] = {
    "scenedetect": lambda _: SceneDetectShots(),
    "fixed": lambda _: FixedShots(cuts_s=(1.6, 99.0)),
}
TITLES: dict[str, MakeEngine] = {"extractive": lambda _: ExtractiveTitles()}
JUDGES: dict[str, MakeEngine] = {
    "net": lambda model: RelevanceNet(written(model.ct2.parent, random_nets(1))),
    "mix": lambda _: RelevanceMix(FEATURES),
}


def _voice(engine: VoiceDetector, given: Given, monitor: Monitor) -> object:
    return engine.detect(given.audio, monitor)


def _recogniser(engine: Recogniser, given: Given, monitor: Monitor) -> object:
    return engine.transcribe(given.audio, given.speech, "en", monitor)


def _embedder(engine: Embedder, given: Given, monitor: Monitor) -> object:
    return engine.embed(TEXTS, monitor).tolist()


def _shots(engine: ShotDetector, given: Given, monitor: Monitor) -> object:
    return engine.detect(iter(given.pictures), STAMP_HZ, monitor)


def _titles(engine: TitleWriter, given: Given, monitor: Monitor) -> object:
    return engine.title(TEXTS, [0.1, 0.2, 0.3, 0.4], set(), monitor)


def _judge(engine: RelevanceJudge, given: Given, monitor: Monitor) -> object:
    return engine.probabilities(random_evidence(7)).tolist()


FAMILIES: list[tuple[dict[str, MakeEngine], Callable[..., object]]] = [
    (VOICE, _voice),
    (RECOGNISERS, _recogniser),
    (EMBEDDERS, _embedder),
    (SHOTS, _shots),
    (TITLES, _titles),
    (JUDGES, _judge),
]
ALL = [
    pytest.param(make, use, id=name) for engines, use in FAMILIES for name, make in engines.items()
]
LOOPING = [parameter for parameter in ALL if parameter.id not in {*TITLES, *JUDGES}]
"""The others are done before anybody could cancel them."""


def of(engines: dict[str, MakeEngine]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("make", engines.values(), ids=engines.keys())


@pytest.mark.parametrize(("make", "use"), ALL)
class TestEngine:
    """What all engines share."""

    def test_works_without_warm_up_and_gives_the_same_each_time(
        self,
        make: MakeEngine,
        use: Callable[..., object],
        tiny_whisper: TinyWhisper,
        given: Given,
        monitor: Monitor,
    ) -> None:
        engine = make(tiny_whisper)
        assert use(engine, given, monitor) == use(engine, given, monitor)

    def test_warms_up_twice_and_works_again_after_close(
        self,
        make: MakeEngine,
        use: Callable[..., object],
        tiny_whisper: TinyWhisper,
        given: Given,
        monitor: Monitor,
    ) -> None:
        engine: Engine = make(tiny_whisper)
        engine.warm_up(monitor)
        engine.warm_up(monitor)
        before = use(engine, given, monitor)
        engine.close()
        engine.close()
        assert use(engine, given, monitor) == before

    def test_has_one_name_and_travels_while_fresh(
        self,
        make: MakeEngine,
        use: Callable[..., object],
        tiny_whisper: TinyWhisper,
        given: Given,
        monitor: Monitor,
    ) -> None:
        engine: Engine = make(tiny_whisper)
        twin: Engine = pickle.loads(pickle.dumps(engine))
        assert engine.name
        assert twin.name == engine.name
        assert use(twin, given, monitor) == use(engine, given, monitor)
        assert twin.name == engine.name


@pytest.mark.parametrize(("make", "use"), LOOPING)
def test_a_cancelled_run_ends_in_the_loop(
    make: MakeEngine,
    use: Callable[..., object],
    tiny_whisper: TinyWhisper,
    given: Given,
    cancelled: Monitor,
) -> None:
    with pytest.raises(Cancelled):
        use(make(tiny_whisper), given, cancelled)


@of(VOICE)
def test_a_voice_detector_finds_ascending_spans_in_the_sound(
    make: MakeEngine, tiny_whisper: TinyWhisper, given: Given, monitor: Monitor
) -> None:
    detector: VoiceDetector = make(tiny_whisper)
    speech = detector.detect(given.audio, monitor)
    assert speech.duration_s == given.audio.duration_s
    assert speech.spans
    assert merged(speech.spans) == speech.spans
    assert all(0.0 <= span.start_s < span.end_s <= 9.0 for span in speech.spans)
    said_s = sum(span.intersection_s(said) for span in speech.spans for said in given.speech.spans)
    assert said_s > 0.6 * given.speech.speech_s


@of(VOICE)
def test_a_voice_detector_hears_nothing_in_silence(
    make: MakeEngine, tiny_whisper: TinyWhisper, monitor: Monitor
) -> None:
    detector: VoiceDetector = make(tiny_whisper)
    for size in (0, 100, 32000):
        audio = Audio(np.zeros(size, np.float32))
        assert detector.detect(audio, monitor) == Speech((), audio.duration_s)


@of(VOICE)
def test_no_span_of_a_voice_detector_is_over_30_s(
    make: MakeEngine, tiny_whisper: TinyWhisper, demo_audio: Audio, monitor: Monitor
) -> None:
    talk = np.concatenate([demo_audio.cut(Span(1.0, 3.5))] * 16)
    hum = np.sin(np.arange(len(talk)) * 0.05, dtype=np.float32) * 0.02
    speech = make(tiny_whisper).detect(Audio(talk + hum), monitor)
    assert speech.speech_s > 30.0
    assert all(span.duration_s <= 30.0 for span in speech.spans)


@of(RECOGNISERS)
def test_a_recogniser_times_words_in_the_speech_in_order(
    make: MakeEngine, tiny_whisper: TinyWhisper, given: Given, monitor: Monitor
) -> None:
    recogniser: Recogniser = make(tiny_whisper)
    transcript = recogniser.transcribe(given.audio, given.speech, "en", monitor)
    assert transcript.words
    assert transcript.language == "en"
    assert transcript.origin == recogniser.name
    assert all(one.span.start_s <= two.span.start_s for one, two in pairwise(transcript.words))
    for word in transcript.words:
        assert word.text == word.text.strip() != ""
        assert 0.6 <= word.span.start_s <= word.span.end_s <= 8.2
        assert type(word.span.start_s) is type(word.span.end_s) is float
        assert word.confidence is None or 0.0 <= word.confidence <= 1.0


@of(RECOGNISERS)
def test_a_recogniser_says_nothing_where_nobody_speaks(
    make: MakeEngine, tiny_whisper: TinyWhisper, given: Given, monitor: Monitor
) -> None:
    recogniser: Recogniser = make(tiny_whisper)
    assert recogniser.transcribe(given.audio, Speech((), 9.0), "en", monitor).words == ()


@of(RECOGNISERS)
def test_a_recogniser_refuses_a_language_it_lacks(
    make: MakeEngine, tiny_whisper: TinyWhisper, given: Given, monitor: Monitor
) -> None:
    recogniser: Recogniser = make(tiny_whisper)
    recogniser.warm_up(monitor)
    assert recogniser.languages is not None
    assert "en" in recogniser.languages
    with pytest.raises(UnsupportedLanguage, match="xx"):
        recogniser.transcribe(given.audio, given.speech, "xx", monitor)


@of(EMBEDDERS)
def test_an_embedder_gives_a_unit_row_for_each_text(
    make: MakeEngine, tiny_whisper: TinyWhisper, monitor: Monitor
) -> None:
    embedder: Embedder = make(tiny_whisper)
    rows = embedder.embed(TEXTS, monitor)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), np.ones(len(TEXTS)), atol=1e-5)
    empty = embedder.embed([], monitor)
    assert empty.shape == (0, rows.shape[1])
    assert empty.dtype == np.float32


@of(EMBEDDERS)
def test_an_embedder_keeps_order_and_puts_shared_meaning_close(
    make: MakeEngine, tiny_whisper: TinyWhisper, monitor: Monitor
) -> None:
    embedder: Embedder = make(tiny_whisper)
    rows = embedder.embed(TEXTS, monitor)
    np.testing.assert_allclose(embedder.embed(TEXTS[::-1], monitor)[::-1], rows, atol=1e-5)
    (close,) = embedder.embed(["The dog ate it."], monitor)
    assert int(np.argmax(rows @ close)) == 0


@of(SHOTS)
def test_a_shot_detector_gives_ascending_cuts_among_the_pictures(
    make: MakeEngine, tiny_whisper: TinyWhisper, given: Given, monitor: Monitor
) -> None:
    detector: ShotDetector = make(tiny_whisper)
    shots = detector.detect(iter(given.pictures), STAMP_HZ, monitor)
    assert shots.cuts_s == pytest.approx((1.6,), abs=1 / STAMP_HZ)
    assert shots.duration_s == pytest.approx(80 / STAMP_HZ)


@of(SHOTS)
def test_a_shot_detector_without_pictures_finds_none(
    make: MakeEngine, tiny_whisper: TinyWhisper, monitor: Monitor
) -> None:
    nothing: Iterator[Picture] = iter(())
    shots = make(tiny_whisper).detect(nothing, STAMP_HZ, monitor)
    assert (shots.cuts_s, shots.duration_s) == ((), 0.0)


@of(TITLES)
def test_a_title_writer_gives_one_new_short_line(
    make: MakeEngine, tiny_whisper: TinyWhisper, monitor: Monitor
) -> None:
    writer: TitleWriter = make(tiny_whisper)
    taken: set[str] = set()
    for _ in range(6):
        title = writer.title(TEXTS, [0.1, 0.2, 0.3, 0.4], taken, monitor)
        assert title == title.strip() != ""
        assert "\n" not in title
        assert len(title) <= 70
        assert title not in taken
        taken.add(title)
    assert writer.title([], [], set(), monitor)


@of(JUDGES)
@pytest.mark.parametrize("passages", [1, 2, 5, 60])
def test_a_judge_gives_each_passage_a_probability(
    make: MakeEngine, tiny_whisper: TinyWhisper, monitor: Monitor, passages: int
) -> None:
    judge: RelevanceJudge = make(tiny_whisper)
    judge.warm_up(monitor)
    found = judge.probabilities(random_evidence(passages))
    assert found.shape == (passages,)
    assert found.dtype == np.float64
    assert ((found >= 0.0) & (found <= 1.0)).all()


@of(JUDGES)
def test_a_judge_remembers_no_question_and_changes_no_evidence(
    make: MakeEngine, tiny_whisper: TinyWhisper, monitor: Monitor
) -> None:
    judge: RelevanceJudge = make(tiny_whisper)
    judge.warm_up(monitor)
    evidence = random_evidence(9, seed=1)
    before = judge.probabilities(evidence)
    judge.probabilities(random_evidence(20, seed=2))
    np.testing.assert_array_equal(judge.probabilities(evidence), before)
    fresh = random_evidence(9, seed=1)
    for part in ("features", "text", "topic", "passages", "surroundings"):
        np.testing.assert_array_equal(getattr(evidence, part), getattr(fresh, part))


@of(JUDGES)
def test_a_judge_suits_what_it_was_made_for(
    make: MakeEngine, tiny_whisper: TinyWhisper, monitor: Monitor
) -> None:
    judge: RelevanceJudge = make(tiny_whisper)
    judge.warm_up(monitor)
    assert judge.suits("sentence-transformers/all-MiniLM-L6-v2", FEATURES) is None
    reason = judge.suits("hash-embedder", FEATURES)
    assert reason is None or "hash-embedder" in reason

"""Sound window by window, and what it says about criteria."""

import numpy as np
import pytest

from clipkit.errors import EngineError, OptionError
from clipkit.stages.embed_sound import EmbedSound, MatchSound
from clipkit.types.events import Event, Fallback, Monitor
from clipkit.types.matching import SoundEmbeddings
from clipkit.types.media import Audio
from clipkit.types.query import Query
from clipkit.types.time import Span
from tests.stages.matchers import Listener, directions
from tests.stages.talks import MONITOR


def _sound(duration_s: float) -> Audio:
    return Audio(np.linspace(0, 1, round(duration_s * 16000), dtype=np.float32))


@pytest.mark.parametrize(
    ("duration_s", "windows"),
    [(0.25, 1), (4.9, 1), (5.0, 1), (5.1, 2), (9.9, 2), (10.0, 2), (12.5, 3), (61.0, 13)],
)
def test_windows_of_one_length_cover_the_sound(duration_s: float, windows: int) -> None:
    audio = _sound(duration_s)
    found = EmbedSound(engines=(Listener(),))(audio, MONITOR)
    assert len(found.spans) == len(found.vectors) == windows
    assert (found.spans[0].start_s, found.spans[-1].end_s) == (0.0, audio.duration_s)
    ends = [span.end_s for span in found.spans[:-1]]
    assert ends == [span.start_s for span in found.spans[1:]]
    lengths = [span.duration_s for span in found.spans]
    np.testing.assert_allclose(lengths, lengths[0], atol=1e-9)
    assert lengths[0] <= 5.0 + 1e-9


def test_each_window_has_its_row_in_order() -> None:
    listener = Listener()
    found = EmbedSound(engines=(listener,), window_s=2.0)(_sound(6.0), MONITOR)
    assert listener.heard == [Span(0.0, 2.0), Span(2.0, 4.0), Span(4.0, 6.0)]
    angles = np.arctan2(found.vectors[:, 1], found.vectors[:, 0])
    np.testing.assert_allclose(angles, [1 / 6, 3 / 6, 5 / 6], atol=1e-3)
    assert found.model == "listener"


def test_a_source_without_sound_asks_no_engine() -> None:
    listener = Listener()
    found = EmbedSound(engines=(listener,))(_sound(0.0), MONITOR)
    assert (len(found.vectors), found.spans, listener.warmed_up) == (0, (), 0)
    matches = MatchSound(engines=())(Query(criteria=("a",)), found, MONITOR)
    assert matches.similarities.shape == (1, 0)


def test_an_engine_that_cannot_run_is_passed_over_and_told() -> None:
    told: list[Event] = []
    engines = (Listener(name="broken", is_broken=True), Listener())
    found = EmbedSound(engines=engines)(_sound(3.0), Monitor("hear", told.append))
    assert found.model == "listener"
    assert told == [Fallback("hear", "broken", "listener", "cannot match: it is broken")]


@pytest.mark.parametrize("window_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_window_that_is_none_is_refused(window_s: float) -> None:
    with pytest.raises(OptionError, match="window_s"):
        EmbedSound(engines=(), window_s=window_s)


def _embeddings(model: str = "listener") -> SoundEmbeddings:
    spans = Span(0.0, 5.0), Span(5.0, 10.0)
    return SoundEmbeddings(directions([0.1, 0.3]), spans, model)


def test_each_criterion_has_a_row_of_cosines() -> None:
    query = Query(criteria=("abc", "abcde", "a"))
    engines = (Listener(name="other"), Listener())
    found = MatchSound(engines=engines)(query, _embeddings(), MONITOR)
    expected = np.cos([[0.2, 0.0], [0.4, 0.2], [0.0, 0.2]])
    np.testing.assert_allclose(found.similarities, expected, atol=1e-6)
    assert (found.model, found.spans) == ("listener", _embeddings().spans)


def test_no_criteria_ask_no_engine() -> None:
    listener = Listener()
    found = MatchSound(engines=(listener,))(Query(), _embeddings(), MONITOR)
    assert found.similarities.shape == (0, 2)
    assert listener.warmed_up == 0


def test_sound_of_a_model_that_is_gone_is_refused() -> None:
    with pytest.raises(EngineError, match="gone"):
        MatchSound(engines=(Listener(),))(Query(criteria=("a",)), _embeddings("gone"), MONITOR)

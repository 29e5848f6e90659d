"""How it is said and what the listeners do, worked out by hand."""

import numpy as np
import pytest

from clipkit.stages import signals
from clipkit.types.delivery import Delivery, Reaction
from tests.stages.talks import moments_of, outline_of, random_outline, sigmoid, spoken

NAN = float("nan")


def _said(reactions: tuple[int, ...] = (), **tracks: list[float]) -> Delivery:
    """Return a delivery with some tracks known."""
    count = len(next(iter(tracks.values()))) if tracks else len(reactions)
    known = {name: np.array(values, np.float32) for name, values in tracks.items()}
    nothing = np.full(count, np.nan, np.float32)
    names = ("loudness_lufs", "loudness_range_lu", "pitch_st", "pitch_range_st")
    marks = np.array(reactions or (0,) * count, np.uint8)
    loud, moves, pitch, swings = (known.get(name, nothing) for name in names)
    return Delivery(True, loud, moves, pitch, swings, nothing, nothing, marks)


def _one_each(count: int) -> signals.Runs:
    outline = random_outline(np.random.default_rng(0), count)
    return signals.Runs(
        moments_of(*((n, n + 1, 10.0 * n, 10.0 * n + 9.0) for n in range(count))), outline
    )


@pytest.mark.parametrize(
    "track", ["loudness_lufs", "loudness_range_lu", "pitch_st", "pitch_range_st"]
)
def test_each_track_counts_a_quarter_of_its_deviation(track: str) -> None:
    """Of two known values one is a deviation above the mean and one below; unknown is usual."""
    values = signals.delivery(_one_each(3), _said((0, 0, 0), **{track: [-30.0, NAN, -10.0]}))
    expected = [sigmoid(-0.5), 0.5, sigmoid(0.5)]
    assert values.tolist() == pytest.approx(expected, abs=1e-5)


def test_all_tracks_together_count_as_their_mean() -> None:
    tracks = {
        "loudness_lufs": [-30.0, -10.0],
        "loudness_range_lu": [3.0, 9.0],
        "pitch_st": [1.0, -1.0],
        "pitch_range_st": [2.0, 2.0],
    }
    values = signals.delivery(_one_each(2), _said((0, 0), **tracks))
    assert values.tolist() == pytest.approx([sigmoid(-0.5), sigmoid(0.5)], abs=1e-4)


@pytest.mark.parametrize("known", [[NAN] * 4, [-20.0] * 4, [-20.0, NAN, -20.0, NAN]])
def test_what_is_even_or_unknown_tells_nothing(known: list[float]) -> None:
    values = signals.delivery(_one_each(4), _said(loudness_lufs=known))
    assert values.tolist() == [0.5] * 4


def test_long_sentences_count_more_than_short_ones() -> None:
    outline = outline_of(spoken("one two three four five six seven.", "a.", "b c d."))
    runs = signals.Runs(moments_of((0, 2, 1.0, 5.0)), outline)
    (value,) = signals.delivery(runs, _said(loudness_lufs=[-10.0, -30.0, -20.0]))
    deviation = np.sqrt(1.5) / 4.0
    assert value == pytest.approx(sigmoid(2.0 * (7.0 * deviation - deviation) / 8.0), abs=1e-5)


def test_reactions_add_up_and_music_is_none() -> None:
    laughs, claps, cheers, music = Reaction
    marks = (0, laughs, claps | music, cheers | laughs, music)
    said = _said(tuple(int(mark) for mark in marks))
    outline = random_outline(np.random.default_rng(0), 5)
    moments = moments_of(
        (0, 1, 0.0, 9.0), (0, 2, 0.0, 19.0), (0, 4, 0.0, 39.0), (1, 3, 10.0, 29.0), (4, 5, 40, 49)
    )
    values = signals.reactions(signals.Runs(moments, outline), said)
    assert values.tolist() == pytest.approx([0.0, 0.6, 0.936, 0.84, 0.0])
    assert signals.has_reactions(said)


def test_a_source_without_marks_has_no_reactions() -> None:
    assert not signals.has_reactions(_said((0, 0)))
    assert not signals.has_reactions(_said((int(Reaction.MUSIC), 0)))
    assert not signals.has_reactions(_said(()))
    assert signals.has_reactions(_said((0, int(Reaction.CHEERING))))

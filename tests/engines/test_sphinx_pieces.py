"""Pieces of sound, and the pace of speech."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.sphinx_pieces import Heard, Piece, articulate, pieces_of, sample_of
from clipkit.types.media import Audio
from clipkit.types.speech import Speech
from clipkit.types.time import Span


def piece_of(start_s: float, duration_s: float, samples: npt.NDArray[np.float32]) -> Piece:
    audio = Audio(samples)
    return Piece(start_s, duration_s, audio, Span(0.0, audio.duration_s))


def test_pieces_fill_the_sixteen_bits_whatever_their_loudness() -> None:
    wave = np.sin(np.arange(1600) / 9.0).astype(np.float32)
    full = np.frombuffer(piece_of(0.0, 0.1, wave).pcm(), "<i2")
    assert abs(full).max() == pytest.approx(30000, rel=0.01)
    for turned in (wave * 1e-3, wave * 5.0, wave * 0.1 - 0.5):
        samples = np.frombuffer(piece_of(0.0, 0.1, turned.astype(np.float32)).pcm(), "<i2")
        np.testing.assert_allclose(samples, full, atol=2)
    assert not np.frombuffer(piece_of(0.0, 0.1, np.full(9, 0.2, np.float32)).pcm(), "<i2").any()
    faint = np.frombuffer(piece_of(0.0, 0.1, wave * 1e-9).pcm(), "<i2")
    assert abs(faint).max() <= 1, "what 16-bit files hold as silence stays silent"


def heard_word(start_s: float, end_s: float, sounds: int = 3) -> Heard:
    return Heard("word", Span(start_s, end_s), 0.5, sounds)


class TestArticulate:
    """Pieces of 10 s from second 5 on."""

    piece = piece_of(5.0, 10.0, np.zeros(0, np.float32))

    def kept(self, found: list[Heard]) -> list[Heard]:
        return articulate(found, self.piece)

    def test_words_at_the_pace_of_speech_stay(self) -> None:
        found = [heard_word(5.0 + 0.5 * n, 5.3 + 0.5 * n) for n in range(20)]  # 6 sounds a second
        assert self.kept(found) == found

    def test_a_slower_piece_has_none(self) -> None:
        assert self.kept([heard_word(5.0 + n, 5.8 + n) for n in range(10)]) == []

    def test_a_word_held_for_long_is_none_and_does_not_slow_the_rest(self) -> None:
        held = heard_word(5.0, 11.0)
        found = [heard_word(11.0 + 0.5 * n, 11.3 + 0.5 * n) for n in range(8)]
        assert self.kept([held, *found]) == found

    @pytest.mark.parametrize("start_s", [5.0, 9.0, 11.0])
    def test_long_gaps_do_not_count(self, start_s: float) -> None:
        found = [heard_word(start_s + 0.5 * n, start_s + 0.5 * n + 0.4) for n in range(8)]
        assert self.kept(found) == found

    def test_less_than_a_second_is_not_judged(self) -> None:
        found = [heard_word(7.2, 7.9, sounds=2)]
        assert self.kept(found) == []
        assert articulate(found, piece_of(7.1, 0.9, np.zeros(0, np.float32))) == found

    def test_nothing_heard_is_nothing_said(self) -> None:
        assert self.kept([]) == []


def test_three_quarters_of_a_minute_from_all_over_is_listened_to_first() -> None:
    def pieces(count: int, duration_s: float) -> list[Piece]:
        nothing = np.zeros(0, np.float32)
        return [piece_of(n * duration_s, duration_s, nothing) for n in range(count)]

    assert sample_of(pieces(1, 2.9)) == []
    assert sample_of([]) == []
    few = pieces(3, 14.0)
    assert sample_of(few) == few
    many = pieces(700, 10.0)
    chosen = [many.index(piece) for piece in sample_of(many)]
    assert chosen == [0, 140, 280, 420, 560]


@st.composite
def speeches(draw: st.DrawFn) -> Speech:
    """Ascending spans of up to 29 s, whose times fall on samples."""
    time = draw(st.integers(0, 3000))
    spans = []
    for pause, size in draw(
        st.lists(st.tuples(st.integers(1, 300), st.integers(5, 2900)), min_size=1, max_size=12)
    ):
        spans.append(Span((time + pause) / 100, (time + pause + size) / 100))
        time += pause + size
    return Speech(tuple(spans), time / 100 + draw(st.integers(0, 300)) / 100)


@given(speeches())
def test_pieces_cover_all_speech_once(speech: Speech) -> None:
    # Each sample is its own number, so that a piece shows where it was cut from.
    audio = Audio(np.arange(round(speech.duration_s * 100), dtype=np.float32), 100)
    pieces = list(pieces_of(audio, speech))
    taken = [int(sample) for piece in pieces for sample in piece.samples]
    assert taken == sorted(set(taken)), "no sample twice, all in order"
    for piece in pieces:
        assert piece.samples[0] == round(piece.start_s * 100)
    said = {
        sample
        for span in speech.spans
        for sample in range(round(span.start_s * 100) + 1, round(span.end_s * 100) - 1)
    }
    assert said <= set(taken)
    longest = max(span.duration_s for span in speech.spans)
    assert all(len(piece.samples) / 100 <= max(15.0, longest) + 1.0 for piece in pieces)

"""Loudness, pitch and rate are what was put into the sound; marks say what listeners did."""

import warnings
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipkit.stages.measure_delivery import MeasureDelivery
from clipkit.stages.sound_frames import Frames, k_weighting, lufs, power_spectra
from clipkit.stages.sound_pitch import pitch_of
from clipkit.types.delivery import SILENCE_LUFS, Delivery, Reaction
from clipkit.types.media import Audio
from clipkit.types.speech import Sentence, Sentences, Transcript, Word
from clipkit.types.time import Span
from tests.stages.talks import SILENCE, noise

Samples = npt.NDArray[np.float32]

_RATE_HZ = 16000


def _tone(pitch_hz: float, length_s: float, peak: float = 0.1) -> Samples:
    time_s = np.arange(round(length_s * _RATE_HZ)) / _RATE_HZ
    return (peak * np.sin(2.0 * np.pi * pitch_hz * time_s)).astype(np.float32)


def _voice(pitch_hz: npt.NDArray[np.float64], peak: float = 0.1) -> Samples:
    """Return the first ten harmonics over a pitch that may move."""
    numbers = np.arange(1, 11)[:, None]
    phase = 2.0 * np.pi * np.cumsum(pitch_hz) / _RATE_HZ
    sound: Samples = (peak / numbers * np.sin(numbers * phase)).sum(axis=0).astype(np.float32)
    return sound


def _glide(low_hz: float, octaves: float, length_s: float) -> npt.NDArray[np.float64]:
    octave = np.linspace(0.0, octaves, round(length_s * _RATE_HZ))
    return np.asarray(low_hz * 2.0**octave, np.float64)


def _sentence(
    text: str, start_s: float, end_s: float, speaker: str | None = None, pause_s: float = 0.5
) -> Sentence:
    texts = text.split()
    edges = np.linspace(start_s, end_s, len(texts) + 1).tolist()
    words = tuple(
        Word(word, Span(edges[number], edges[number + 1]), speaker=speaker)
        for number, word in enumerate(texts)
    )
    return Sentence(words, pause_s, 0.5)


def _delivery(audio: Audio, sentences: Sentences) -> Delivery:
    """Measure sentences among whose words marks may be left."""
    words = tuple(word for item in sentences.items for word in item.words)
    return MeasureDelivery()(audio, sentences, Transcript(words, "en", "test"))


def _each(*parts: Samples) -> tuple[Audio, Sentences]:
    """Lay sounds one after the other, each under a sentence that leaves .1 s at both its ends."""
    edges = np.cumsum([0, *map(len, parts)]) / _RATE_HZ
    items = [
        _sentence("so it is", start_s + 0.1, stop_s - 0.1)
        for start_s, stop_s in pairwise(edges.tolist())
    ]
    return Audio(np.concatenate(parts)), Sentences(tuple(items))


def _measured(*parts: Samples) -> Delivery:
    return _delivery(*_each(*parts))


def test_a_sine_of_997_hz_is_as_loud_as_the_standard_says() -> None:
    # -20 dB of full scale, and 3.01 dB less since a sine's power is half its peak's.
    assert _measured(_tone(997.0, 3.0)).loudness_lufs[0] == pytest.approx(-23.01, abs=0.01)


@pytest.mark.parametrize("pitch_hz", [100.0, 300.0, 1000.0, 2500.0, 5000.0])
def test_loudness_agrees_with_torchaudio(pitch_hz: float) -> None:
    import torch
    from torchaudio.functional import loudness

    sound = _tone(pitch_hz, 4.0)
    theirs = float(loudness(torch.from_numpy(sound)[None], _RATE_HZ))
    assert _measured(sound).loudness_lufs[0] == pytest.approx(theirs, abs=0.15)


def test_rumble_counts_little() -> None:
    delivery = _measured(_tone(25.0, 2.0), _tone(500.0, 2.0))
    assert delivery.loudness_lufs[0] < delivery.loudness_lufs[1] - 8.0


@given(gain=st.sampled_from([0.125, 0.5, 2.0, 4.0]), seed=st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_a_gain_moves_loudness_by_its_decibels_and_nothing_else(gain: float, seed: int) -> None:
    audio, sentences = _each(noise(1.0, seed), _voice(_glide(120.0, 0.7, 1.0)), noise(0.7, seed))
    before = _delivery(audio, sentences)
    after = _delivery(Audio(audio.samples * np.float32(gain)), sentences)
    np.testing.assert_allclose(
        after.loudness_lufs - before.loudness_lufs, 20.0 * np.log10(gain), atol=1e-4
    )
    np.testing.assert_allclose(after.loudness_range_lu, before.loudness_range_lu, atol=1e-4)
    np.testing.assert_array_equal(after.pitch_st, before.pitch_st)


def test_a_pause_within_a_sentence_does_not_make_it_quieter() -> None:
    voice, pause = _tone(300.0, 1.0), np.zeros(2 * _RATE_HZ, np.float32)
    sound = np.concatenate([voice, pause, voice])
    steady, broken = _measured(voice, sound).loudness_lufs
    assert broken == pytest.approx(steady, abs=0.1)


def test_movement_of_loudness_is_that_of_the_sound() -> None:
    swell = _tone(300.0, 4.0) * (10.0 ** np.linspace(-1.0, 0.0, 4 * _RATE_HZ)).astype(np.float32)
    steady, swelling = _measured(_tone(300.0, 4.0), swell).loudness_range_lu
    assert steady == pytest.approx(0.0, abs=0.05)
    # 20 dB over 4 s, of which .1 s at each end and 80 % of the 400 ms windows count.
    assert swelling == pytest.approx(0.8 * 20.0 * (4.0 - 0.2 - 0.4) / 4.0, abs=0.3)


def _pitch(sound: Samples) -> npt.NDArray[np.float32]:
    frames = Frames(_RATE_HZ)
    return np.concatenate([pitch_of(power, frames) for power in power_spectra(Audio(sound))])


@pytest.mark.parametrize("pitch_hz", [80.0, 110.0, 220.0, 311.1, 450.0])
@pytest.mark.parametrize("peak", [0.5, 0.001])
def test_a_tone_has_its_pitch(pitch_hz: float, peak: float) -> None:
    for sound in (_tone(pitch_hz, 1.0, peak), _voice(np.full(_RATE_HZ, pitch_hz), peak)):
        np.testing.assert_allclose(_pitch(sound)[3:-3], pitch_hz, rtol=0.005)


def test_a_voice_without_its_first_harmonic_has_its_pitch() -> None:
    sound = _tone(300.0, 1.0) + _tone(450.0, 1.0) + _tone(600.0, 1.0)
    np.testing.assert_allclose(_pitch(sound)[3:-3], 150.0, rtol=0.005)


def test_an_octave_is_twelve_semitones() -> None:
    track = _pitch(_voice(_glide(110.0, 1.0, 4.0)))
    middle_s = (np.arange(len(track)) + 0.5) * 0.02
    heights = 12.0 * np.log2(track[3:-3] / 110.0)
    np.testing.assert_allclose(heights, 3.0 * middle_s[3:-3], atol=0.1)


@pytest.mark.parametrize("sound", [noise(10.0), np.zeros(_RATE_HZ, np.float32)])
def test_what_is_no_voice_has_no_pitch(sound: Samples) -> None:
    assert np.isnan(_pitch(sound)).all()


def test_pitch_is_told_from_the_median_and_its_movement_from_the_tenths() -> None:
    low, high = np.full(32000, 110.0), np.full(32000, 220.0)
    glide = _glide(110.0, 1.0, 2.0)
    delivery = _measured(_voice(low), _voice(low), _voice(high), _voice(glide), noise(2.0))
    # The median of 0, 0, 12 and 6 semitones is 3.
    np.testing.assert_allclose(delivery.pitch_st[:4], [-3.0, -3.0, 9.0, 3.0], atol=0.1)
    np.testing.assert_allclose(delivery.pitch_range_st[:3], 0.0, atol=0.05)
    assert delivery.pitch_range_st[3] == pytest.approx(0.8 * 12.0 * 1.8 / 2.0, abs=0.2)
    assert np.isnan(delivery.pitch_st[4])
    assert np.isnan(delivery.pitch_range_st[4])


def test_a_speaker_is_compared_with_their_own_pitch() -> None:
    pitches_hz = [100.0, 100.0, 112.246, 200.0, 200.0, 178.18]
    audio, unnamed = _each(*[_voice(np.full(_RATE_HZ, pitch_hz)) for pitch_hz in pitches_hz])
    items = tuple(
        _sentence(item.text, item.span.start_s, item.span.end_s, "AAABBB"[number])
        for number, item in enumerate(unnamed.items)
    )
    pitch = _delivery(audio, Sentences(items)).pitch_st
    np.testing.assert_allclose(pitch, [0.0, 0.0, 2.0, 0.0, 0.0, -2.0], atol=0.1)


@given(st.integers(1, 400), st.integers(0, 50000), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_chunks_do_not_show(frames_at_once: int, length: int, seed: int) -> None:
    sound = np.concatenate([noise(0.7, seed), _voice(_glide(90.0, 2.0, 1.9)), noise(0.6, seed)])
    audio = Audio(sound[:length])
    whole = [*power_spectra(audio, 10**6), np.zeros((0, 513), np.float32)]
    parts = [*power_spectra(audio, frames_at_once), np.zeros((0, 513), np.float32)]
    np.testing.assert_array_equal(np.concatenate(parts), np.concatenate(whole))
    assert len(np.concatenate(parts)) == -(-length // 320)
    pitches = [pitch_of(power, Frames(_RATE_HZ)) for power in parts]
    np.testing.assert_array_equal(
        np.concatenate(pitches), pitch_of(np.concatenate(whole), Frames(_RATE_HZ))
    )


@pytest.mark.parametrize("sound", [noise(20.0), np.tile([0.1, -0.1], 8000).astype(np.float32)])
def test_spectra_hold_the_power_of_the_sound(sound: Samples) -> None:
    frames = Frames(_RATE_HZ)
    shares = frames.bin_shares
    mean = np.concatenate([(power * shares).sum(axis=1) for power in power_spectra(Audio(sound))])
    assert mean[1:-1].mean() == pytest.approx(float(np.square(sound).mean()), rel=0.01)


def test_an_offset_of_the_recording_changes_nothing() -> None:
    voice = _voice(_glide(120.0, 0.7, 1.0))
    plain, offset = _measured(voice), _measured(voice + np.float32(0.2))
    np.testing.assert_allclose(offset.loudness_lufs, plain.loudness_lufs, atol=1e-3)
    np.testing.assert_allclose(offset.pitch_range_st, plain.pitch_range_st, atol=1e-2)


def test_silence_is_at_the_floor() -> None:
    assert _measured(np.zeros(_RATE_HZ, np.float32)).loudness_lufs[0] == SILENCE_LUFS
    assert lufs(np.zeros(2)).tolist() == [SILENCE_LUFS, SILENCE_LUFS]
    assert k_weighting(Frames(_RATE_HZ))[0] == 0.0


def test_without_sound_the_transcript_still_tells_rate_pause_and_reactions() -> None:
    items = (_sentence("We laugh. [Laughter]", 0.0, 2.0), _sentence("Twice as much.", 3.0, 4.0))
    delivery = _delivery(SILENCE, Sentences(items))
    assert not delivery.has_sound
    for values in (
        delivery.loudness_lufs,
        delivery.loudness_range_lu,
        delivery.pitch_st,
        delivery.pitch_range_st,
    ):
        assert values.shape == (2,)
        assert np.isnan(values).all()
    # 7 letters in 2 s and 11 in 1 s around a median of 7.25.
    np.testing.assert_allclose(delivery.rate, [3.5 / 7.25, 11.0 / 7.25], rtol=1e-6)
    np.testing.assert_allclose(delivery.pause_before_s, 0.5)
    assert delivery.reactions.tolist() == [Reaction.LAUGHTER, 0]


def test_without_sentences_there_is_nothing() -> None:
    delivery = _delivery(Audio(noise(1.0)), Sentences(()))
    assert delivery.has_sound
    assert delivery.loudness_lufs.shape == delivery.reactions.shape == delivery.rate.shape == (0,)


def test_a_sentence_after_the_sound_s_end_is_not_measured() -> None:
    items = (_sentence("Here", 0.0, 0.9), _sentence("Half", 0.9, 1.4), _sentence("Gone", 1.5, 2.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loudness = _delivery(Audio(noise(1.0)), Sentences(items)).loudness_lufs
    assert np.isfinite(loudness[:2]).all()
    assert np.isnan(loudness[2])


def test_a_word_without_length_is_measured() -> None:
    delivery = _delivery(Audio(noise(1.0)), Sentences((_sentence("Yes.", 0.5, 0.5),)))
    assert np.isfinite(delivery.loudness_lufs).all()
    assert delivery.rate[0] == 1.0


def _told(*texts: str, gap_s: float = 1.0) -> list[Reaction]:
    items = tuple(
        _sentence(text, number * (1.0 + gap_s), number * (1.0 + gap_s) + 1.0)
        for number, text in enumerate(texts)
    )
    found = _delivery(SILENCE, Sentences(items)).reactions
    return [Reaction(int(value)) for value in found]


@pytest.mark.parametrize(
    ("mark", "reaction"),
    [
        ("[laughter]", Reaction.LAUGHTER),
        ("[AUDIENCE LAUGHS]", Reaction.LAUGHTER),
        ("<laugh>", Reaction.LAUGHTER),
        ("(chuckles)", Reaction.LAUGHTER),
        ("[Oh, no. <laugh> Not you too]", Reaction.LAUGHTER),
        ("(Gelächter)", Reaction.LAUGHTER),
        ("(rires)", Reaction.LAUGHTER),
        ("[Risas]", Reaction.LAUGHTER),
        ("(Смех)", Reaction.LAUGHTER),
        ("\uff08笑い\uff09", Reaction.LAUGHTER),
        ("(applause)", Reaction.APPLAUSE),
        ("[Beifall]", Reaction.APPLAUSE),
        ("(Aplausos)", Reaction.APPLAUSE),
        ("【拍手】", Reaction.APPLAUSE),
        ("(APPLAUSE CHEERING)", Reaction.APPLAUSE | Reaction.CHEERING),
        ("[Music]", Reaction.MUSIC),
        ("♪ la la ♪", Reaction.MUSIC),
    ],
)
def test_marks_tell_what_listeners_do(mark: str, reaction: Reaction) -> None:
    assert _told(f"That is it. {mark}") == [reaction]


@pytest.mark.parametrize(
    "text",
    [
        "We laughed and there was applause.",
        "They (my friends and I laughed a lot) left.",
        "The [slaughter] of it.",
        "[whoops] there.",
        "If a < b then c > d.",
        "[coughs] Pardon.",
    ],
)
def test_what_is_said_is_no_mark(text: str) -> None:
    assert _told(text) == [Reaction(0)]


def test_a_mark_before_a_sentence_belongs_to_the_one_it_answers() -> None:
    laughter, nothing = Reaction.LAUGHTER, Reaction(0)
    assert _told("A joke.", "(Laughter) And so on.", "More.") == [laughter, nothing, nothing]
    assert _told("A joke.", "(Laughter)", "More.") == [laughter, laughter, nothing]
    assert _told("A joke.", "(Laughter) Yes. (Applause)") == [laughter, Reaction.APPLAUSE]
    assert _told("(Laughter) And so on.") == [laughter]
    assert _told("Long ago.", "(Laughter) And so on.", gap_s=9.0) == [nothing, laughter]


def test_marks_are_not_said_fast() -> None:
    items = (_sentence("Plain words.", 0.0, 1.0), _sentence("Plain words. [laughter]", 2.0, 3.0))
    only = (*items, _sentence("[laughter]", 4.0, 5.0))
    rate = _delivery(SILENCE, Sentences(only)).rate
    np.testing.assert_allclose(rate, [1.0, 1.0, np.nan])

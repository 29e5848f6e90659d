"""Builds tiny Whisper models with random weights, for tests of the engines that run Whisper.

The vocabulary is small, its special tokens stand in Whisper's own order. A model is the same for a
given seed, answers to the sound, and ends its text after some words.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import WhisperForConditionalGeneration
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from benchmarks.speech.random_whisper import (
    Size,
    WhisperFolders,
    config_of,
    generation_config,
    id_of,
    save,
    tokenizer_with,
)
from clipkit.engines.reading import Reading
from clipkit.engines.whisper_decoding import Decoding
from clipkit.types.media import Audio
from clipkit.types.speech import Speech
from clipkit.types.time import Span

MakeSound = Callable[[int, float], Audio]

_TEXT_TOKENS = 1024
_LANGUAGES = tuple(LANGUAGES)[:99]
"""Those of the models before large-v3, in Whisper's order."""

ONCE = Reading(
    decoding=Decoding(
        least_log_probability=float("-inf"), most_compression=float("inf"), halves=False
    )
)
"""For models of random weights, all of whose texts are doubtful."""


TinyWhisper = WhisperFolders


def build(folder: Path, *, multilingual: bool = True, seed: int = 0) -> TinyWhisper:
    """Write a model of 2 + 2 layers for transformers and, converted, for CTranslate2."""
    languages = _LANGUAGES if multilingual else ("en",)
    tokenizer = tokenizer_with(languages, _TEXT_TOKENS, multilingual=multilingual)
    end = id_of(tokenizer, "<|endoftext|>")
    model = _model(tokenizer, end, seed)
    model.generation_config = generation_config(tokenizer, languages, multilingual=multilingual)
    folders = WhisperFolders(folder / "transformers", folder / "ct2")
    save(model, tokenizer, folders)
    return folders


def _model(tokenizer: Tokenizer, end: int, seed: int) -> WhisperForConditionalGeneration:
    torch.manual_seed(seed)
    config = config_of(Size(64, 2, 2, 4), tokenizer, hidden=128, init_std=0.1)
    model = WhisperForConditionalGeneration(config).eval()
    decoder = model.model.decoder
    with torch.no_grad():
        # Trained models say words, not bytes, and no times when told so: score those at zero.
        decoder.embed_tokens.weight[:256] = 0.0
        decoder.embed_tokens.weight[id_of(tokenizer, "<|0.00|>") :] = 0.0
        # Positions make the words differ, and drift towards the token that ends the text.
        towards = torch.nn.functional.normalize(torch.randn(64), dim=0)
        drift = 0.2 * torch.arange(config.max_target_positions)[:, None]
        decoder.embed_positions.weight.mul_(5.0).add_(drift * towards)
        decoder.embed_tokens.weight[end] = 2.0 * towards
        # Flatter attention: sharper, all words would fall on one instant.
        for layer in decoder.layers:
            layer.encoder_attn.q_proj.weight *= 0.5
            layer.encoder_attn.out_proj.weight *= 2.0
    return model


def three_windows(tones: MakeSound) -> tuple[Audio, Speech]:
    """Return 80 s of sound whose speech makes a window of each span."""
    spans = (Span(1.0, 24.0), Span(26.0, 49.0), Span(51.0, 79.0))
    return tones(7, 80.0), Speech(spans, 80.0)

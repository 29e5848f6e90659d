"""Builds tiny Whisper models with random weights, for tests of the engines that run Whisper.

The vocabulary is small, its special tokens stand in Whisper's own order. A model is the same for a
given seed, answers to the sound, and ends its text after some words.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from ctranslate2.converters import TransformersConverter
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from clipkit.engines.reading import Reading
from clipkit.engines.whisper_decoding import Decoding
from clipkit.types.media import Audio
from clipkit.types.speech import Speech
from clipkit.types.time import Span

MakeSound = Callable[[int, float], Audio]

_TEXT_TOKENS = 1024
_LANGUAGES = tuple(LANGUAGES)[:99]
"""Those of the models before large-v3, in Whisper's order."""

_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


ONCE = Reading(
    decoding=Decoding(least_log_probability=float("-inf"), most_compression=float("inf"))
)
"""For models of random weights, all of whose texts are doubtful."""


@dataclass(frozen=True)
class TinyWhisper:
    """A model on disk, twice."""

    transformers: Path
    """As transformers loads it."""

    ct2: Path
    """As CTranslate2 loads it."""


def build(folder: Path, *, multilingual: bool = True, seed: int = 0) -> TinyWhisper:
    """Write a model of 2 + 2 layers for transformers and, converted, for CTranslate2."""
    source, converted = folder / "transformers", folder / "ct2"
    source.mkdir(parents=True)
    tokenizer = tokenizer_with(_LANGUAGES if multilingual else ("en",), multilingual=multilingual)
    end = id_of(tokenizer, "<|endoftext|>")
    tokenizer.save(str(source / "tokenizer.json"))
    _write_companions(source, tokenizer)
    model = _model(tokenizer, end, seed)
    model.generation_config = _generation_config(tokenizer, end, multilingual)
    model.save_pretrained(source)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(source)
    TransformersConverter(
        str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]
    ).convert(str(converted))
    return TinyWhisper(source, converted)


def tokenizer_with(languages: Sequence[str], *, multilingual: bool) -> Tokenizer:
    """Return a byte-level BPE tokenizer with Whisper's special tokens."""
    vocabulary = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    merges: list[tuple[str, str]] = []

    def merge(left: str, right: str) -> None:
        if left + right not in vocabulary:
            vocabulary[left + right] = len(vocabulary)
            merges.append((left, right))

    for syllable in _SYLLABLES:
        merge(syllable[0], syllable[1])
    for syllable in _SYLLABLES:
        merge("Ġ", syllable)
    merge("¹", "é")  # bytes B9 E9: a letter's tail and the next one's head, as real ones have
    for first in _SYLLABLES:
        for second in _SYLLABLES:
            if len(vocabulary) < _TEXT_TOKENS - 1:
                merge("Ġ" + first, second)
    if multilingual:
        vocabulary[""] = len(vocabulary)  # by this token CTranslate2 tells multilingual models
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in _special(languages)])
    tokenizer.add_tokens([AddedToken(f"<|{step * 0.02:.2f}|>") for step in range(1501)])
    return tokenizer


def id_of(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a token that is there."""
    identity = tokenizer.token_to_id(token)
    assert identity is not None, token
    return int(identity)


def _special(languages: Sequence[str]) -> list[str]:
    roles = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    names = ["endoftext", "startoftranscript", *languages, *roles]
    return [f"<|{name}|>" for name in names]


def _write_companions(source: Path, tokenizer: Tokenizer) -> None:
    """Write what transformers' tokenizer classes ask for beside tokenizer.json."""
    document = json.loads(tokenizer.to_str())
    merges = [" ".join(pair) for pair in document["model"]["merges"]]
    (source / "vocab.json").write_text(json.dumps(document["model"]["vocab"]))
    (source / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    settings = {
        "tokenizer_class": "WhisperTokenizer",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
    }
    (source / "tokenizer_config.json").write_text(json.dumps(settings))


def _model(tokenizer: Tokenizer, end: int, seed: int) -> WhisperForConditionalGeneration:
    torch.manual_seed(seed)
    config = WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=128,
        decoder_ffn_dim=128,
        num_mel_bins=80,
        init_std=0.1,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=end + 1,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
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


def _generation_config(tokenizer: Tokenizer, end: int, multilingual: bool) -> GenerationConfig:
    identity = partial(id_of, tokenizer)
    known = {
        "decoder_start_token_id": end + 1,
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "max_length": 448,
        "suppress_tokens": list(range(end + 1, identity("<|notimestamps|>"))),
        "begin_suppress_tokens": [identity("Ġ"), end],
        "alignment_heads": [[1, 0], [1, 2]],
        "no_timestamps_token_id": identity("<|notimestamps|>"),
        "prev_sot_token_id": identity("<|startofprev|>"),
        "is_multilingual": multilingual,
        "return_timestamps": False,
    }
    if multilingual:
        known["lang_to_id"] = {f"<|{code}|>": end + 2 + i for i, code in enumerate(_LANGUAGES)}
        known["task_to_id"] = {
            task: identity(f"<|{task}|>") for task in ("translate", "transcribe")
        }
    return GenerationConfig(**known)


def three_windows(tones: MakeSound) -> tuple[Audio, Speech]:
    """Return 80 s of sound whose speech makes a window of each span."""
    spans = (Span(1.0, 24.0), Span(26.0, 49.0), Span(51.0, 79.0))
    return tones(7, 80.0), Speech(spans, 80.0)

"""Whisper models of the sizes that are published, with random weights: speed needs no download.

Such a model never ends a text: all it decodes is as long as is asked for, on every engine.
"""

import json
from collections.abc import Sequence
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

_TEXT_TOKENS = 50257
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a model is."""

    width: int
    encoder_layers: int
    decoder_layers: int
    heads: int
    mel_bins: int = 80
    languages: int = 99


SIZES = {
    "tiny": Size(384, 4, 4, 6),
    "base": Size(512, 6, 6, 8),
    "small": Size(768, 12, 12, 12),
    "large-v3": Size(1280, 32, 32, 20, 128, 100),
    "large-v3-turbo": Size(1280, 32, 4, 20, 128, 100),
}
"""Source: the ``config.json`` of openai/whisper-* on the hub."""


@dataclass(frozen=True, slots=True)
class WhisperFolders:
    """A model on disk, twice."""

    transformers: Path
    """As transformers loads it."""

    ct2: Path
    """As CTranslate2 loads it."""


def random_whisper(folder: Path, name: str, seed: int = 0) -> WhisperFolders:
    """Write a model of a published size; one that lies there already is used again.

    Args:
        folder: What it is written into.
        name: Of the size, such as "tiny".
        seed: Another gives other weights.
    """
    size = SIZES[name]
    folders = WhisperFolders(folder / name, folder / f"{name}-ct2")
    if (folders.ct2 / "model.bin").exists():
        return folders
    languages = tuple(LANGUAGES)[: size.languages]
    tokenizer = tokenizer_with(languages, _TEXT_TOKENS, multilingual=True)
    model = _model(size, tokenizer, seed)
    model.generation_config = generation_config(tokenizer, languages, multilingual=True)
    save(model, tokenizer, folders)
    return folders


def save(
    model: WhisperForConditionalGeneration, tokenizer: Tokenizer, folders: WhisperFolders
) -> None:
    """Write a model for transformers and, converted, for CTranslate2."""
    source = folders.transformers
    source.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(source / "tokenizer.json"))
    _write_companions(source, tokenizer)
    model.save_pretrained(source)
    WhisperFeatureExtractor(feature_size=model.config.num_mel_bins).save_pretrained(source)
    TransformersConverter(
        str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]
    ).convert(str(folders.ct2), force=True)


def tokenizer_with(languages: Sequence[str], text_tokens: int, *, multilingual: bool) -> Tokenizer:
    """Return a byte-level BPE tokenizer with Whisper's special tokens, in Whisper's own order.

    Args:
        languages: Codes, in the order of their tokens.
        text_tokens: How many tokens are text: bytes first, then syllables and words of them.
        multilingual: Whether CTranslate2 is to take the model for one of many languages.
    """
    vocabulary = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    merges: list[tuple[str, str]] = []

    def merge(left: str, right: str) -> None:
        if left + right not in vocabulary and len(vocabulary) < text_tokens - 1:
            vocabulary[left + right] = len(vocabulary)
            merges.append((left, right))

    for syllable in _SYLLABLES:
        merge(syllable[0], syllable[1])
    for syllable in _SYLLABLES:
        merge("Ġ", syllable)
    merge("¹", "é")  # bytes B9 E9: a letter's tail and the next one's head, as real ones have
    begun = ["Ġ" + syllable for syllable in _SYLLABLES]
    while len(vocabulary) < text_tokens - 1:
        longer = [(word, syllable) for word in begun for syllable in _SYLLABLES]
        for word, syllable in longer:
            merge(word, syllable)
        begun = ["".join(pair) for pair in longer]
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


def generation_config(
    tokenizer: Tokenizer, languages: Sequence[str], *, multilingual: bool
) -> GenerationConfig:
    """Return what a published model says about its tokens."""
    identity = partial(id_of, tokenizer)
    end = identity("<|endoftext|>")
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
        known["lang_to_id"] = {f"<|{code}|>": end + 2 + i for i, code in enumerate(languages)}
        known["task_to_id"] = {
            task: identity(f"<|{task}|>") for task in ("translate", "transcribe")
        }
    return GenerationConfig(**known)


def config_of(size: Size, tokenizer: Tokenizer, *, hidden: int, init_std: float) -> WhisperConfig:
    """Return the shape of a model.

    Args:
        size: Its width, layers and heads.
        tokenizer: Its vocabulary.
        hidden: Width between the two halves of each feed-forward layer.
        init_std: How far random weights spread.
    """
    end = id_of(tokenizer, "<|endoftext|>")
    return WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=size.width,
        encoder_layers=size.encoder_layers,
        decoder_layers=size.decoder_layers,
        encoder_attention_heads=size.heads,
        decoder_attention_heads=size.heads,
        encoder_ffn_dim=hidden,
        decoder_ffn_dim=hidden,
        num_mel_bins=size.mel_bins,
        init_std=init_std,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=end + 1,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )


def _model(size: Size, tokenizer: Tokenizer, seed: int) -> WhisperForConditionalGeneration:
    torch.manual_seed(seed)
    end = id_of(tokenizer, "<|endoftext|>")
    config = config_of(size, tokenizer, hidden=4 * size.width, init_std=0.04)
    model = WhisperForConditionalGeneration(config).eval()
    decoder = model.model.decoder
    with torch.no_grad():
        # No bytes, no end, no times: what scores zero is never the likeliest of fifty thousand.
        decoder.embed_tokens.weight[:256] = 0.0
        decoder.embed_tokens.weight[end:] = 0.0
        # Positions make the tokens of a text differ, and what is heard the texts: each query finds
        # places of its own, for over all of a window any two sound alike.
        decoder.embed_positions.weight.mul_(5.0)
        for layer in decoder.layers:
            layer.encoder_attn.q_proj.weight.mul_(10.0)
            layer.encoder_attn.out_proj.weight.mul_(20.0)
    return model

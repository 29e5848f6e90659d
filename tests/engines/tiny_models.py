"""Builds tiny CLIP, SigLIP, CLAP and Llama models with random weights, as the hub lays them out.

Tokens are words of a small vocabulary; a model is the same for a given seed.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPModel,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipModel,
)

from clipkit.engines.paired_model import PAIRED_FILES
from clipkit.engines.weights import FolderWeights

WORDS = "a the cat dog crowd cheers goal plays guitar on stage fire ! dont".split()
_VOCABULARY = {
    word: place for place, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *WORDS, "Goal"])
}
_SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
_IDS: dict[str, Any] = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
_TEXT: dict[str, Any] = {**_SIZES, **_IDS, "vocab_size": len(_VOCABULARY)}

CLIP_PICTURES = {
    "crop_size": 30,
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
    "size": 34,
}
"""In the way of the first CLIP's file: sizes are bare numbers."""

SIGLIP_PICTURES = {
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_processor_type": "SiglipImageProcessor",
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
    "rescale_factor": 0.00392156862745098,
    "size": {"height": 30, "width": 30},
}


CHAT = "{% for turn in messages %}<{{ turn.role }}> {{ turn.content }} <end> {% endfor %}<answer>"
_CHAT_TOKENS = ["<unk>", "<end>", "<answer>", "<user>", "<assistant>"]
_CHAT_WORDS = (
    "the dog ate my birthday cake money is time we slept until noon , . all of us text :".split()
)


def clip(folder: Path, seed: int = 0) -> Path:
    """Write a CLIP that reads 12 tokens and sees 30 px, cropped of 34."""
    torch.manual_seed(seed)
    config = CLIPConfig(
        text_config={**_TEXT, "max_position_embeddings": 12},
        vision_config={**_SIZES, "image_size": 30, "patch_size": 10},
        projection_dim=24,
    )
    _save(CLIPModel(config), folder, "CLIPTokenizer")
    return _with(folder, "preprocessor_config.json", CLIP_PICTURES)


def siglip(folder: Path, seed: int = 0, tokenizer_class: str = "SiglipTokenizer") -> Path:
    """Write a SigLIP that reads 10 tokens and sees 30 px."""
    torch.manual_seed(seed)
    config = SiglipConfig(
        text_config={**_TEXT, "max_position_embeddings": 10},
        vision_config={**_SIZES, "image_size": 30, "patch_size": 10},
    )
    model = SiglipModel(config)
    with torch.no_grad():
        model.logit_scale.fill_(1.5)
        model.logit_bias.fill_(-2.0)
    _save(model, folder, tokenizer_class)
    return _with(folder, "preprocessor_config.json", SIGLIP_PICTURES)


def clap(folder: Path, seed: int = 0, *, fused: bool = False, padding: str = "repeatpad") -> Path:
    """Write a CLAP that hears 2 s at once."""
    torch.manual_seed(seed)
    audio: dict[str, Any] = {
        "hidden_size": 64,
        "patch_embeds_hidden_size": 8,
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [1, 2, 2, 2],
        "num_mel_bins": 64,
        "spec_size": 256,
    }
    if fused:
        audio |= {"enable_fusion": True, "fusion_type": "aff_2d"}
    text = {**_TEXT, "max_position_embeddings": 14}
    model = ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=24))
    loudness = model.audio_model.audio_encoder.batch_norm
    loudness.running_mean.fill_(-40.0)  # as in trained ones, or decibels drown the differences
    loudness.running_var.fill_(400.0)
    _save(model, folder, "RobertaTokenizer")
    truncation = "fusion" if fused else "rand_trunc"
    ClapFeatureExtractor(max_length_s=2, truncation=truncation, padding=padding).save_pretrained(
        folder
    )
    return folder


def paired_weights(folder: Path) -> FolderWeights:
    """Return a CLIP, SigLIP or CLAP as engines take it."""
    return FolderWeights(folder, PAIRED_FILES)


def llama(folder: Path, *, template: str | None = CHAT) -> Path:
    """Write a Llama that knows a few words, and samples unless told otherwise."""
    vocabulary = {word: place for place, word in enumerate([*_CHAT_TOKENS, *_CHAT_WORDS])}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(vocabulary),
        unk_token="<unk>",
        eos_token="<end>",
        additional_special_tokens=_CHAT_TOKENS[2:],
    )
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        **{**_SIZES, "intermediate_size": 64},
        vocab_size=len(vocabulary),
        num_key_value_heads=2,
        max_position_embeddings=512,
        eos_token_id=1,
        bos_token_id=None,
        initializer_range=0.5,
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        do_sample=True, temperature=9.0, eos_token_id=1, repetition_penalty=1.1
    )
    model.save_pretrained(folder)
    return folder


def halved(folder: Path, copy: Path, name: str) -> Path:
    """Copy a model and cut one of its files to half; return the copy."""
    shutil.copytree(folder, copy)
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: len(content) // 2])
    return copy


def edit(path: Path, **changes: Any) -> None:
    """Change entries of a JSON file; what is set to None is left out."""
    document = {**json.loads(path.read_text()), **changes}
    path.write_text(
        json.dumps({key: value for key, value in document.items() if value is not None})
    )


def _save(model: Any, folder: Path, tokenizer_class: str) -> None:
    # Random biases and larger weights: fresh ones make all answers much alike.
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "logit" not in name:
                weight.add_(torch.randn_like(weight) * 0.2)
    model.eval().save_pretrained(folder)
    tokenizer = _tokenizer(_VOCABULARY)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": tokenizer_class, "pad_token": "<pad>", "eos_token": "</s>"}
    _with(folder, "tokenizer_config.json", settings)


def _tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    """Return a tokenizer of whole words."""
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def _with(folder: Path, name: str, document: dict[str, Any]) -> Path:
    (folder / name).write_text(json.dumps(document))
    return folder

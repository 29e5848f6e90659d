"""Whisper's decoder in torch takes the tokens that others take."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import ctranslate2
import numpy as np
import pytest
import torch
from transformers import WhisperForConditionalGeneration

from clipkit.engines.log_mel import LogMel
from clipkit.engines.whisper_net import Greedy, Rules, WhisperDecoder
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.types.media import Audio
from tests.engines.tiny_whisper import TinyWhisper

MakeSound = Callable[[int, float], Audio]
WINDOWS, MOST = 100, 60


@pytest.fixture(scope="module")
def mel(tones: MakeSound) -> torch.Tensor:
    return LogMel(80)([tones(seed, 3.0 + seed % 27).samples for seed in range(WINDOWS)], 30.0)


@pytest.fixture(scope="module")
def tokens(tiny_whisper: TinyWhisper) -> WhisperTokens:
    return WhisperTokens(tiny_whisper.ct2 / "tokenizer.json")


@cache
def _model(model: TinyWhisper) -> WhisperForConditionalGeneration:
    return WhisperForConditionalGeneration.from_pretrained(model.transformers).eval()


def _decoder(
    model: TinyWhisper, tokens: WhisperTokens, *never: int, first: tuple[int, ...] = ()
) -> WhisperDecoder:
    whisper = _model(model)
    rules = Rules.of(whisper.generation_config, tokens.start, tokens.end, tokens.no_speech)
    rules = replace(
        rules,
        suppressed=(*rules.suppressed, *never),
        suppressed_first=(*rules.suppressed_first, *first),
    )
    return WhisperDecoder(whisper, rules)


def _encoded(model: TinyWhisper, mel: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        encoded: torch.Tensor = _model(model).model.encoder(mel).last_hidden_state
    return encoded


@pytest.fixture(scope="module")
def found(tiny_whisper: TinyWhisper, tokens: WhisperTokens, mel: torch.Tensor) -> Greedy:
    decoder = _decoder(tiny_whisper, tokens)
    return decoder.greedy(_encoded(tiny_whisper, mel), tokens.prompt("en", "transcribe", ""), MOST)


def test_the_windows_differ_and_end(found: Greedy) -> None:
    assert len({tuple(text) for text in found.tokens}) > 20
    assert 5 < min(map(len, found.tokens)) < max(map(len, found.tokens)) < MOST


def test_the_tokens_are_those_of_transformers(
    tiny_whisper: TinyWhisper, tokens: WhisperTokens, mel: torch.Tensor, found: Greedy
) -> None:
    with torch.inference_mode():
        rows = _model(tiny_whisper).generate(
            mel, num_beams=1, do_sample=False, language="en", task="transcribe"
        )
    prompt = tokens.prompt("en", "transcribe", "")
    for row, text in zip(rows.tolist(), found.tokens, strict=True):
        behind = row[len(prompt) :] if row[: len(prompt)] == prompt else row
        assert [token for token in behind if token < tokens.end] == text


def test_tokens_and_probabilities_are_those_of_ctranslate2(
    tiny_whisper: TinyWhisper, tokens: WhisperTokens, mel: torch.Tensor, found: Greedy
) -> None:
    whisper = ctranslate2.models.Whisper(str(tiny_whisper.ct2), compute_type="float32")
    results = whisper.generate(
        ctranslate2.StorageView.from_array(mel.numpy()),
        [tokens.prompt("en", "transcribe", "")] * WINDOWS,
        beam_size=1,
        return_scores=True,
        return_no_speech_prob=True,
    )
    assert [result.sequences_ids[0] for result in results] == found.tokens
    # It leaves the end out of the count, but not out of the sum.
    means = [
        result.scores[0] * len(text) / (len(text) + 1)
        for result, text in zip(results, found.tokens, strict=True)
    ]
    assert found.log_probabilities == pytest.approx(means, abs=1e-4)
    silence = [result.no_speech_prob for result in results]
    assert found.no_speech == pytest.approx(silence, abs=1e-6)


def test_one_by_one_gives_what_a_batch_gives(
    tiny_whisper: TinyWhisper, tokens: WhisperTokens, mel: torch.Tensor, found: Greedy
) -> None:
    decoder = _decoder(tiny_whisper, tokens)
    for place in range(5):
        encoded = _encoded(tiny_whisper, mel[place : place + 1])
        alone = decoder.greedy(encoded, tokens.prompt("en", "transcribe", ""), MOST)
        assert alone.tokens == found.tokens[place : place + 1]


def test_batches_one_after_another_do_not_mix(
    tiny_whisper: TinyWhisper, tokens: WhisperTokens, mel: torch.Tensor, found: Greedy
) -> None:
    decoder = _decoder(tiny_whisper, tokens)
    prompt = tokens.prompt("en", "transcribe", "")
    rooms = []
    for places in (range(0, 8), range(8, 16), range(16, 19), range(19, 27)):
        batch = decoder.greedy(_encoded(tiny_whisper, mel[list(places)]), prompt, MOST)
        assert batch.tokens == [found.tokens[place] for place in places]
        assert batch.log_probabilities == pytest.approx(
            [found.log_probabilities[place] for place in places], abs=1e-4
        )
        rooms.append(decoder._room)
    assert rooms[0] is rooms[1], "the second has the shape of the first"
    assert len({id(room) for room in rooms}) == 3


def test_a_text_has_at_most_so_many_tokens(
    tiny_whisper: TinyWhisper, tokens: WhisperTokens, mel: torch.Tensor, found: Greedy
) -> None:
    decoder = _decoder(tiny_whisper, tokens)
    short = decoder.greedy(
        _encoded(tiny_whisper, mel[:4]), tokens.prompt("en", "transcribe", ""), 5
    )
    assert short.tokens == [text[:5] for text in found.tokens[:4]]


def test_tokens_that_are_suppressed_are_never_taken(
    tiny_whisper: TinyWhisper, tokens: WhisperTokens, mel: torch.Tensor, found: Greedy
) -> None:
    encoded = _encoded(tiny_whisper, mel[:8])
    favourite = int(np.bincount(np.concatenate(found.tokens[:8])).argmax())
    decoder = _decoder(tiny_whisper, tokens, favourite)
    assert favourite not in np.concatenate(
        decoder.greedy(encoded, tokens.prompt("en", "transcribe", ""), MOST).tokens
    )
    firsts = {text[0] for text in found.tokens[:8]}
    decoder = _decoder(tiny_whisper, tokens, first=tuple(firsts))
    others = decoder.greedy(encoded, tokens.prompt("en", "transcribe", ""), MOST).tokens
    assert not firsts & {text[0] for text in others}

"""Whisper on CTranslate2, on tiny models with random weights; transformers is the oracle."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import ctranslate2
import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration
from transformers.models.whisper.generation_whisper import _dynamic_time_warping, _median_filter

from benchmarks.speech.random_whisper import id_of
from clipkit.engines.reading import Reading
from clipkit.engines.whisper_batch import BatchReader
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_decoding import Decoding
from clipkit.errors import Cancelled, UnsupportedLanguage
from clipkit.types.events import Event, Monitor, Notice
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript, Word
from clipkit.types.time import Span
from tests.engines.tiny_whisper import ONCE, TinyWhisper, three_windows

MakeSound = Callable[[int, float], Audio]

UNSURE = Reading(decoding=Decoding(most_compression=float("inf")))
"""Texts of a low probability are doubtful."""


def engine(
    model: TinyWhisper, batch_size: int = 8, beam_size: int = 1, reading: Reading = ONCE
) -> WhisperCT2:
    return WhisperCT2(
        str(model.ct2),
        device="cpu",
        compute_type="float32",
        reading=replace(reading, decoding=replace(reading.decoding, beam_size=beam_size)),
        batch_size=batch_size,
    )


def all_of(audio: Audio) -> Speech:
    return Speech((Span(0.0, audio.duration_s),), audio.duration_s)


def greedy_texts(model: TinyWhisper, audios: list[Audio], language: str | None) -> list[str]:
    """Return what transformers writes down, greedily."""
    whisper = WhisperForConditionalGeneration.from_pretrained(model.transformers).eval()
    extract = WhisperFeatureExtractor.from_pretrained(model.transformers)
    tokenizer = Tokenizer.from_file(str(model.transformers / "tokenizer.json"))
    options = {} if language is None else {"language": language, "task": "transcribe"}
    texts = []
    for audio in audios:
        features = extract(audio.samples, sampling_rate=16000, return_tensors="pt").input_features
        with torch.inference_mode():
            ids = whisper.generate(features, num_beams=1, do_sample=False, **options)[0].tolist()
        end = id_of(tokenizer, "<|endoftext|>")
        texts.append(tokenizer.decode([token for token in ids if token < end]))
    return texts


@pytest.mark.parametrize("language", ["en", "de"])
def test_greedy_text_is_that_of_transformers(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor, language: str
) -> None:
    audios = [tones(seed, 8.0 + 8.0 * seed) for seed in range(3)]
    heard = [
        engine(tiny_whisper).transcribe(audio, all_of(audio), language, monitor).text
        for audio in audios
    ]
    expected = greedy_texts(tiny_whisper, audios, language)
    assert len(set(expected)) == 3, "the oracle answers to the sound"
    assert heard == [text.strip() for text in expected]


def test_greedy_text_of_an_english_model_is_that_of_transformers(
    tiny_whisper_en: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audios = [tones(seed, 10.0 + 9.0 * seed) for seed in range(2)]
    heard = [
        engine(tiny_whisper_en).transcribe(audio, all_of(audio), None, monitor) for audio in audios
    ]
    expected = [text.strip() for text in greedy_texts(tiny_whisper_en, audios, None)]
    assert [transcript.text for transcript in heard] == expected
    assert {transcript.language for transcript in heard} == {"en"}


def test_words_lie_in_their_windows_in_order(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    words = engine(tiny_whisper).transcribe(audio, speech, "en", monitor).words
    windows = [Span(span.start_s - 0.1, span.end_s + 0.1) for span in speech.spans]
    counts = [0, 0, 0]
    for word in words:
        places = [
            place
            for place, window in enumerate(windows)
            if window.start_s - 1e-3 <= word.span.start_s and word.span.end_s <= window.end_s + 1e-3
        ]
        assert len(places) == 1
        counts[places[0]] += 1
        assert type(word.span.start_s) is float
        assert word.confidence is not None
        assert 0.0 <= word.confidence <= 1.0
    assert all(counts), "each window has words"
    assert all(one.span.start_s <= two.span.start_s for one, two in pairwise(words))


def test_sound_at_an_offset_gives_the_same_words_at_that_offset(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    sound = tones(3, 20.0)
    late = Audio(np.concatenate([np.zeros(16000 * 100, np.float32), sound.samples]))
    whisper = engine(tiny_whisper)
    # The span starts a little inside, so that the sound around it is the same in both.
    early_words = whisper.transcribe(sound, Speech((Span(0.5, 20.0),), 20.0), "en", monitor).words
    late_words = whisper.transcribe(late, Speech((Span(100.5, 120.0),), 120.0), "en", monitor).words
    assert len(early_words) > 5
    assert [word.text for word in late_words] == [word.text for word in early_words]
    for early_word, late_word in zip(early_words, late_words, strict=True):
        assert late_word.span.start_s == pytest.approx(early_word.span.start_s + 100.0, abs=2e-3)
        assert late_word.span.end_s == pytest.approx(early_word.span.end_s + 100.0, abs=2e-3)


def test_a_batch_gives_what_one_by_one_gives(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    together = engine(tiny_whisper, batch_size=8).transcribe(audio, speech, "en", monitor)
    one_by_one = engine(tiny_whisper, batch_size=1).transcribe(audio, speech, "en", monitor)
    assert _without_confidence(together) == _without_confidence(one_by_one)


def _without_confidence(transcript: Transcript) -> list[tuple[str, Span]]:
    return [(word.text, word.span) for word in transcript.words]


def test_beam_search_looks_further_than_greedy(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio = tones(2, 15.0)
    beams = engine(tiny_whisper, beam_size=5).transcribe(audio, all_of(audio), "en", monitor)
    greedy = engine(tiny_whisper).transcribe(audio, all_of(audio), "en", monitor)
    assert beams.words
    assert beams.text != greedy.text


def test_the_language_is_detected_as_transformers_does(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio = tones(4, 20.0)
    whisper = WhisperForConditionalGeneration.from_pretrained(tiny_whisper.transformers).eval()
    extract = WhisperFeatureExtractor.from_pretrained(tiny_whisper.transformers)
    features = extract(audio.samples, sampling_rate=16000, return_tensors="pt").input_features
    token = int(whisper.detect_language(features)[0])
    tokenizer = Tokenizer.from_file(str(tiny_whisper.transformers / "tokenizer.json"))
    expected = str(tokenizer.id_to_token(token))[2:-2]
    transcript = engine(tiny_whisper).transcribe(audio, all_of(audio), None, monitor)
    assert transcript.language == expected
    told = engine(tiny_whisper).transcribe(audio, all_of(audio), expected, monitor)
    assert told.text == transcript.text


@pytest.mark.parametrize(("multilingual", "language"), [(True, "xx"), (False, "de")])
def test_a_language_the_model_lacks_is_refused(
    tiny_whisper: TinyWhisper,
    tiny_whisper_en: TinyWhisper,
    tones: MakeSound,
    monitor: Monitor,
    multilingual: bool,
    language: str,
) -> None:
    whisper = engine(tiny_whisper if multilingual else tiny_whisper_en)
    audio = tones(0, 5.0)
    with pytest.raises(UnsupportedLanguage, match=language):
        whisper.transcribe(audio, all_of(audio), language, monitor)


def test_the_weights_know_the_languages(
    tiny_whisper: TinyWhisper, tiny_whisper_en: TinyWhisper, monitor: Monitor
) -> None:
    for model, count in ((tiny_whisper, 99), (tiny_whisper_en, 1)):
        whisper = engine(model)
        assert whisper.languages is None
        whisper.warm_up(monitor)
        assert whisper.languages is not None
        assert "en" in whisper.languages
        assert len(whisper.languages) == count


def test_a_window_said_to_be_silent_has_no_words_but_keeps_them_apart(
    tiny_whisper: TinyWhisper,
    tones: MakeSound,
    monitor: Monitor,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audio, speech = three_windows(tones)
    whisper = engine(
        tiny_whisper, reading=Reading(decoding=Decoding(most_compression=float("inf")))
    )
    everything = engine(tiny_whisper).transcribe(audio, speech, "en", monitor).words
    generate = ctranslate2.models.Whisper.generate

    def second_is_silent(*arguments: object, **named: object) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(
                sequences_ids=result.sequences_ids,
                scores=[-1.5 if place == 1 else -0.5],
                no_speech_prob=0.9 if place == 1 else 0.1,
            )
            for place, result in enumerate(generate(*arguments, **named))
        ]

    monkeypatch.setattr(ctranslate2.models.Whisper, "generate", second_is_silent)
    transcript = whisper.transcribe(audio, speech, "en", monitor)
    rest = transcript.words
    assert rest == tuple(word for word in everything if not 25.0 < word.span.start_s < 50.0)
    assert len(rest) < len(everything)
    (dropped,) = transcript.dropped
    assert dropped.reason == "silence"
    assert dropped.text == " ".join(w.text for w in everything if 25.0 < w.span.start_s < 50.0)
    assert dropped.span == Span(25.9, 49.1)
    assert [event.code for event in events if isinstance(event, Notice)] == ["text_dropped"]


def test_a_window_that_goes_in_circles_is_decoded_again_by_itself(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio, speech = three_windows(tones)
    by_beam = engine(tiny_whisper, beam_size=5).transcribe(audio, speech, "en", monitor).words
    greedy = engine(tiny_whisper).transcribe(audio, speech, "en", monitor).words
    generate = ctranslate2.models.Whisper.generate
    asked: list[tuple[int, int]] = []

    def second_is_poor(
        whisper: object, encoded: object, prompts: list[object], **named: int
    ) -> object:
        asked.append((len(prompts), named["beam_size"]))
        return [
            SimpleNamespace(
                sequences_ids=result.sequences_ids,
                scores=[-9.0 if place == 1 else -0.1],
                no_speech_prob=0.1,
            )
            for place, result in enumerate(generate(whisper, encoded, prompts, **named))
        ]

    monkeypatch.setattr(ctranslate2.models.Whisper, "generate", second_is_poor)
    whisper = engine(
        tiny_whisper, reading=Reading(decoding=Decoding(most_compression=float("inf")))
    )
    found = whisper.transcribe(audio, speech, "en", monitor).words
    assert asked == [(3, 1), (1, 5)]

    def middle(words: tuple[Word, ...]) -> list[str]:
        return [word.text for word in words if 25.0 < word.span.start_s < 50.0]

    assert middle(found) == middle(by_beam) != middle(greedy)
    rest = [word for word in found if not 25.0 < word.span.start_s < 50.0]
    assert rest == [word for word in greedy if not 25.0 < word.span.start_s < 50.0]


def test_closing_frees_the_weights_and_the_next_use_loads_them(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio = tones(1, 9.0)
    whisper = engine(tiny_whisper)
    before = whisper.transcribe(audio, all_of(audio), "en", monitor)
    whisper.close()
    assert whisper.languages is None
    assert whisper.transcribe(audio, all_of(audio), "en", monitor) == before


def test_a_fresh_engine_can_be_sent_to_another_process(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio = tones(1, 9.0)
    whisper = engine(tiny_whisper)
    twin: WhisperCT2 = pickle.loads(pickle.dumps(whisper))
    assert twin.transcribe(audio, all_of(audio), "en", monitor) == whisper.transcribe(
        audio, all_of(audio), "en", monitor
    )


def test_cancelling_stops_before_the_next_batch(
    tiny_whisper: TinyWhisper,
    tones: MakeSound,
    cancelled: Monitor,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audio, speech = three_windows(tones)
    whisper = engine(tiny_whisper, batch_size=1)
    whisper.warm_up(monitor)
    monkeypatch.setattr(BatchReader, "read", lambda *_: pytest.fail("it went on"))
    with pytest.raises(Cancelled):
        whisper.transcribe(audio, speech, "en", cancelled)


def test_without_speech_nothing_is_said(tiny_whisper: TinyWhisper, monitor: Monitor) -> None:
    silence = Audio(np.zeros(16000, np.float32))
    transcript = engine(tiny_whisper).transcribe(silence, Speech((), 1.0), None, monitor)
    assert (transcript.words, transcript.language) == ((), None)


def test_words_begin_where_attention_enters_them(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio = tones(5, 30.0)
    words = (
        engine(tiny_whisper)
        .transcribe(audio, Speech((Span(0.1, 29.9),), 30.0), "en", monitor)
        .words
    )
    expected_s = word_starts_s(tiny_whisper, audio, " " + " ".join(word.text for word in words))
    assert len(set(expected_s)) > 4, "the oracle spreads the words"
    assert [word.span.start_s for word in words] == pytest.approx(expected_s, abs=1e-3)


def word_starts_s(model: TinyWhisper, audio: Audio, text: str) -> list[float]:
    """Return when each word begins, by the attention of the model in PyTorch.

    Source: openai/whisper ``timing.py``, over a whole window, with transformers' own filter and
    warping.
    """
    whisper = WhisperForConditionalGeneration.from_pretrained(
        model.transformers, attn_implementation="eager"
    ).eval()
    extract = WhisperFeatureExtractor.from_pretrained(model.transformers)
    tokenizer = Tokenizer.from_file(str(model.transformers / "tokenizer.json"))
    opening = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]
    tokens = tokenizer.encode(text, add_special_tokens=False).ids
    ids = [
        *(id_of(tokenizer, name) for name in opening),
        *tokens,
        id_of(tokenizer, "<|endoftext|>"),
    ]
    with torch.inference_mode():
        attention = whisper(
            extract(audio.samples, sampling_rate=16000, return_tensors="pt").input_features,
            decoder_input_ids=torch.tensor([ids]),
            output_attentions=True,
        ).cross_attentions
    heads = whisper.generation_config.alignment_heads
    weights = torch.stack([attention[layer][0, head] for layer, head in heads])
    spread, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    matrix = _median_filter((weights - mean) / spread, 7).mean(dim=0)[3:-1]
    rows, frames = _dynamic_time_warping(-matrix.double().numpy())
    starts_s = frames[np.r_[True, np.diff(rows) > 0]] * 0.02
    begins = [place == 0 or tokenizer.decode([t])[0] == " " for place, t in enumerate(tokens)]
    return [float(start_s) for start_s, begin in zip(starts_s, begins, strict=False) if begin]

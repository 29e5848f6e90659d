"""From Whisper's tokens back to words."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from benchmarks.speech.random_whisper import id_of, tokenizer_with
from clipkit.engines.reading import Reading
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.errors import CorruptWeights, OptionError
from tests.engines.tiny_whisper import TinyWhisper

_FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
_LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
_TEXTS = st.lists(st.text(_LETTERS, min_size=1, max_size=12), max_size=8)


@pytest.fixture(scope="session")
def raw(tiny_whisper: TinyWhisper) -> Tokenizer:
    return Tokenizer.from_file(str(tiny_whisper.ct2 / "tokenizer.json"))


@pytest.fixture(scope="session")
def tokens(tiny_whisper: TinyWhisper) -> WhisperTokens:
    return WhisperTokens(tiny_whisper.ct2 / "tokenizer.json")


def encoded(raw: Tokenizer, text: str) -> list[int]:
    return list(raw.encode(text, add_special_tokens=False).ids)


@pytest.mark.parametrize(
    "text",
    [
        " Is it on? Yes, and loud!",
        " Don't stop (ever).",
        ' She said "no", twice.',
        " naïve café “déjà vu” 😀 crème",
        " Ĺé Ķ漢字 and ーツ",
    ],
)
def test_words_are_those_between_the_spaces(
    raw: Tokenizer, tokens: WhisperTokens, text: str
) -> None:
    assert [word for word, _ in tokens.words(encoded(raw, text), "en")] == text.split()


@_FIXTURES
@given(parts=_TEXTS)
def test_no_letter_and_no_token_is_lost(
    raw: Tokenizer, tokens: WhisperTokens, parts: list[str]
) -> None:
    ids = encoded(raw, "".join(" " + part for part in parts))
    words = tokens.words(ids, "en")
    assert "".join(word for word, _ in words) == "".join(parts)
    assert sum(count for _, count in words) == len(ids)
    assert all(count > 0 for _, count in words)


@_FIXTURES
@given(
    ids=st.lists(st.integers(0, 1022), max_size=40), language=st.sampled_from(["en", "ja", None])
)
def test_any_tokens_are_taken(tokens: WhisperTokens, ids: list[int], language: str | None) -> None:
    assert sum(count for _, count in tokens.words(ids, language)) == len(ids)


def test_unspaced_languages_are_timed_letter_by_letter(
    raw: Tokenizer, tokens: WhisperTokens
) -> None:
    ids = encoded(raw, "今日は、寒い。")
    assert [word for word, _ in tokens.words(ids, "ja")] == ["今", "日", "は、", "寒", "い。"]
    assert [word for word, _ in tokens.words(ids, "en")] == ["今日は、寒い。"]


def test_a_token_may_end_one_letter_and_begin_the_next(
    tokens: WhisperTokens, raw: Tokenizer
) -> None:
    text = "嘹魚"  # E5 98 B9, E9 AD 9A: the token B9 E9 spans the border
    ids = encoded(raw, text)
    assert len(ids) == 5
    assert tokens.words(ids, "zh") == [(text, 5)]


def test_a_broken_letter_spoils_no_other_word(raw: Tokenizer, tokens: WhisperTokens) -> None:
    broken = encoded(raw, "漢")[:2]
    ids = encoded(raw, " da") + broken + encoded(raw, " du di") + broken
    words = [word.rstrip("\N{REPLACEMENT CHARACTER}") for word, _ in tokens.words(ids, "en")]
    assert words == ["da", "du", "di"]


def test_prompt_and_opening(raw: Tokenizer, tokens: WhisperTokens) -> None:
    names = ["<|startoftranscript|>", "<|de|>", "<|transcribe|>", "<|notimestamps|>"]
    assert tokens.prompt("de", "transcribe", "") == [id_of(raw, name) for name in names]
    assert tokens.opening("de", "transcribe") == tokens.prompt("de", "transcribe", "")[:-1]
    assert tokens.opening(None, "transcribe") == [id_of(raw, "<|startoftranscript|>")]


def test_only_text_is_text(raw: Tokenizer, tokens: WhisperTokens) -> None:
    special = [id_of(raw, name) for name in ("<|endoftext|>", "<|en|>", "<|1.00|>")]
    assert tokens.text_tokens([5, *special, 7]) == [5, 7]


def test_languages_are_iso_codes(tokens: WhisperTokens, raw: Tokenizer) -> None:
    assert {"en", "de", "haw", "jv"} <= tokens.languages()
    assert len(tokens.languages()) == 99
    assert "jw" not in tokens.languages()
    assert tokens.opening("jv", "transcribe")[1] == id_of(raw, "<|jw|>")


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text('{"version":')
    with pytest.raises(CorruptWeights, match=r"tokenizer\.json"):
        WhisperTokens(file)


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    whisper = tokenizer_with(("en",), 1024, multilingual=False).to_str()
    file.write_text(whisper.replace("<|transcribe|>", "<|sing|>"))
    with pytest.raises(CorruptWeights, match="transcribe"):
        WhisperTokens(file)


def test_a_translation_is_asked_for_in_the_opening(raw: Tokenizer, tokens: WhisperTokens) -> None:
    asked = tokens.prompt("de", "translate", "")
    names = ["<|startoftranscript|>", "<|de|>", "<|translate|>", "<|notimestamps|>"]
    assert asked == [id_of(raw, name) for name in names]
    with pytest.raises(OptionError, match="the task 'summarise'"):
        Reading(task="summarise")


def test_what_comes_before_a_window_is_cut_from_its_front(
    raw: Tokenizer, tokens: WhisperTokens
) -> None:
    asked = Reading(initial_prompt=" baba dudu ", hotwords="keke")
    prompt = tokens.prompt("en", "transcribe", asked.before)
    ids = raw.encode(" keke baba dudu", add_special_tokens=False).ids
    opening = tokens.prompt("en", "transcribe", "")
    assert prompt == [id_of(raw, "<|startofprev|>"), *ids, *opening]
    long = tokens.prompt("en", "transcribe", ("baba dudu " * 500).strip())
    whole = raw.encode(" " + ("baba dudu " * 500).strip(), add_special_tokens=False).ids
    assert long == [prompt[0], *whole[-200:], *opening]

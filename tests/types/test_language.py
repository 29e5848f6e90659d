"""Language codes: ISO 639-1 and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.types.language import LANGUAGES, checked_language
from clipkit.types.media import Source


def test_there_are_183_codes_of_two_small_letters() -> None:
    assert len(LANGUAGES) == 183
    assert all(len(code) == 2 and code.isascii() and code.islower() for code in LANGUAGES)


@pytest.mark.parametrize("code", ["en", "es", "de", "fr", "ja", "zh", "nb", "he", "id", "yi"])
def test_codes_in_use_are_known(code: str) -> None:
    assert checked_language(code) == code


@pytest.mark.parametrize("retired", ["iw", "in", "ji", "mo", "sh"])
def test_retired_codes_are_refused(retired: str) -> None:
    with pytest.raises(OptionError):
        checked_language(retired)


@pytest.mark.parametrize(("written", "code"), [("EN", "en"), (" de ", "de"), ("Fr\n", "fr")])
def test_case_and_space_do_not_count(written: str, code: str) -> None:
    assert checked_language(written) == code


@pytest.mark.parametrize("wrong", ["", "eng", "en-US", "english", "xx", "e n", "\uff45\uff4e"])
def test_what_is_no_code_is_refused_and_named(wrong: str) -> None:
    with pytest.raises(OptionError) as caught:
        checked_language(wrong)
    assert repr(wrong) in str(caught.value)
    assert "ISO 639-1" in str(caught.value)


@given(st.text(max_size=4))
def test_every_text_is_a_known_code_or_an_option_error(text: str) -> None:
    try:
        assert checked_language(text) in LANGUAGES
    except OptionError:
        assert text not in LANGUAGES


def test_a_source_checks_its_language_and_makes_a_path_of_text() -> None:
    source = Source("talk.mp4", "EN")  # type: ignore[arg-type]
    assert source == Source(Path("talk.mp4"), "en")
    with pytest.raises(OptionError):
        Source(Path("talk.mp4"), "english")

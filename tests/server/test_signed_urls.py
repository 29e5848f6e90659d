"""A signed URL does what it was signed for, until it expires, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import SignatureError
from clipkit.server.signed_urls import Method, Permit, UrlSigner, kept_secret

SIGNER = UrlSigner(b"k" * 32, "https://clips.example/files/")
NOW_S = 1_745_800_000
READ = Permit("GET", "preview/9d8e7f6a.mp4", NOW_S + 3600)
WRITE = Permit("PUT", "tmp/api-uploads/u1", NOW_S + 3600, "video/mp4")


def _parts(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    return unquote(parts.path.removeprefix("/files/")), dict(parse_qsl(parts.query))


@pytest.mark.parametrize("permit", [READ, WRITE])
@pytest.mark.parametrize("age_s", [0, 3599])
def test_what_was_signed_is_granted(permit: Permit, age_s: int) -> None:
    key, query = _parts(SIGNER.url(permit))
    assert SIGNER.permit(permit.method, key, query, now_s=NOW_S + age_s) == permit


def test_a_url_lies_where_the_objects_are_served() -> None:
    url = SIGNER.url(READ)
    assert url.startswith("https://clips.example/files/preview/9d8e7f6a.mp4?expires=1745803600&")


@pytest.mark.parametrize("age_s", [3600, 10**9])
def test_what_has_expired_is_refused(age_s: int) -> None:
    key, query = _parts(SIGNER.url(READ))
    with pytest.raises(SignatureError, match="expired"):
        SIGNER.permit("GET", key, query, now_s=NOW_S + age_s)


def test_the_clock_is_read_where_no_time_is_given() -> None:
    key, query = _parts(SIGNER.url(READ))
    with pytest.raises(SignatureError, match="expired"):
        SIGNER.permit("GET", key, query)


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("PUT", READ.key),
        ("GET", "preview/other.mp4"),
        ("GET", "preview/../preview/9d8e7f6a.mp4"),
        ("GET", "preview//9d8e7f6a.mp4"),
        ("GET", "Preview/9d8e7f6a.mp4"),
        ("GET", ""),
    ],
)
def test_another_method_or_object_is_refused(method: Method, key: str) -> None:
    _, query = _parts(SIGNER.url(READ))
    with pytest.raises(SignatureError, match="not of this object and method"):
        SIGNER.permit(method, key, query, now_s=NOW_S)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("expires", str(NOW_S + 7200)),
        ("type", "text/html"),
        ("signature", ""),
        ("signature", "0" * 64),
        ("signature", "é"),
    ],
)
def test_another_query_is_refused(field: str, value: str) -> None:
    key, query = _parts(SIGNER.url(WRITE))
    with pytest.raises(SignatureError, match="not of this object and method"):
        SIGNER.permit("PUT", key, {**query, field: value}, now_s=NOW_S)


@pytest.mark.parametrize("field", ["type", "signature"])
def test_a_query_that_lacks_a_field_is_refused(field: str) -> None:
    key, query = _parts(SIGNER.url(WRITE))
    del query[field]
    with pytest.raises(SignatureError, match="not of this object and method"):
        SIGNER.permit("PUT", key, query, now_s=NOW_S)


@pytest.mark.parametrize(
    "changed",
    [{"expires": ""}, {"expires": "-1"}, {"expires": "1e9"}, {"expires": "\u0661"}, {"x": "1"}],
)
def test_a_query_that_nobody_signs_is_refused(changed: dict[str, str]) -> None:
    key, query = _parts(SIGNER.url(READ))
    with pytest.raises(SignatureError, match="not one that was signed"):
        SIGNER.permit("GET", key, {**query, **changed}, now_s=NOW_S)


def test_another_services_urls_are_refused() -> None:
    key, query = _parts(UrlSigner(b"o" * 32, "https://clips.example/files").url(READ))
    with pytest.raises(SignatureError):
        SIGNER.permit("GET", key, query, now_s=NOW_S)


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="31 bytes can be guessed"):
        UrlSigner(b"k" * 31, "https://clips.example")


def test_what_moves_from_one_field_to_the_next_signs_another_text() -> None:
    moved = replace(WRITE, key=WRITE.key + "1", expires_s=WRITE.expires_s % 10**9)
    assert _parts(SIGNER.url(WRITE))[1]["signature"] != _parts(SIGNER.url(moved))[1]["signature"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30))
def test_keys_of_any_letters_come_back(key: str) -> None:
    permit = replace(READ, key=key)
    path, _, query = SIGNER.url(permit).removeprefix("https://clips.example/files/").partition("?")
    assert SIGNER.permit("GET", unquote(path), dict(parse_qsl(query)), now_s=NOW_S) == permit


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: kept_secret(path), range(16)))
    assert made == {path.read_bytes()}
    assert len(path.read_bytes()) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["secret.key"]

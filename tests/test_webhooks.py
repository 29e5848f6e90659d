"""A webhook is trusted if the secret's owner signed these very bytes within five minutes."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clipkit
from clipkit.errors import SignatureError
from clipkit.webhooks import signature_of, verify_webhook

SECRET = "whsec_0123456789abcdef"
BODY = b'{"id":"evt_1","type":"asset.analysis.succeeded","created":1745800000000,"data":{}}'
AT_S = 1_745_800_000
SIGNED = signature_of(SECRET, BODY, AT_S)


def test_the_signature_is_the_contracts() -> None:
    digest = hmac.new(SECRET.encode(), f"{AT_S}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert signature_of(SECRET, BODY, AT_S) == f"t={AT_S},v1={digest}"


def test_a_signature_is_what_openssl_makes_of_it() -> None:
    # printf '1745800000.{}' | openssl dgst -sha256 -hmac secret
    digest = "6cc4e88ee2e97a000efdf8149ceae5b89ca622c9007b9d33e81afed56b0a038b"
    assert signature_of("secret", b"{}", AT_S) == f"t={AT_S},v1={digest}"


@pytest.mark.parametrize("age_s", [-300, -1, 0, 1, 299, 300])
def test_what_was_signed_within_five_minutes_is_trusted(age_s: int) -> None:
    verify_webhook(SECRET, BODY, SIGNED, now_s=AT_S + age_s)


@pytest.mark.parametrize("age_s", [-86_400, -301, 301, 86_400])
def test_what_was_signed_at_another_time_is_not(age_s: int) -> None:
    with pytest.raises(SignatureError, match=f"signed {age_s} s ago"):
        verify_webhook(SECRET, BODY, SIGNED, now_s=AT_S + age_s)


def test_the_clock_is_read_where_no_time_is_given() -> None:
    with pytest.raises(SignatureError, match="s ago"):
        verify_webhook(SECRET, BODY, SIGNED)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "t=1745800000",
        f"v1={SIGNED[-64:]}",
        SIGNED.replace("v1=", "v0="),
        SIGNED.upper(),
        SIGNED + "x",
        SIGNED + ",v2=00",
        SIGNED.replace(",", ", "),
        SIGNED[:-1],
        SIGNED.replace("t=", "t=-"),
        SIGNED.replace("t=1", "t=\u0661"),
        "\n" + SIGNED,
        SIGNED + "\n",
    ],
)
def test_another_form_is_refused(signature: str | None) -> None:
    with pytest.raises(SignatureError, match="missing or has another form"):
        verify_webhook(SECRET, BODY, signature, now_s=AT_S)


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        ("other", BODY, SIGNED),
        ("", BODY, SIGNED),
        (SECRET, BODY + b" ", SIGNED),
        (SECRET, BODY.replace(b"succeeded", b"failed"), SIGNED),
        (SECRET, BODY, SIGNED.replace(f"t={AT_S}", f"t={AT_S + 1}")),
        (SECRET, BODY, SIGNED[:-1] + ("0" if SIGNED[-1] != "0" else "1")),
    ],
)
def test_another_secret_body_or_time_is_refused(secret: str, body: bytes, signature: str) -> None:
    with pytest.raises(SignatureError, match="another body or made with another secret"):
        verify_webhook(secret, body, signature, now_s=AT_S)


def test_one_of_two_signatures_is_enough_while_a_secret_is_exchanged() -> None:
    old = signature_of("old", BODY, AT_S).partition(",")[2]
    verify_webhook(SECRET, BODY, f"{SIGNED},{old}", now_s=AT_S)
    verify_webhook("old", BODY, f"{SIGNED},{old}", now_s=AT_S)


@given(st.text(max_size=20), st.binary(max_size=200), st.integers(0, 10**11))
def test_what_is_signed_is_trusted(secret: str, body: bytes, at_s: int) -> None:
    secret = secret.encode("utf-8", "ignore").decode()
    verify_webhook(secret, body, signature_of(secret, body, at_s), now_s=at_s)


def test_receivers_have_it_by_its_public_name() -> None:
    assert clipkit.verify_webhook is verify_webhook

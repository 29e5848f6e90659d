"""Tokens are taken from the one provider, for this service, in time, and in no other way."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from clipkit.errors import FetchError, OptionError, SignatureError
from clipkit.server import tokens
from clipkit.server.tokens import Identity, TokenReader, TokenRules
from tests.server.https_server import HttpsServer, sending

RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
SECRET = "s" * 32
ISSUER, AUDIENCE = "https://id.example/", "clipkit"
LATER = 4_000_000_000
"""In the year 2096: tokens made when tests are gathered are read much later."""

WHO = Identity("user_1", "team_abc123")

Sign = Callable[..., str]


def _claims(**changed: Any) -> dict[str, Any]:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user_1",
        "team_id": "team_abc123",
        "exp": LATER,
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def _key_set() -> bytes:
    rsa_key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key()))
    ec_key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key()))
    keys = [{**rsa_key, "kid": "r1", "use": "sig"}, {**ec_key, "kid": "e1", "use": "sig"}]
    return json.dumps({"keys": keys}).encode()


@pytest.fixture(scope="module")
def provider() -> Iterator[HttpsServer]:
    with HttpsServer("localhost") as server:
        server.answers["/jwks"] = sending(_key_set())
        yield server


@pytest.fixture
def reader(provider: HttpsServer) -> TokenReader:
    url = f"https://localhost:{provider.port}/jwks"
    return TokenReader(TokenRules(issuer=ISSUER, audience=AUDIENCE, jwks_url=url), tls=provider.tls)


@pytest.fixture
def of_secret() -> TokenReader:
    return TokenReader(TokenRules(issuer=ISSUER, audience=AUDIENCE, secret=SECRET))


def _rs256(kid: str | None = "r1", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    head = {**({"kid": kid} if kid else {}), **(headers or {})}
    return jwt.encode(_claims(**claims), RSA_KEY, "RS256", head)


def test_tokens_of_the_provider_are_taken(reader: TokenReader) -> None:
    assert reader.read(_rs256()) == WHO
    assert reader.read(jwt.encode(_claims(), EC_KEY, "ES256", {"kid": "e1"})) == WHO


def test_tokens_of_the_secret_are_taken(of_secret: TokenReader) -> None:
    assert of_secret.read(jwt.encode(_claims(), SECRET, "HS256")) == WHO


def test_the_keys_are_fetched_once(reader: TokenReader, provider: HttpsServer) -> None:
    provider.asked.clear()
    for _ in range(3):
        reader.read(_rs256())
    assert [path for _, path in provider.asked] == ["/jwks"]


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": LATER},
        {"iat": LATER},
        {"iss": "https://evil.example/"},
        {"iss": None},
        {"aud": "another"},
        {"aud": []},
        {"aud": None},
        {"sub": None},
        {"team_id": None},
        {"team_id": ""},
        {"team_id": 7},
        {"team_id": "a b"},
        {"team_id": "x" * 65},
        {"team_id": "../team_1"},
        {"team_id": ["team_abc123"]},
    ],
)
def test_claims_that_do_not_hold_are_refused(
    reader: TokenReader, of_secret: TokenReader, claims: dict[str, Any]
) -> None:
    with pytest.raises(SignatureError, match="cannot take this token"):
        reader.read(_rs256(**claims))
    with pytest.raises(SignatureError, match="cannot take this token"):
        of_secret.read(jwt.encode(_claims(**claims), SECRET, "HS256"))


def test_clocks_may_differ_a_little(reader: TokenReader) -> None:
    assert reader.read(_rs256(exp=int(time.time()) - 10)) == WHO


def _unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _signed_by(secret: bytes, header: dict[str, Any]) -> str:
    import hashlib
    import hmac

    head = _unsigned(header, _claims()).rstrip(".")
    digest = hmac.new(secret, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


PUBLIC_PEM = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
PUBLIC_DER = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)


@pytest.mark.parametrize(
    "token",
    [
        *(
            _unsigned({"alg": alg, "kid": "r1"}, _claims())
            for alg in ("none", "None", "NONE", "nOnE", "")
        ),
        _unsigned({"kid": "r1"}, _claims()),
        _signed_by(PUBLIC_PEM, {"alg": "HS256", "kid": "r1"}),
        _signed_by(PUBLIC_PEM.strip(), {"alg": "HS256", "kid": "r1"}),
        _signed_by(PUBLIC_DER, {"alg": "HS256", "kid": "r1"}),
        _signed_by(b"", {"alg": "HS256", "kid": "r1"}),
        _signed_by(PUBLIC_PEM, {"alg": "RS256", "kid": "r1"}),
        jwt.encode(_claims(), OTHER_RSA_KEY, "RS256", {"kid": "r1"}),
        jwt.encode(_claims(), RSA_KEY, "RS512", {"kid": "r1"}),
        jwt.encode(_claims(), RSA_KEY, "PS256", {"kid": "r1"}),
        jwt.encode(_claims(), RSA_KEY, "RS256", {"kid": "e1"}),
        jwt.encode(_claims(), RSA_KEY, "RS256", {"kid": "unknown"}),
        jwt.encode(_claims(), RSA_KEY, "RS256", {"kid": "../../r1"}),
        jwt.encode(_claims(), RSA_KEY, "RS256"),
        jwt.encode(_claims(), RSA_KEY, "RS256", {"kid": "r1", "crit": ["exp"]}),
        jwt.encode(_claims(), SECRET, "HS256"),
        "",
        ".",
        "..",
        "a.b.c",
        "not a token",
        "é" * 40,
        "x" * 8193,
    ],
)
def test_what_the_provider_did_not_sign_is_refused(reader: TokenReader, token: str) -> None:
    with pytest.raises(SignatureError, match="cannot take this token"):
        reader.read(token)


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_keys_that_a_token_points_at_are_not_fetched(
    reader: TokenReader, provider: HttpsServer, name: str
) -> None:
    provider.asked.clear()
    url = f"https://localhost:{provider.port}/evil"
    with pytest.raises(SignatureError):
        reader.read(jwt.encode(_claims(), OTHER_RSA_KEY, "RS256", {"kid": "r1", name: url}))
    assert "/evil" not in [path for _, path in provider.asked]


def test_a_key_that_a_token_brings_is_not_used(reader: TokenReader) -> None:
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(OTHER_RSA_KEY.public_key()))
    with pytest.raises(SignatureError):
        reader.read(jwt.encode(_claims(), OTHER_RSA_KEY, "RS256", {"kid": "r1", "jwk": key}))


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode(_claims(), "t" * 32, "HS256"),
        jwt.encode(_claims(), SECRET * 2, "HS384"),
        jwt.encode(_claims(), RSA_KEY, "RS256"),
        _unsigned({"alg": "none"}, _claims()),
        _signed_by(b"", {"alg": "HS256"}),
    ],
)
def test_what_was_not_signed_with_the_secret_is_refused(of_secret: TokenReader, token: str) -> None:
    with pytest.raises(SignatureError, match="cannot take this token"):
        of_secret.read(token)


@pytest.mark.parametrize(
    "token", [_rs256()[:-4] + "AAAA", _rs256().replace(".", "..", 1), _rs256() + ".x", _rs256()[1:]]
)
def test_a_token_that_was_changed_is_refused(reader: TokenReader, token: str) -> None:
    with pytest.raises(SignatureError, match="cannot take this token"):
        reader.read(token)


def test_a_provider_that_does_not_answer_is_no_fault_of_the_token() -> None:
    rules = TokenRules(issuer=ISSUER, audience=AUDIENCE, jwks_url="https://localhost:1/jwks")
    with pytest.raises(FetchError, match="keys cannot be had"):
        TokenReader(rules).read(_rs256())


def test_the_claim_of_the_team_is_a_choice() -> None:
    rules = TokenRules(issuer=ISSUER, audience=AUDIENCE, secret=SECRET, team_claim="org")
    token = jwt.encode(_claims(org="team_9"), SECRET, "HS256")
    assert TokenReader(rules).read(token) == Identity("user_1", "team_9")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, "neither is given"),
        ({"secret": SECRET, "jwks_url": "https://id.example/jwks"}, "both are given"),
        ({"secret": "short"}, "this one has 5"),
        ({"jwks_url": "http://id.example/jwks"}, "this one is http://"),
        ({"jwks_url": "file:///etc/keys"}, "this one is file://"),
    ],
)
def test_rules_that_protect_nothing_are_refused(options: dict[str, str], found: str) -> None:
    with pytest.raises(OptionError, match=found):
        TokenRules(issuer=ISSUER, audience=AUDIENCE, **options)


def test_while_the_provider_is_away_the_keys_it_gave_are_good_for_an_hour(
    reader: TokenReader, provider: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = time.monotonic()
    assert reader.read(_rs256()) == WHO

    def later(by_s: float) -> None:
        monkeypatch.setattr(tokens, "monotonic", lambda: now_s + by_s)
        assert reader._keys is not None
        assert reader._keys.jwk_set_cache is not None
        reader._keys.jwk_set_cache.jwk_set_with_timestamp = None

    for garbage in (b"<html>", b"[]"):
        provider.answers["/jwks"] = sending(garbage)
        later(600.0 if garbage == b"[]" else 1200.0)
        assert reader.read(_rs256()) == WHO
    asked = len(provider.asked)
    later(1205.0)
    assert reader.read(_rs256()) == WHO
    assert len(provider.asked) == asked, "it is left alone for a while"
    later(4000.0)
    with pytest.raises(FetchError, match="cannot be had"):
        reader.read(_rs256())
    provider.answers["/jwks"] = sending(_key_set())
    later(4020.0)
    assert reader.read(_rs256()) == WHO

"""Keys are found by their team, compared slowly once, and never stored."""

import uuid

import argon2
import pytest

from clipkit.server import api_keys
from clipkit.server.api_keys import ApiKey, KeyHasher

SECRET = "3b241101-e2bb-4255-8caf-4136c566a962"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that were compared the slow way."""
    tried: list[str] = []
    verify = argon2.PasswordHasher.verify

    def count(self: argon2.PasswordHasher, stored: str, secret: str) -> bool:
        tried.append(stored)
        return verify(self, stored, secret)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", count)
    return tried


@pytest.mark.parametrize("team", ["team_abc123", "a", "A-b_9", "x" * 64])
def test_a_key_is_read_as_it_is_written(team: str) -> None:
    key = ApiKey(SECRET, team)
    assert str(key) == f"{SECRET}-{team}"
    assert ApiKey.read(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET,
        f"{SECRET}-",
        f"{SECRET}-{'x' * 65}",
        f"{SECRET}-team abc",
        f"{SECRET}-team/../abc",
        f"{SECRET}-tëam",
        f"{SECRET.upper()}-team",
        f"{SECRET[:-1]}-team",
        f" {SECRET}-team",
        f"{SECRET}-team\n",
        f"{SECRET}-'; DROP TABLE keys; --",
    ],
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert ApiKey.read(text) is None


def test_new_keys_are_random() -> None:
    made = {ApiKey.new("team_1").secret for _ in range(100)}
    assert len(made) == 100
    assert all(uuid.UUID(secret).version == 4 for secret in made)


def test_a_secret_belongs_to_its_hash() -> None:
    hasher = KeyHasher()
    hashes = [hasher.hash(secret) for secret in ("a", SECRET, "b")]
    assert hasher.which(SECRET, hashes) == 1
    assert hasher.which("b", hashes) == 2
    assert hasher.which("c", hashes) is None
    assert hasher.which(SECRET, []) is None


def test_what_is_stored_is_slow_and_salted() -> None:
    hasher = KeyHasher()
    first, second = hasher.hash(SECRET), hasher.hash(SECRET)
    assert first != second
    assert first.startswith("$argon2id$")
    assert SECRET not in first


def test_what_was_right_once_is_not_compared_slowly_again(counted: list[str]) -> None:
    hasher = KeyHasher()
    hashes = [hasher.hash(SECRET)]
    assert not hasher.remembered(SECRET, hashes)
    assert hasher.which(SECRET, hashes) == 0
    assert hasher.remembered(SECRET, hashes)
    assert not hasher.remembered("wrong", hashes)
    assert len(counted) == 1


def test_what_was_revoked_is_not_found_any_more() -> None:
    hasher = KeyHasher()
    stored, other = hasher.hash(SECRET), hasher.hash("other")
    assert hasher.which(SECRET, [stored, other]) == 0
    assert not hasher.remembered(SECRET, [other])
    assert hasher.which(SECRET, [other]) is None


def test_what_was_wrong_is_compared_slowly_each_time(counted: list[str]) -> None:
    hasher = KeyHasher()
    hashes = [hasher.hash(SECRET)]
    assert [hasher.which("wrong", hashes) for _ in range(3)] == [None] * 3
    assert len(counted) == 3


def test_a_team_without_keys_takes_as_long_as_one_with_a_key(counted: list[str]) -> None:
    hasher = KeyHasher()
    assert hasher.which(SECRET, []) is None
    assert len(counted) == 1


def test_every_hash_is_tried_whichever_is_right(counted: list[str]) -> None:
    hasher = KeyHasher()
    hashes = [hasher.hash(secret) for secret in (SECRET, "a", "b")]
    assert hasher.which(SECRET, hashes) == 0
    assert counted == hashes


def test_a_hash_that_is_damaged_is_passed_over() -> None:
    hasher = KeyHasher()
    assert hasher.which(SECRET, ["", "$argon2id$v=19$m=1", hasher.hash(SECRET)]) == 2


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch, counted: list[str]) -> None:
    monkeypatch.setattr(api_keys, "_KNOWN", 2)
    hasher = KeyHasher()
    stored = {secret: [hasher.hash(secret)] for secret in "abc"}
    for secret in "abc":
        assert hasher.which(secret, stored[secret]) == 0
    assert [hasher.remembered(secret, stored[secret]) for secret in "abc"] == [False, True, True]
    assert len(counted) == 3

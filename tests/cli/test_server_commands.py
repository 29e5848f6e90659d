"""The commands of the clips API: keys, and what serve and worker refuse before they start."""

import re
import socket
from pathlib import Path

import pytest

from clipkit.cli import main
from clipkit.server import KeyRing, Settings
from clipkit.server.api_keys import ApiKey, KeyHasher


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLIPKIT_DATABASE_URL", raising=False)
    monkeypatch.delenv("CLIPKIT_JWT_SECRET", raising=False)


def test_keys_are_made_listed_and_revoked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["keys", "create", "--team", "acme", "--name", "laptop"]) == 0
    told = capsys.readouterr()
    key = ApiKey.read(told.out.strip())
    assert key is not None
    assert key.team_id == "acme"
    assert "shown once" in told.err
    with KeyRing.of(Settings(folder=tmp_path / "clipkit-data")) as ring:
        (stored,) = ring.list("acme")
    assert KeyHasher().which(key.secret, [stored.hash]) == 0
    assert main(["keys", "list", "--team", "acme"]) == 0
    listed = capsys.readouterr().out
    assert re.fullmatch(r"key_\w+  \d{4}-\d\d-\d\d \d\d:\d\d UTC  laptop\n", listed)
    assert key.secret not in listed
    assert main(["keys", "revoke", "--team", "other", stored.id]) == 2
    assert main(["keys", "revoke", "--team", "acme", stored.id]) == 0
    assert main(["keys", "list", "--team", "acme"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["keys", "revoke", "--team", "acme", stored.id]) == 2
    assert "has no such key" in capsys.readouterr().err


@pytest.mark.parametrize("team", ["", "a b", "../x", "t" * 65])
def test_odd_teams_get_no_key(capsys: pytest.CaptureFixture[str], team: str) -> None:
    assert main(["keys", "create", "--team", team]) == 2
    assert "named by letters" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "about"),
    [
        (["serve", "--host", "0.0.0.0"], "--base-url"),
        (["serve", "--port", "0", "--issuer", "me"], "only a part of that is said"),
        (["serve", "--port", "0", "--issuer", "me", "--audience", "you"], "neither is given"),
        (["serve", "--port", "0", "--device", "cuda"], "goes with --whisper"),
        (["serve", "--port", "0", "--requests-a-minute", "0"], "positive whole number"),
        (["serve", "--port", "99999"], "cannot listen"),
        (["serve", "--host", "192.0.2.1", "--base-url", "http://x", "--port", "0"], "listen on"),
        (["worker", "--pipeline", "no.such.module:x"], "no.such.module"),
        (["worker", "--pipeline", "clipkit:nothing"], "there is no such function"),
        (["worker", "--pipeline", "clipkit"], "there is no such function"),
        (["worker", "--pipeline", "a:b", "--whisper", "small"], "brings its own Whisper"),
        (["worker", "--device", "cuda"], "goes with --whisper"),
    ],
)
def test_what_cannot_be_served_is_told_at_once(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    about: str,
) -> None:
    monkeypatch.setattr("os.nice", lambda by: 0)  # it could not be taken back
    assert main(options) == 2
    assert about in capsys.readouterr().err


def test_a_proxy_is_named_by_its_address(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--proxy", "proxy.example"])
    assert "'proxy.example' is no address and no network" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot listen on 127.0.0.1" in capsys.readouterr().err


def test_a_password_is_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPKIT_DATABASE_URL", "mysql://user:hunter2@host/name")
    assert main(["keys", "list"]) == 2
    assert "hunter2" not in capsys.readouterr().err

"""The service as a part of another: its router, its document, its public names."""

import sys
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

import clipkit.server
from clipkit.errors import MissingExtra, OutputError
from clipkit.server.app import install, router
from clipkit.server.service import Service
from clipkit.server.settings import Settings
from tests.server.serving import HEADERS, RULES, is_failure, token


def test_the_document_tells_schemes_and_failures(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"token", "key"}
    assert document["paths"]["/v1/ping"]["get"]["security"] == [{"token": []}, {"key": []}]
    for path, endpoints in document["paths"].items():
        for endpoint in endpoints.values():
            told = endpoint["responses"]
            assert {"400", "401", "404", "429"} <= set(told) or not path.startswith("/v1/")
            assert "ValidationError" not in str(told)
            failed = [answer for status, answer in told.items() if int(status) >= 400]
            refers = [answer["content"]["application/json"]["schema"] for answer in failed]
            assert refers
            assert all(one == {"$ref": "#/components/schemas/FailureEnvelope"} for one in refers)


def test_the_router_is_mounted_in_an_application_of_ones_own(tmp_path: Path) -> None:
    app = FastAPI()

    @app.post("/own")
    async def own(request: Request) -> int:
        return len(await request.body())

    @app.get("/broken")
    def broken() -> None:
        raise OutputError("cannot", "it is broken")

    app.include_router(router(), prefix="/clips")
    where = "http://testserver/clips"
    service = Service.of(Settings(folder=tmp_path / "data", tokens=RULES, base_url=where))
    install(app, service)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/clips/v1/ping", headers=token("team_7")).json()["team_id"] == "team_7"
        assert is_failure(client.get("/clips/v1/ping"), 401, "UNAUTHORIZED")
        announced = client.post(
            "/clips/v1/uploads", json={"content_type": "video/mp4"}, headers=token()
        ).json()
        url = announced["upload_url"]
        assert url.startswith("http://testserver/clips/files/")
        large = b"x" * 1_000_000
        assert client.put(url, content=large, headers={"Content-Type": "video/mp4"}).is_success
        source = {"upload_id": announced["upload_id"]}
        started = client.post("/clips/v1/clips", json={"source": source}, headers=token())
        assert started.status_code == 202
        assert is_failure(client.post("/clips/v1/clips", content=large), 413, "TOO_LARGE")
        # What else the application does is none of our business.
        answer = client.post("/own", content=large)
        assert answer.json() == len(large)
        assert not HEADERS & set(answer.headers)
        assert client.get("/broken").text == "Internal Server Error"
    service.close()


def test_public_names_come_when_they_are_used() -> None:
    assert set(dir(clipkit.server)) == set(clipkit.server.__all__)
    for name in clipkit.server.__all__:
        assert getattr(clipkit.server, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = clipkit.server.nothing


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("clipkit.server.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    monkeypatch.delitem(vars(clipkit.server), "create_app", raising=False)
    with pytest.raises(MissingExtra, match=r"fastapi.*clipkit\[server\]"):
        _ = clipkit.server.create_app

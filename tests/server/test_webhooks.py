"""Webhooks are registered, listed and deleted by whoever may manage a team."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from clipkit.server.happenings import TYPES
from clipkit.server.records.webhooks import add_webhook
from tests.server.running import service_of
from tests.server.serving import token

ALL = [*TYPES]


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({}, "url"),
        ({"url": "https://a.example/h"}, "events"),
        ({"url": "https://a.example/h", "events": []}, "events"),
        ({"url": "https://a.example/h", "events": ["asset.deleted"]}, "events"),
        ({"url": "http://a.example/h", "events": ALL}, "https"),
        ({"url": "https://u:p@a.example/h", "events": ALL}, "password"),
        ({"url": "file:///etc/passwd", "events": ALL}, "https"),
        ({"url": "https://a.example/h", "events": ALL, "secret": "mine"}, "secret"),
    ],
)
def test_webhooks_that_cannot_be_are_told(client: TestClient, body: Any, about: str) -> None:
    answer = client.post("/v1/webhooks", json=body, headers=token())
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")
    assert about in answer.json()["error"]["message"]


def test_a_url_is_registered_once_and_its_secret_shown_once(client: TestClient) -> None:
    asked = {"url": "https://a.example/h", "events": ["project.render.succeeded"]}
    made = client.post("/v1/webhooks", json=asked, headers=token()).json()
    assert set(made) == {"id", "url", "events", "created_at", "secret"}
    assert len(made["secret"]) > 40
    again = client.post("/v1/webhooks", json=asked, headers=token())
    assert again.status_code == 400
    assert client.post("/v1/webhooks", json=asked, headers=token("team_2")).status_code == 201
    listed = client.get("/v1/webhooks", headers=token())
    made.pop("secret")
    assert listed.json() == {"webhooks": [made]}


def test_a_key_makes_no_webhooks(client: TestClient) -> None:
    key = client.post("/v1/keys", json={"name": "k"}, headers=token()).json()["key"]
    headers = {"Authorization": f"Key {key}"}
    for method, path in [
        ("GET", "/v1/webhooks"),
        ("POST", "/v1/webhooks"),
        ("DELETE", "/v1/webhooks/wh_1"),
    ]:
        answer = client.request(method, path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHORIZED")


def test_a_url_that_is_registered_meanwhile_is_refused(client: TestClient) -> None:
    service = service_of(client)
    url = "https://hooks.example/x"
    assert client.get("/v1/webhooks", headers=token()).status_code == 200  # its team is known now
    with ThreadPoolExecutor() as pool, service.database.writing() as connection:
        add_webhook(connection, "team_1", url, ["project.render.failed"], 1)
        answer = pool.submit(
            client.post,
            "/v1/webhooks",
            json={"url": url, "events": ["project.render.failed"]},
            headers=token(),
        )
        time.sleep(0.5)
        assert not answer.done()
    assert answer.result().status_code == 400
    assert len(client.get("/v1/webhooks", headers=token()).json()["webhooks"]) == 1

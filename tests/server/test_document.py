"""The OpenAPI document is true: no request that it allows, or nearly, gets an answer it lacks.

CLIPKIT_CASES says how many requests each endpoint gets; the first dozens find most that is there.
"""

import json
import os
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from clipkit.schema import query_to_dict
from clipkit.server.app import create_app
from clipkit.server.records import outcomes
from clipkit.server.records.jobs import NewJob, StoredClip, add_job
from clipkit.server.records.teams import ensure_team
from clipkit.server.settings import Settings
from clipkit.types.query import Query
from tests.schema.jobs_made import JOB
from tests.server.serving import RULES, token

CASES = int(os.environ.get("CLIPKIT_CASES", "30"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
CLIP_ID = "9d8e7f6a-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("document")
    app = create_app(Settings(folder=folder, tokens=RULES, requests_a_minute=10_000_000))
    with app.state.clipkit.database.writing() as connection:
        ensure_team(connection, "team_1", 1)
        query = json.dumps(query_to_dict(Query()))
        url = "https://example.com/v"
        new = NewJob(upload_id=None, url=url, language=None, query=query)
        job = add_job(connection, "team_1", new, 1_745_800_000_000)
        outcomes.begin(connection, job.id)
        clip = StoredClip(CLIP_ID, job.id, "team_1", 1.0, 5.0, has_preview=True)
        outcomes.answer(connection, job.id, JOB.to_json(), [clip])
    app.state.known = {"jobId": job.id, "clipId": CLIP_ID, "renderId": CLIP_ID}
    return app


def _operations(app: FastAPI) -> list[Any]:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    return [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]


def test_every_endpoint_keeps_to_its_document(app: FastAPI) -> None:
    asked = 0
    for operation in _operations(app):

        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), is_known=st.booleans(), is_anonymous=st.booleans())
        def check(case: Any, is_known: bool, is_anonymous: bool) -> None:
            nonlocal asked
            asked += 1
            known = app.state.known
            if is_known and set(case.path_parameters or ()) <= set(known):
                case.path_parameters = {name: known[name] for name in case.path_parameters or ()}
            if case.method == "DELETE":  # what is known stays, for the others
                case.path_parameters = {**case.path_parameters, "jobId": "none"}
            case.headers = {**(case.headers or {}), **({} if is_anonymous else token())}
            response = case.call()
            case.validate_response(response, checks=CHECKS)

        check()
    assert asked >= 10 * CASES

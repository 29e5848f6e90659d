"""Jobs as JSON text, and back."""

import copy
import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import SchemaError
from clipkit.schema import Job, JobSource, job_from_json, job_to_dict, job_to_json
from clipkit.types.query import Query, Region
from clipkit.types.time import Span
from tests.schema.jobs_made import FAILED, JOB, NO_CLIPS, jobs, queries


@given(jobs())
def test_a_job_read_back_is_written_to_the_same_bytes(job: Job) -> None:
    text = job_to_json(job)
    assert job_to_json(job_from_json(text)).encode() == text.encode()


@pytest.mark.parametrize("job", [JOB, NO_CLIPS, FAILED], ids=["done", "no clips", "failed"])
def test_a_job_read_back_is_the_job_but_for_rounding_and_timings(job: Job) -> None:
    back = job_from_json(job_to_json(job))
    assert replace(back, report=job.report, clips=job.clips) == job
    assert back.report == replace(job.report, timings=())
    assert (back.clips.reason, back.clips.rejected) == (job.clips.reason, job.clips.rejected)
    for clip, original in zip(back.clips, job.clips, strict=True):
        assert (clip.id, clip.title, clip.criterion) == (
            original.id,
            original.title,
            original.criterion,
        )
        assert clip.span.start_s == pytest.approx(original.span.start_s, abs=0.0005)
        assert clip.transcript == original.transcript
        assert [word.speaker for word in clip.words] == [word.speaker for word in original.words]


def test_a_job_writes_itself() -> None:
    assert JOB.to_json() == job_to_json(JOB)
    assert JOB.to_dict() == job_to_dict(JOB)


def test_the_text_is_readable_and_ends_in_a_line_feed() -> None:
    text = job_to_json(JOB)
    assert "“key points”" in text
    assert text.endswith("}\n")


def test_timings_stay_out_so_that_the_same_job_gives_the_same_bytes() -> None:
    slower = replace(JOB, report=replace(JOB.report, timings=()))
    assert job_to_json(slower) == job_to_json(JOB)


def test_a_path_that_is_no_unicode_survives_a_file(tmp_path: Path) -> None:
    source = JobSource(Path("/videos/caf\udce9 \\ é.mp4"), "ab" * 32, 1.0)
    file = tmp_path / "clips.json"
    file.write_text(job_to_json(replace(JOB, source=source)), encoding="utf-8")
    assert job_from_json(file.read_text(encoding="utf-8")).source == source


def test_fields_that_a_later_version_adds_are_passed_over() -> None:
    document = job_to_dict(JOB)
    parts = [document, document["source"], document["query"], *document["rejected"]]
    parts += [*document["fallbacks"], *document["notices"], *document["clips"]]
    for clip in document["clips"]:
        parts += [*clip["signals"], *clip["matches"], *clip["words"]]
    for part in parts:
        part["from_a_later_version"] = 1
    assert job_to_json(job_from_json(json.dumps(document))) == job_to_json(JOB)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "7",
        "[" * 100_000,
        "1" * 5000,
        job_to_json(JOB)[: len(job_to_json(JOB)) // 2],
        job_to_json(JOB).replace("1745800000000", "1e999"),
        job_to_json(JOB).replace("0.9123", "NaN"),
    ],
)
def test_damaged_text_is_a_schema_error(text: str) -> None:
    with pytest.raises(SchemaError, match="cannot read the job"):
        job_from_json(text)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value within a document, containers included."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [path, *(found for key, part in pairs for found in _leaves(part, (*path, key)))]


PATHS = [path for path in _leaves(job_to_dict(JOB)) if path]


def _damaged(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(job_to_dict(JOB))
    parent: Any = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return document


wrong_values: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**13),
    st.floats(),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just(10**400),
)


@given(st.sampled_from(PATHS), wrong_values)
def test_a_damaged_value_is_a_schema_error_or_still_a_job(
    path: tuple[Any, ...], value: Any
) -> None:
    try:
        job = job_from_json(json.dumps(_damaged(path, value)))
    except SchemaError as error:
        assert error.remedy or "no JSON" in error.found
        return
    text = job_to_json(job)
    assert job_to_json(job_from_json(text)) == text


LATER = [
    ("query", name)
    for name in ("exclude", "min_duration", "max_duration", "within", "pinned", "excluded")
]
"""What the first version did not write."""

REQUIRED = [
    path
    for path in PATHS
    if not isinstance(path[-1], int)
    and path[-1] not in {"preview_url", "confidence", "speaker", "transcript", "duration"}
    and path[0] != "engines"
    and path not in LATER
]


@pytest.mark.parametrize("path", REQUIRED, ids=lambda path: ".".join(map(str, path)))
def test_a_missing_field_is_a_schema_error_that_names_it(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(job_to_dict(JOB))
    parent: Any = document
    for key in path[:-1]:
        parent = parent[key]
    del parent[path[-1]]
    with pytest.raises(SchemaError) as caught:
        job_from_json(json.dumps(document))
    assert path[-1] in caught.value.found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("status",), "running"),
        (("job_id",), 7),
        (("created_at",), "1745800000000"),
        (("clips",), {}),
        (("clips", 0, "title"), 7),
        (("clips", 0, "score"), "high"),
        (("clips", 0, "start"), 900.0),
        (("clips", 0, "words", 0, "text"), None),
        (("source", "path"), 3),
        (("query", "top"), 0),
        (("query", "criteria"), "key points"),
        (("query", "criteria"), None),
        (("query", "exclude"), [7]),
        (("query", "exclude"), ["key points"]),
        (("query", "min_duration"), 70),
        (("query", "max_duration"), True),
        (("query", "within"), [0, 1]),
        (("query", "within"), {"start": 20.0, "end": 30.0}),
        (("query", "pinned"), {"start": 1.0, "end": 2.0}),
        (("query", "pinned"), [{"start": 95.0, "end": 100.0}]),
        (("query", "excluded"), [{"start": 3.0, "end": 2.0}]),
        (("engines",), []),
        (("language",), 7),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_schema_error(path: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(SchemaError):
        job_from_json(json.dumps(_damaged(path, value)))


def test_a_job_of_the_first_version_is_read() -> None:
    """Its question, written out by hand, had three fields."""
    document = job_to_dict(JOB)
    document["query"] = {"criteria": ["key points"], "target_duration": None, "top": 3}
    job = job_from_json(json.dumps(document))
    assert job.query == Query(criteria=("key points",), top=3)
    assert replace(job, query=JOB.query).to_json() == JOB.to_json()


@pytest.mark.parametrize("path", LATER, ids=lambda path: path[1])
def test_what_a_question_does_not_say_has_its_default(path: tuple[str, str]) -> None:
    document = job_to_dict(JOB)
    del document["query"][path[1]]
    back = job_to_dict(job_from_json(json.dumps(document)))
    assert back["query"] == job_to_dict(JOB)["query"] | {
        path[1]: None if "duration" in path[1] or path[1] == "within" else []
    }


@given(queries())
def test_a_question_read_back_is_the_question(query: Query) -> None:
    assert job_from_json(job_to_json(replace(JOB, query=query))).query == query


@pytest.mark.parametrize("place", ["within", "pinned", "excluded"])
def test_a_range_shorter_than_a_millisecond_is_read_back(place: str) -> None:
    span = Span(1.0001, 1.0003)
    region = {
        "within": Region(within=span),
        "pinned": Region(pinned=(span,)),
        "excluded": Region(excluded=(span,)),
    }[place]
    text = job_to_json(replace(JOB, query=Query(region=region)))
    assert job_to_json(job_from_json(text)) == text


def test_a_job_id_is_kept_as_it_is() -> None:
    job_id = str(uuid.UUID(int=7))
    assert job_from_json(job_to_json(replace(JOB, job_id=job_id))).job_id == job_id

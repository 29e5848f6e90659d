"""The main job on the bundled video, with the real engines that need no download."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import clipkit as ck
from clipkit.schema import job_from_json, job_schema
from tests.media import oracle

CRITERIA = ("funny moments", "practical advice")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo-clips")


@pytest.fixture(scope="module")
def job(demo: Path, folder: Path) -> ck.Job:
    return ck.find_clips(demo, CRITERIA, out=folder)


@pytest.fixture(scope="module")
def document(job: ck.Job, folder: Path) -> dict[str, Any]:
    text = (folder / "clips.json").read_text()
    assert text == job.to_json()
    read: dict[str, Any] = json.loads(text)
    return read


def _topic_of(span: ck.Span, truth: dict[str, Any]) -> str | None:
    """Return the topic that at least 80 % of a span lies in."""
    for topic in truth["topics"]:
        shared_s = span.intersection_s(ck.Span(topic["start_s"], topic["end_s"]))
        if shared_s >= 0.8 * span.duration_s:
            return str(topic["name"])
    return None


def test_at_least_three_clips_lie_each_on_a_topic_of_its_own(
    job: ck.Job, demo_truth: dict[str, Any]
) -> None:
    topics = [_topic_of(clip.span, demo_truth) for clip in job.clips]
    assert len(set(topics) - {None}) >= 3, topics


def test_the_best_answer_to_funny_moments_is_the_dog_and_the_cake(
    job: ck.Job, demo_truth: dict[str, Any]
) -> None:
    funny = [clip for clip in job.clips if clip.criterion == "funny moments"]
    assert funny
    assert _topic_of(funny[0].span, demo_truth) == "The dog and the birthday cake"


def test_no_clip_starts_or_ends_while_somebody_speaks(
    job: ck.Job, demo_truth: dict[str, Any]
) -> None:
    for clip in job.clips:
        for edge_s in (clip.span.start_s, clip.span.end_s):
            for sentence in demo_truth["sentences"]:
                inside = sentence["start_s"] + 0.1 < edge_s < sentence["end_s"] - 0.1
                assert not inside, (clip.span, sentence)


def test_clips_do_not_overlap_and_come_best_first(job: ck.Job) -> None:
    in_time = sorted(clip.span for clip in job.clips)
    assert all(not a.overlaps(b) for a, b in pairwise(in_time))
    scores = [clip.score for clip in job.clips]
    assert scores == sorted(scores, reverse=True)


def test_the_document_matches_the_schema_and_reads_back(
    document: dict[str, Any], job: ck.Job
) -> None:
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(job_schema(), format_checker=checker).validate(document)
    assert job_from_json(job.to_json()).to_json() == job.to_json()


def test_every_preview_plays_and_lasts_as_long_as_its_clip(
    document: dict[str, Any], folder: Path
) -> None:
    for clip in document["clips"]:
        path = folder / clip["preview_url"]
        assert oracle.complaints(path) == ""
        # One picture of the demo lasts 0.04 s; ffmpeg prints the length in hundredths.
        assert abs(oracle.duration_s(path) - clip["duration"]) < 0.04


def test_what_ran_instead_of_whisper_stands_in_the_result(document: dict[str, Any]) -> None:
    assert document["engines"]["transcript"] == "pocketsphinx/en-us"
    fallback = next(item for item in document["fallbacks"] if item["stage"] == "Transcribe")
    assert fallback["asked"].startswith("whisper-ct2/")
    assert fallback["ran"] == "pocketsphinx/en-us"
    assert "hub" in fallback["reason"]


def test_the_same_input_gives_the_same_bytes_but_for_id_and_time(
    demo: Path, document: dict[str, Any], tmp_path: Path
) -> None:
    again = ck.find_clips(demo, CRITERIA, out=tmp_path / "elsewhere").to_dict()
    for changing in ("job_id", "created_at"):
        assert again.pop(changing) != document[changing]
    first = {key: value for key, value in document.items() if key in again}
    assert json.dumps(again) == json.dumps(first)


def test_every_word_is_in_its_clip(job: ck.Job) -> None:
    for clip in job.clips:
        assert clip.words
        for word in clip.words:
            assert clip.span.start_s <= word.span.start_s + 0.01
            assert word.span.end_s <= clip.span.end_s + 0.01


def test_the_stages_report_what_they_cost(job: ck.Job) -> None:
    stages = {timing.stage for timing in job.report.timings}
    assert {"probe", "DetectSpeech", "Transcribe", "DetectShots", "encode_previews"} <= stages
    assert all(timing.wall_s >= 0.0 for timing in job.report.timings)
    assert all(timing.peak_ram_bytes > 10_000_000 for timing in job.report.timings)

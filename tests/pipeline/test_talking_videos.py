"""The whole job, with the real engines, on real recordings of people who talk."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import clipkit as ck
from clipkit.schema import job_schema
from clipkit.types.media import MediaInfo
from tests.media import oracle

pytestmark = pytest.mark.needs_media

TALKING = (
    "audiobook_still_88s.mp4",
    "face_congress_8s.mp4",
    "face_german_20s.mp4",
    "grid_bbaf2n_3s.mpg",
    "grid_swwp2s_3s.mpg",
    "his_girl_friday_6s.mp4",
    "interview_two_people_17s.mp4",
    "narrated_green_42s.mp4",
    "nasa_two_streams_13s.mp4",
    "noisy_restaurant_9s.mp4",
    "presenter_man_6s.mp4",
    "stage_rap_cuts_10s.mp4",
    "tiny_talker_90s.mp4",
    "vertical_captioned_12s.mp4",
)


@pytest.fixture(scope="module")
def pipeline() -> Iterator[ck.Pipeline]:
    made = ck.Pipeline.default()
    yield made
    made.close()


@pytest.mark.parametrize("name", TALKING)
def test_a_talking_video_gives_a_valid_job_with_previews_in_sync(
    name: str, media: Path, tmp_path: Path, pipeline: ck.Pipeline
) -> None:
    path = media / "video" / name
    job = ck.find_clips(path, out=tmp_path, pipeline=pipeline)
    document = json.loads(job.to_json())
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(job_schema(), format_checker=checker).validate(document)
    assert document["clips"], document["reason"]

    info = pipeline.run((MediaInfo,), [ck.Source(path)])[0][MediaInfo]
    picture_s = 1.0 / float(info.video.frame_rate_hz)
    said = oracle.sound(path, stream=str(info.audio.index), gap_s=0.005)
    for clip in document["clips"]:
        preview = tmp_path / clip["preview_url"]
        assert abs(oracle.duration_s(preview) - clip["duration"]) < picture_s
        assert abs(oracle.shown_until_s(preview) - clip["duration"]) < picture_s
        wanted = said[round(clip["start"] * 16000) : round(clip["end"] * 16000)]
        assert np.abs(wanted).max() > 0.01
        assert abs(oracle.lag_s(oracle.sound(preview), wanted)) < 0.04

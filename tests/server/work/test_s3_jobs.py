"""Everything works the same where objects lie in a bucket."""

import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest

from clipkit.errors import OptionError
from clipkit.server.settings import Settings
from clipkit.server.storage.objects import upload_key
from clipkit.server.storage.s3 import S3Store
from tests.server.running import answering, polled, service_of, started, working
from tests.server.serving import RULES, token


def test_from_upload_to_render_over_a_bucket(
    tmp_path: Path, bucket_url: str, short_video: Path
) -> None:
    settings = Settings(
        folder=tmp_path / "data", tokens=RULES, objects_url=bucket_url, requests_a_minute=100_000
    )
    with answering(settings) as client, working(settings):
        asked = {"content_type": "video/mp4"}
        announced = client.post("/v1/uploads", json=asked, headers=token()).json()
        headers = {"Content-Type": "video/mp4"}
        url = announced["upload_url"]
        assert httpx.put(url, content=short_video.read_bytes(), headers=headers).is_success
        source = {"upload_id": announced["upload_id"]}
        job_id = started(client, source, criteria="customers", target_duration=3, top=1)
        (clip,) = polled(client, f"/v1/clips/{job_id}")[-1]["clips"]
        part = httpx.get(clip["preview_url"], headers={"Range": "bytes=0-99"})
        assert (part.status_code, len(part.content)) == (206, 100)
        client.post(f"/v1/clips/{clip['id']}/renders", headers=token())
        render = polled(client, f"/v1/renders/{clip['id']}")[-1]
        whole = httpx.get(render["output_url"])
        assert whole.headers["content-type"] == "video/mp4"
        assert whole.content[4:8] == b"ftyp"
        store = service_of(client).store
        keys = {found.key for found in store.list("")}
        assert keys == {
            upload_key("team_1", announced["upload_id"]),
            f"source/{job_id}",
            f"preview/{clip['id']}.mp4",
            f"render/{clip['id']}.mp4",
        }
        client.delete(f"/v1/clips/{job_id}", headers=token())
        assert {found.key for found in store.list("")} == {
            upload_key("team_1", announced["upload_id"])
        }
    assert not (settings.folder / "objects").exists()


def test_urls_are_good_for_an_hour_and_one_content_type(bucket_url: str) -> None:
    store = S3Store(bucket_url)
    for url in (
        store.upload_url("tmp/api-uploads/a", "video/mp4", int(time.time()) + 3600),
        store.download_url("preview/a.mp4", int(time.time()) + 3600),
    ):
        fields = parse_qs(urlsplit(url).query)
        assert fields["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert 3590 <= int(fields["X-Amz-Expires"][0]) <= 3600
        signed = fields["X-Amz-SignedHeaders"][0].split(";")
        assert ("content-type" in signed) == ("api-uploads" in url)


def test_clients_may_reach_the_bucket_by_another_name(bucket_url: str) -> None:
    store = S3Store(bucket_url, "https://videos.example.com")
    assert store.find("preview/a.mp4") is None
    url = store.download_url("preview/a.mp4", int(time.time()) + 60)
    assert urlsplit(url).netloc.endswith("videos.example.com")


@pytest.mark.parametrize("url", ["", "s3://", "https://bucket/x", "s3://b?x=1", "s3://b/../c"])
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(OptionError):
        S3Store(url)

"""The page in a real browser: from a file to a preview that plays, by keyboard alone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect, sync_playwright

from clipkit.server.settings import Settings
from tests.server.running import answering
from tests.server.served import Served
from tests.server.serving import RULES

SCREENSHOTS = os.environ.get("CLIPKIT_SCREENSHOTS")
"""A folder for what a person sees."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CLIPKIT_REQUIRE_SERVICES") == "1":
            pytest.fail("CLIPKIT_REQUIRE_SERVICES=1, but Chromium is not installed")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("page") / "data", None, maker="unhurried")
    served.start()
    yield served
    served.stop()


def _opened(browser: Browser, url: str, scheme: str = "light") -> Page:
    page = browser.new_page(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 1100, "height": 900},
    )
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    page.goto(url)
    page.errors = errors  # type: ignore[attr-defined]
    return page


def _shot(page: Page, name: str) -> None:
    if SCREENSHOTS is not None:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_becomes_previews_that_play_by_keyboard_alone(
    browser: Browser, served: Served, short_video: Path, scheme: str, tmp_path: Path
) -> None:
    page = _opened(browser, str(served.client.base_url), scheme)
    _shot(page, f"empty-{scheme}")
    chosen = page.get_by_label("Drop a video here, or choose one")
    expect(chosen).to_be_visible()  # what is hidden takes no focus, and says nothing
    chosen.focus()
    # Another cut of the same video each time, so that nothing is known of it yet.
    video = tmp_path / f"{scheme}.mp4"
    video.write_bytes(short_video.read_bytes() + b"\0\0\0\x0dfree" + scheme.encode()[:5].ljust(5))
    chosen.set_input_files(video)
    page.keyboard.press("Tab")
    expect(page.get_by_label("or the address of one")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(f"first customers, {scheme}")
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"first customers, {scheme}")).to_be_visible()
    status = page.locator("#status")
    if scheme == "light":  # the second one is too quick to be seen on its way
        expect(status).to_contain_text("%")
        _shot(page, "working")
    expect(status).to_have_text("3 clips")
    videos = page.locator("video")
    expect(videos).to_have_count(3)
    for place in range(3):
        videos.nth(place).evaluate("video => { video.muted = true; return video.play(); }")
    page.wait_for_function(
        "() => [...document.querySelectorAll('video')].every(video => video.currentTime > 0.2)"
    )
    _shot(page, f"done-{scheme}")
    render = page.get_by_role("button", name="Render “").first
    render.focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Open the MP4")
    expect(link).to_be_visible()
    answer = page.request.get(str(link.get_attribute("href")))
    assert (answer.status, answer.headers["content-type"]) == (200, "video/mp4")
    expect(page.get_by_role("button", name=f"first customers, {scheme}")).to_be_visible()
    _shot(page, f"rendered-{scheme}")
    assert page.errors == []  # type: ignore[attr-defined]
    page.close()


def test_an_earlier_job_is_opened_and_deleted(
    browser: Browser, served: Served, short_video: Path
) -> None:
    asked = {"source": {"upload_id": served.upload(short_video)}, "criteria": "to be deleted"}
    job_id = served.client.post("/v1/clips", json={**asked, "target_duration": 3}).json()["job_id"]
    served.ended(job_id)
    page = _opened(browser, str(served.client.base_url))
    page.on("dialog", lambda dialog: dialog.accept())
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    # The first answers are lost on the way.
    page.route(f"**/v1/clips/{job_id}", lambda route: route.abort(), times=1)
    page.get_by_role("button", name="to be deleted").click()
    expect(page.locator("#status")).to_contain_text("does not answer")
    page.get_by_role("button", name="to be deleted").click()
    expect(page.locator("video").first).to_be_visible()
    page.wait_for_timeout(2500)
    assert asked_for.count(str(served.client.base_url.join(f"/v1/clips/{job_id}"))) == 2
    page.get_by_role("button", name="Delete this job").click()
    expect(page.locator("#job")).to_be_hidden()
    expect(page.get_by_role("button", name="to be deleted")).to_have_count(0)
    assert served.client.get(f"/v1/clips/{job_id}").status_code == 404
    page.close()


def test_what_cannot_be_done_is_said(browser: Browser, served: Served, tmp_path: Path) -> None:
    page = _opened(browser, str(served.client.base_url))
    button = page.get_by_role("button", name="Find clips")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("exactly one of the two")
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\n")
    page.get_by_label("Drop a video here, or choose one").set_input_files(path)
    page.get_by_label("What to look for").fill("?!")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("neither a letter nor a digit")
    page.get_by_label("What to look for").fill("")
    button.click()
    expect(page.locator("#status")).to_contain_text("its content is a playlist")
    _shot(page, "error")
    page.close()


def test_with_accounts_it_asks_for_a_key(browser: Browser, tmp_path: Path) -> None:
    from clipkit.server import KeyRing
    from clipkit.server.app import create_app
    from tests.server.serving import free_socket, listening

    settings = Settings(folder=tmp_path / "data", tokens=RULES)
    with KeyRing.of(settings) as ring:
        key = str(ring.create("team_1", "page").key)
    with free_socket() as sock, listening(create_app(settings), sock) as port:
        page = _opened(browser, f"http://127.0.0.1:{port}/")
        field = page.get_by_label("API key")
        expect(field).to_be_focused()
        _shot(page, "key")
        field.fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("form")
        field.fill(key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Find clips")).to_be_visible()
        page.close()


def test_the_page_loads_nothing_of_others(tmp_path: Path) -> None:
    with answering(Settings(folder=tmp_path / "data", tokens=RULES)) as client:
        _check_page(client)


def _check_page(client: TestClient) -> None:
    for path, kind in (("/", "html"), ("/page.css", "css"), ("/page.js", "javascript")):
        answer = client.get(path)
        assert answer.status_code == 200
        assert kind in answer.headers["content-type"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        text = answer.text.replace("https://example.com", "").replace('pattern="https://', "")
        assert "http://" not in text
        assert "https://" not in text

"""The page at ``/``: a client of the API like any other, in three files."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

_FOLDER = Path(__file__).parents[1] / "page"
_TYPES = {"index.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}

_HEADERS = {
    # Videos come from, and go to, wherever signed URLs lead; all else is from here.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; media-src 'self' http: https:; connect-src 'self' http: https:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

router = APIRouter(include_in_schema=False)


@router.get("/")
def page() -> FileResponse:
    """Return the page."""
    return _file("index.html")


@router.get("/page.css")
def style() -> FileResponse:
    """Return how the page looks."""
    return _file("page.css")


@router.get("/page.js")
def script() -> FileResponse:
    """Return what the page does."""
    return _file("page.js")


def _file(name: str) -> FileResponse:
    return FileResponse(_FOLDER / name, media_type=_TYPES[name], headers=_HEADERS)

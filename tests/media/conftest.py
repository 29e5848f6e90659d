"""The samples, looked into and cut, once each for all tests of this folder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from clipkit.media.encoders import X264
from clipkit.media.excerpt import PREVIEW, RENDER, write_excerpt
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import MediaInfo, Source
from clipkit.types.time import Span
from tests.media.samples import Samples


@dataclass(frozen=True)
class Excerpt:
    """A sample and what was cut from it."""

    info: MediaInfo
    span: Span
    path: Path


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Give the path of a sample."""
    return Samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def info(sample: Samples) -> Callable[[str], MediaInfo]:
    """Give what ``probe`` says of a sample."""
    return cache(lambda name: probe(Source(sample(name)), Monitor("probe")))


@pytest.fixture(scope="session")
def excerpt(
    info: Callable[[str], MediaInfo], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Excerpt]:
    """Give an excerpt of a sample, by default a preview of the middle of it."""
    folder = tmp_path_factory.mktemp("excerpts")

    @cache
    def made(
        name: str, start_s: float = 2.51, end_s: float = 6.505, render: bool = False
    ) -> Excerpt:
        profile = RENDER if render else PREVIEW
        path = folder / f"{name}.{start_s}.{end_s}.{profile.is_preview}.mp4"
        span = Span(start_s, end_s)
        write_excerpt(info(name), span, path, profile, X264, Monitor("encode"))
        return Excerpt(info(name), span, path)

    return made

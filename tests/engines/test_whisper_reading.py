"""What all engines of Whisper share."""

import pytest

from clipkit.engines.whisper_reading import spread
from clipkit.types.time import Span

WINDOWS = [Span(30.0 * place, 30.0 * place + 30.0) for place in range(100)]


@pytest.mark.parametrize(
    ("there", "asked", "places"),
    [(100, 5, [0, 25, 50, 74, 99]), (3, 5, [0, 1, 2]), (1, 5, [0]), (2, 1, [0]), (0, 5, [])],
)
def test_windows_come_from_all_over_the_source(there: int, asked: int, places: list[int]) -> None:
    assert spread(WINDOWS[:there], asked) == [WINDOWS[place] for place in places]

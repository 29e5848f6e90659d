from collections.abc import Callable

import pytest

from clipkit.media.subtitles import read_subtitles
from clipkit.types.media import MediaInfo

_CUES = [
    (0.5, 2.25, "Hello, you."),
    (3.0, 4.0, "Two lines, one cue."),
    (5.12, 7.6, "Größe: 100 %"),
]


@pytest.mark.parametrize("name", ["captions.mp4", "captions.mkv", "late_captions.mkv"])
def test_cues_are_what_went_in_at_the_times_they_went_in(
    name: str, info: Callable[[str], MediaInfo]
) -> None:
    found = info(name)
    cues = read_subtitles(found, found.subtitles[0])
    assert [cue.text for cue in cues] == [text for _, _, text in _CUES]
    for cue, (start_s, end_s, _) in zip(cues, _CUES, strict=True):
        assert cue.span.start_s == pytest.approx(start_s, abs=0.001)
        assert cue.span.end_s == pytest.approx(end_s, abs=0.001)


def test_cues_of_a_film_cut_off_are_read_as_far_as_they_go(
    info: Callable[[str], MediaInfo],
) -> None:
    found = info("cut_off.mkv")
    texts = [cue.text for cue in read_subtitles(found, found.subtitles[0])]
    assert texts[:2] == [text for _, _, text in _CUES[:2]]


def test_ass_tells_who_speaks_and_what_is_drawn_or_noted_is_not_said(
    info: Callable[[str], MediaInfo],
) -> None:
    found = info("typeset.mkv")
    cues = read_subtitles(found, found.subtitles[0])
    assert [(cue.span.start_s, cue.speaker, cue.text) for cue in cues] == [
        (0.5, "Anna", "Good morning, everyone."),
        (2.0, "Ben", "An open { brace."),
    ]

"""Transcripts of real recordings, made by others."""

import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from clipkit.transcripts import read_transcript, write_transcript
from tests.media.samples import ffmpeg

pytestmark = pytest.mark.needs_media


def test_youtube_srt_and_webvtt_of_one_video_say_the_same(media: Path) -> None:
    srt = read_transcript(media / "video" / "audiobook_still_88s.srt")
    vtt = read_transcript(media / "video" / "audiobook_still_88s.vtt")
    assert len(srt.words) > 150
    assert vtt.text == srt.text


def test_word_times_within_webvtt_are_those_of_the_file(media: Path) -> None:
    path = media / "video" / "audiobook_still_88s.vtt"
    stamps = re.findall(r"<00:(\d\d):(\d\d\.\d{3})><c> ([^<]+)</c>", path.read_text())
    words = {(word.text, word.span.start_s) for word in read_transcript(path).words}
    assert len(stamps) > 100
    for minutes, seconds, text in stamps:
        assert (text, round(60 * int(minutes) + float(seconds), 3)) in words


def test_words_of_webvtt_follow_each_other(media: Path) -> None:
    words = read_transcript(media / "video" / "audiobook_still_88s.vtt").words
    assert all(word.span.end_s <= following.span.start_s for word, following in pairwise(words))
    assert words[-1].span.end_s < 89.0


@pytest.mark.parametrize("name", ["fr_bonjour_gaps", "fr_smartphone"])
def test_whisper_json_keeps_its_words_through_a_round_trip(
    media: Path, tmp_path: Path, name: str
) -> None:
    transcript = read_transcript(media / "speech" / f"{name}.words.json")
    assert transcript.language == "fr"
    assert any(" " in word.text for word in transcript.words), "French spaces its question marks"
    write_transcript(transcript, tmp_path / "talk.json")
    assert read_transcript(tmp_path / "talk.json") == transcript


@pytest.mark.parametrize("name", ["fr_bonjour_gaps", "fr_smartphone"])
@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass", ".ssa"])
def test_whisper_json_says_the_same_as_captions(
    media: Path, tmp_path: Path, name: str, suffix: str
) -> None:
    transcript = read_transcript(media / "speech" / f"{name}.words.json")
    write_transcript(transcript, tmp_path / f"talk{suffix}")
    assert read_transcript(tmp_path / f"talk{suffix}").text == transcript.text


@pytest.mark.parametrize("suffix", [".ass", ".ssa"])
def test_ass_says_the_same_as_the_srt_that_ffmpeg_made_it_from(
    media: Path, tmp_path: Path, suffix: str
) -> None:
    srt, path = media / "video" / "audiobook_still_88s.srt", tmp_path / f"talk{suffix}"
    subprocess.run([ffmpeg(), "-v", "error", "-i", srt, "-f", "ass", path], check=True)
    words, expected = read_transcript(path).words, read_transcript(srt).words
    assert [word.text for word in words] == [word.text for word in expected]
    for word, other in zip(words, expected, strict=True):
        assert word.span.start_s == pytest.approx(other.span.start_s, abs=0.011)

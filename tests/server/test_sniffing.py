"""Containers are known by their first bytes, and nothing else passes for one."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import UnreadableMedia
from clipkit.server.sniffing import HEAD_BYTES, check_container, container_of, what_else

FILMS = {
    "a.mp4": ("mp4", None, "mpeg4"),
    "a.mov": ("mp4", None, "mpeg4"),
    "fragments.mp4": ("mp4", None, "mpeg4"),
    "a.mkv": ("matroska", None, "mpeg4"),
    "a.webm": ("matroska", None, "libvpx"),
    "a.ts": ("mpegts", None, "mpeg2video"),
    "a.m2ts": ("mpegts", None, "mpeg2video"),
    "a.mpg": ("mpeg", None, "mpeg1video"),
    "a.m1v": ("mpeg", "mpeg1video", "mpeg1video"),
    "a.avi": ("avi", None, "mpeg4"),
    "a.flv": ("flv", None, "flv1"),
    "a.dv": ("dv", None, "dvvideo"),
    "a.wmv": ("asf", None, "wmv2"),
    "a.mxf": ("mxf", None, "mpeg2video"),
    "a.ivf": ("ivf", None, "libvpx"),
}
SOUNDS = {
    "a.m4a": ("mp4", "ipod", "aac"),
    "a.aac": ("mp3", "adts", "aac"),
    "a.mp3": ("mp3", None, "libmp3lame"),
    "a.ogg": ("ogg", None, "libopus"),
    "a.flac": ("flac", None, "flac"),
    "a.wav": ("wav", None, "pcm_s16le"),
    "rf64.wav": ("wav", None, "pcm_s16le"),
    "a.aiff": ("aiff", None, "pcm_s16be"),
    "a.caf": ("caf", None, "pcm_s16le"),
}
OPTIONS = {
    "fragments.mp4": {"movflags": "frag_keyframe+empty_moov"},
    "rf64.wav": {"rf64": "always"},
}


@pytest.mark.parametrize("name", FILMS)
def test_films_are_known(tmp_path: Path, name: str) -> None:
    known_as, form, codec = FILMS[name]
    path = tmp_path / name
    with av.open(str(path), "w", format=form, options=OPTIONS.get(name, {})) as file:
        stream: Any = file.add_stream(codec, rate=25)
        # The one size that DV has.
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        for number in range(12):
            picture = np.full((576, 720, 3), 20 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert check_container(path) == known_as


@pytest.mark.parametrize("name", SOUNDS)
def test_sounds_are_known(tmp_path: Path, name: str) -> None:
    known_as, form, codec = SOUNDS[name]
    path = tmp_path / name
    with av.open(str(path), "w", format=form, options=OPTIONS.get(name, {})) as file:
        stream: Any = file.add_stream(codec, rate=48000)
        resampler = av.AudioResampler(stream.format, "stereo", 48000, frame_size=stream.frame_size)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 48000), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.time_base = 48000, Fraction(1, 48000)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    assert check_container(path) == known_as


def test_mp3_without_tags_is_known(tmp_path: Path) -> None:
    path = tmp_path / "bare.mp3"
    options = {"id3v2_version": "0", "write_xing": "0"}
    with av.open(str(path), "w", options=options) as file:
        stream: Any = file.add_stream("libmp3lame", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.int16), "s16", "mono")
        frame.sample_rate = 48000
        stream.layout, stream.format = "mono", "s16p"
        resampler = av.AudioResampler("s16p", "mono", 48000)
        for part in resampler.resample(frame):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    assert check_container(path) == "mp3"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\nfile:///etc/passwd\n", "a playlist"),
        (b"  \r\n#EXTM3U", "a playlist"),
        (b"\xef\xbb\xbfffconcat version 1.0\nfile '/etc/passwd'", "a list of files"),
        (b"[playlist]\nFile1=http://10.0.0.1/", "a playlist"),
        (b"<ASX version='3'><entry><ref href='http://10.0.0.1/'/></entry></ASX>", "a playlist"),
        (b"<?xml version='1.0'?><MPD/>", "XML"),
        (b"<SMIL/>", "a playlist"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a drawing"),
        (b"<!DOCTYPE HTML>", "a web page"),
        (b"v=0\no=- 0 0 IN IP4 10.0.0.1\n", "a description of a stream"),
        (b"RTSPtext\nrtsp://10.0.0.1/", "an address"),
        (b"http://169.254.169.254/latest/meta-data/", "an address"),
        (b"PK\x03\x04" + bytes(40), "an archive"),
        (b"\x1f\x8b\x08" + bytes(40), "compressed"),
        (b"%PDF-1.7", "a document"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"GIF89a", "a picture"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"\x7fELF" + bytes(60), "something else"),
        (b"#!/bin/sh\nrm -rf /\n", "something else"),
        (bytes(1024), "something else"),
        (b"RIFF\x00\x00\x00\x00WEBP", "something else"),
        (b"\xff\xff\xff\xff", "something else"),
    ],
)
def test_other_content_is_told_and_refused(tmp_path: Path, content: bytes, what: str) -> None:
    assert container_of(content) is None
    assert what_else(content) == what
    path = tmp_path / "named.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableMedia, match=f"its content is {what}"):
        check_container(path)


@given(st.text(st.characters(max_codepoint=0x24F), max_size=HEAD_BYTES))
def test_no_text_passes_for_a_container(text: str) -> None:
    known = container_of(text.encode())
    # Text may begin with letters that some container does; FFmpeg then reads it as that one.
    starts = ("OggS", "fLaC", "FLV\x01", "ID3", "#!AMR", ".RMF", "DKIF", "RIFF", "RF64", "FORM")
    assert known is None or text.startswith(starts) or known == "mp4"


@given(st.binary(max_size=64))
def test_any_bytes_are_looked_at(head: bytes) -> None:
    names = {name for name, *_ in (*FILMS.values(), *SOUNDS.values())} | {"amr", "rm"}
    assert container_of(head) in {None, *names}
    assert (what_else(head) == "empty") == (head == b"")

"""Files that would fill a memory are refused, with the reason."""

import subprocess
import sys
from pathlib import Path

import av
import pytest

from clipkit.errors import UnreadableMedia
from clipkit.media.opening import Damage, decoded_video, opened
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Source
from tests.bombs import BOMBS, growing_pictures, two_sounds, vast_pictures


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_fill_a_memory_is_refused(name: str, tmp_path: Path) -> None:
    write, reason = BOMBS[name]
    write(tmp_path / name)
    assert (tmp_path / name).stat().st_size < 1_000_000
    with pytest.raises(UnreadableMedia, match=reason):
        probe(Source(tmp_path / name), Monitor("probe"))


def test_pictures_that_grow_are_read_while_they_are_small(tmp_path: Path) -> None:
    path = tmp_path / "film.h264"
    growing_pictures(path)
    damage = Damage()
    with opened(path) as container:
        widths = [
            frame.width for frame in decoded_video(container, container.streams.video[0], damage)
        ]
    assert set(widths) == {160}
    assert damage.packets > 0


def test_a_codec_that_nobody_knows_is_told(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    vast_pictures(path)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context is None
    with pytest.raises(UnreadableMedia, match="none of its 1 streams"):
        probe(Source(path), Monitor("probe"))


_DECODE = r"""
import re, sys
from pathlib import Path
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Source

audio = decode_audio(probe(Source(Path(sys.argv[1])), Monitor("probe")), Monitor("decode"))
# Of this program alone: what getrusage tells includes the process that it was forked from.
peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
print(len(audio.samples) / 16000, int(peak[1]) / 1024)
"""


def test_hours_of_nothing_take_no_memory(tmp_path: Path) -> None:
    two_sounds(tmp_path / "gap.mkv", 23 * 3600)
    done = subprocess.run(
        [sys.executable, "-c", _DECODE, tmp_path / "gap.mkv"], capture_output=True, check=True
    )
    duration_s, peak_mib = map(float, done.stdout.split())
    assert duration_s == pytest.approx(23 * 3600, abs=5.0)
    assert peak_mib < 300.0

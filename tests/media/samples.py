"""The test videos of this folder, each as the ffmpeg command that makes it.

Unless said otherwise a sample runs for eight seconds, shows FFmpeg's second test picture, which
differs in every frame, flashes white at 1, 3, 5 and 7 s for 0.12 s and chirps at the same instants
for 0.1 s: so what is seen and heard tells its own time.
"""

import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import imageio_ffmpeg

EVENTS_S = (1.0, 3.0, 5.0, 7.0)
"""When the flashes and the chirps begin."""

DURATION_S = 8.0
"""Length of a sample."""

_FLASH = "drawbox=c=white:t=fill:enable='lt(mod(t+1,2),0.12)'"
_CHIRP = "0.5*sin(2*PI*(500+10000*mod(t+1,2))*mod(t+1,2))*lt(mod(t+1,2),0.1)"
_X264 = "-c:v libx264 -preset ultrafast -crf 14 -threads 2"


def _tagged(matrix: str, primaries: str, transfer: str) -> str:
    return f"setparams=colorspace={matrix}:color_primaries={primaries}:color_trc={transfer}"


_UNTAGGED = _tagged("unknown", "unknown", "unknown")


def _picture(size: str = "320x240", rate: str = "25", length_s: float = 8.0) -> str:
    return f'-f lavfi -i "testsrc2=s={size}:r={rate}:d={length_s},{_FLASH}"'


def _sound(rate_hz: int = 48000, channels: int = 1, length_s: float = 8.0) -> str:
    exprs = "|".join([_CHIRP, *[f"0.6*{_CHIRP}"] * (channels - 1)])
    return f"-f lavfi -i \"aevalsrc='{exprs}':s={rate_hz}:d={length_s}\""


_RAMP = (
    '-f lavfi -i "color=black:s=320x240:r=10:d=1,format=yuv420p10le,'
    "geq=lum='64+876*X/W':cb=512:cr=512"
)
"""From black to the brightest in steps of gray; the quotation is left open for tags."""

_BOTH = f"{_picture()} {_sound()}"

_CAPTIONED = f"{_BOTH} -i {{captions.srt}} -map 0 -map 1 -map 2"

COMMANDS: dict[str, str] = {
    "plain.mp4": f"{_BOTH} {_X264} -g 50 -c:a aac",
    "plain.mkv": f"{_BOTH} {_X264} -g 50 -c:a aac",
    "ntsc.mp4": f"{_picture(rate='30000/1001')} {_sound(44100)} {_X264} -bf 3 -c:a aac",
    # Six pictures of ten are left out: 40 ms from one to the next, or 280 ms.
    "vfr.mkv": f"{_picture()} {_sound()} -vf \"select='between(mod(n,10),4,7)'\" "
    f"-fps_mode vfr {_X264} -c:a aac",
    "slides.mp4": f"{_picture(rate='0.5')} {_sound()} {_X264} -bf 0 -c:a aac",
    "odd_sides.mkv": f"{_BOTH} -vf scale=321:241,format=yuv444p {_X264} -c:a aac",
    "ten_bit.mkv": f"{_BOTH} -pix_fmt yuv420p10le {_X264} -c:a aac",
    "full_range.mkv": f"{_BOTH} -vf scale=out_range=pc -pix_fmt yuvj420p {_X264} -c:a aac",
    "bt601.mkv": f"{_BOTH} -vf scale=out_color_matrix=bt601,format=yuv420p,"
    f"{_tagged('smpte170m', 'smpte170m', 'smpte170m')} {_X264} -c:a aac",
    "bt709.mkv": f"{_BOTH} -vf scale=out_color_matrix=bt709,format=yuv420p,"
    f"{_tagged('bt709', 'bt709', 'bt709')} {_X264} -c:a aac",
    # Without a word about the matrix: by custom BT.601 below 720 lines and BT.709 from there.
    "untagged_sd.mkv": f"{_BOTH} -vf scale=out_color_matrix=bt601,format=yuv420p,"
    f"{_UNTAGGED} {_X264} -c:a aac",
    "untagged_hd.mkv": f"{_picture('1280x720', length_s=2)} "
    "-vf scale=out_color_matrix=bt709,format=yuv420p,"
    f"{_UNTAGGED} {_X264}",
    "interlaced.mkv": f"{_picture('720x576', rate='50', length_s=4)} "
    f"-vf tinterlace=interleave_top,setfield=tff -pix_fmt yuv420p {_X264} -flags +ilme+ildct "
    "-x264-params tff=1",
    "pq.mkv": f'{_RAMP},{_tagged("bt2020nc", "bt2020", "smpte2084")}" {_X264}',
    "hlg.mkv": f'{_RAMP},{_tagged("bt2020nc", "bt2020", "arib-std-b67")}" {_X264}',
    "anamorphic.mp4": f"{_BOTH} -vf setsar=4/3 {_X264} -c:a aac",
    "large.mp4": f"{_picture('1280x720', length_s=3)} {_sound(length_s=3)} "
    "-vf scale=out_color_matrix=bt709,format=yuv420p,"
    f"{_tagged('bt709', 'bt709', 'bt709')} {_X264} -c:a aac",
    "transport.ts": f"{_BOTH} {_X264} -g 50 -bf 2 -c:a aac -f mpegts",
    "program.mpg": f"{_BOTH} -c:v mpeg2video -q:v 2 -bf 2 -g 12 -c:a mp2 -f mpeg",
    "offset.mkv": f"{_BOTH} {_X264} -c:a aac -output_ts_offset 100",
    "fragmented.mp4": f"{_BOTH} {_X264} -c:a aac -movflags frag_keyframe+empty_moov -g 25",
    "web.webm": f"{_BOTH} -c:v libvpx -deadline realtime -cpu-used 8 -b:v 2M -c:a libopus",
    "film.avi": f"{_BOTH} -c:v mpeg4 -q:v 2 -c:a libmp3lame",
    # The sound file's own start is moved, so that the events still fall together.
    "late_sound.mkv": f'{_picture()} -f lavfi -itsoffset 2 -i "aevalsrc='
    f"'{_CHIRP}':s=48000:d=6\" {_X264} -c:a aac",
    "late_picture.mkv": f"-itsoffset 2 {_picture(length_s=6)} {_sound()} {_X264} -c:a aac",
    "short_sound.mp4": f"{_picture()} {_sound(length_s=4)} {_X264} -c:a aac",
    "short_picture.mp4": f"{_picture(length_s=4)} {_sound()} {_X264} -c:a aac",
    "silent_film.mp4": f"{_picture()} {_X264}",
    "mono_8k.wav": _sound(8000),
    "stereo.wav": _sound(44100, 2),
    "surround.mkv": f"{_sound(48000, 6)} -c:a flac",
    "voice.m4a": f"{_sound(44100)} -c:a aac",
    "voice.mp3": f"{_sound(44100, 2)} -c:a libmp3lame",
    "voice.ogg": f"{_sound(48000)} -c:a libvorbis",
    "cover.mp3": f'{_sound(44100, 2)} -f lavfi -i "testsrc2=s=64x64:d=0.04" -map 0:a -map 1:v '
    "-c:v png -disposition:v attached_pic -c:a libmp3lame",
    "cover_and_film.mp4": f'{_BOTH} -f lavfi -i "color=red:s=640x640:d=0.04" -map 0 -map 1 -map 2 '
    f"{_X264} -c:v:1 png -disposition:v:1 attached_pic -c:a aac",
    "two_pictures.mkv": f"{_picture('160x120', length_s=3)} {_picture(length_s=3)} -map 0 -map 1 "
    f"{_X264}",
    "languages.mkv": f"{_picture(length_s=3)} {_sound(length_s=3)} -map 0 -map 1 -map 1 -map 1 "
    f"{_X264} -c:a aac -ac:a:1 2 -metadata:s:a:0 language=ger -metadata:s:a:1 language=eng "
    "-metadata:s:a:2 language=fre -disposition:a 0 -disposition:a:2 default",
    # Raw streams hold no index and no time: nothing in them can be sought by.
    "voice.aac": f"{_sound(44100)} -c:a aac -f adts",
    "no_header.mp3": f"{_sound(44100)} -c:a libmp3lame -q:a 6 -write_xing 0",
    "film.h264": f"{_picture()} {_X264} -bf 0 -g 50 -f h264",
    "captions.mp4": f"{_CAPTIONED} {_X264} -c:a aac -c:s mov_text -metadata:s:s:0 language=eng",
    "captions.mkv": f"{_CAPTIONED} {_X264} -c:a aac -c:s srt",
    "late_captions.mkv": f"{_CAPTIONED} {_X264} -c:a aac -c:s ass -output_ts_offset 100",
    "typeset.mkv": f"{_picture(length_s=3)} {_sound(length_s=3)} -i {{typeset.ass}} "
    f"-map 0 -map 1 -map 2 {_X264} -c:a aac -c:s copy",
    # The film ends at 3 s, the last caption at 7.6 s.
    "long_captions.mkv": f"{_picture(length_s=3)} {_sound(length_s=3)} -i {{captions.srt}} "
    f"-map 0 -map 1 -map 2 {_X264} -c:a aac -c:s srt",
    "turned_90.mp4": "-display_rotation 90 -i {large.mp4} -c copy",
    "turned_180.mp4": "-display_rotation 180 -i {large.mp4} -c copy",
    "turned_270.mp4": "-display_rotation 270 -i {large.mp4} -c copy",
    "index_first.mp4": "-i {plain.mp4} -c copy -movflags +faststart",
}
"""File name of each sample to the arguments of ffmpeg that make it; braces name other samples."""


TEXTS = {
    "captions.srt": """1
00:00:00,500 --> 00:00:02,250
Hello, <i>you</i>.

2
00:00:03,000 --> 00:00:04,000
Two lines,
one cue.

3
00:00:05,120 --> 00:00:07,600
Größe: 100 %
""",
    "typeset.ass": r"""[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.50,0:00:01.50,Default,Anna,0,0,0,,{\an8\k20}Good{\k80} morning,\Neveryone.
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\p1}m 0 0 l 100 0 100 100{\p0}
Dialogue: 0,0:00:02.00,0:00:02.50,Default,Ben,0,0,0,,{a note}An open \{ brace.
""",
}
"""Text files that the commands name."""

CUT_OFF = {
    "cut_off.mp4": ("index_first.mp4", 0.6),
    "cut_off.mkv": ("captions.mkv", 0.6),
    "cut_off.ts": ("transport.ts", 0.6),
    "no_index.mp4": ("plain.mp4", 0.6),
}
"""Samples that end early: of which, and the share of its bytes that is kept."""

HOLED = {
    "holed.mp4": ("index_first.mp4", 0.40, 0.55),
    "holed.mkv": ("plain.mkv", 0.40, 0.55),
    "holed.ts": ("transport.ts", 0.40, 0.55),
    "holed.mp3": ("voice.mp3", 0.40, 0.55),
}
"""Samples with zeros in the middle, as a broken download leaves them: of which, from and to."""


class Samples:
    """Makes each sample when it is first asked for.

    Args:
        folder: Where they are written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str) -> Path:
        """Return the path of a sample."""
        path = self._folder / name
        if path.exists():
            return path
        if name in TEXTS:
            path.write_text(TEXTS[name], encoding="utf-8")
        elif name in CUT_OFF:
            source, share = CUT_OFF[name]
            data = self(source).read_bytes()
            path.write_bytes(data[: round(share * len(data))])
        elif name in HOLED:
            source, start, end = HOLED[name]
            data = self(source).read_bytes()
            hole = slice(round(start * len(data)), round(end * len(data)))
            zeros = bytes(hole.stop - hole.start)
            path.write_bytes(data[: hole.start] + zeros + data[hole.stop :])
        else:
            for needed in re.findall(r"{(.+?)}", COMMANDS[name]):
                self(needed)
            make(re.sub(r"{(.+?)}", rf"{self._folder}/\1", COMMANDS[name]), path)
        return path


@cache
def ffmpeg() -> str:
    """Return the ffmpeg program: another build than the one inside PyAV."""
    program: str = imageio_ffmpeg.get_ffmpeg_exe()
    return program


def make(arguments: str, path: Path) -> Path:
    """Run ffmpeg to make a file."""
    command = [ffmpeg(), "-v", "error", "-nostdin", "-y", *shlex.split(arguments), f"file:{path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path

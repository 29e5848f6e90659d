"""Make ``demo.mp4``, the bundled demo video, and ``demo.json``, its ground truth.

The video is a short talk show.  A host and a guest are spoken by two speech synthesisers,
and the slides with the two talking figures are drawn here, so nothing is downloaded.  The
words are in ``demo_script.py``, the drawing is in ``demo_slides.py``.

Debian packages needed::

    apt-get install flite festival festvox-us-slt-hts

Python packages needed: ``numpy``, ``av`` and ``pillow`` (10.1 or newer).

Command, from the top of the repository (it takes a minute or two)::

    python -m tests.resources.make_demo

The same tool versions give the same files: the synthesisers are deterministic, the room tone
comes from a seeded generator and the encoder runs in one thread.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.frame import PictureType
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tests.resources.demo_script import SHOW, Line, Scene, Segment, Speaker
from tests.resources.demo_slides import HEIGHT, LEVELS, PALETTES, WIDTH, SlideView, render

Samples = NDArray[np.float64]
Picture = NDArray[np.uint8]

FPS = 25
RATE = 48_000
PER_FRAME = RATE // FPS
MS = RATE // 1000

LEAD_IN_S = 0.8
TAIL_S = 1.2
SAME_SPEAKER_GAPS_S = (0.40, 0.48, 0.36, 0.44)
NEW_SPEAKER_GAPS_S = (0.56, 0.66, 0.60)
TOPIC_GAPS_S = (1.20, 1.32, 1.12)

SPEECH_RMS = 0.09
PEAK = 0.89
ROOM_TONE_RMS = 0.0004

# Both voices are slowed down a little, to the pace of a calm talk.
HOST_STRETCH = 1.06
GUEST_SPEED = 0.88


@dataclass(frozen=True)
class Spoken:
    """One sentence on the timeline; start and end count samples."""

    line: Line
    segment: Segment
    samples: Samples
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


@dataclass(frozen=True)
class Shot:
    """One scene on the timeline; first_frame is the frame of its opening cut."""

    scene: Scene
    segment: Segment
    first_frame: int


@dataclass(frozen=True)
class Timeline:
    """Everything that is heard and seen, with exact times."""

    sentences: tuple[Spoken, ...]
    shots: tuple[Shot, ...]
    frames: int


def _read_wave(path: Path) -> tuple[Samples, int]:
    with wave.open(str(path), "rb") as source:
        data = np.frombuffer(source.readframes(source.getnframes()), dtype="<i2")
        return data.astype(np.float64) / 32768, source.getframerate()


def _resample(samples: Samples, rate: int) -> Samples:
    """Bring samples from rate to RATE by padding the spectrum."""
    grown = np.pad(samples, (rate // 10, rate // 10 + (-len(samples)) % rate))
    size = len(grown) * RATE // rate
    wide: Samples = np.fft.irfft(np.fft.rfft(grown), size) * (size / len(grown))
    return wide


def _trim(samples: Samples) -> Samples:
    """Cut leading and trailing silence, in whole milliseconds, and soften both ends."""
    blocks = samples[: len(samples) // MS * MS].reshape(-1, MS)
    power = np.convolve((blocks**2).mean(axis=1), np.ones(5) / 5, mode="same")
    loud = np.flatnonzero(power > power.max() * 10**-4.0)
    cut = samples[loud[0] * MS : (loud[-1] + 1) * MS].copy()
    fade = np.linspace(0, 1, 5 * MS)
    cut[: len(fade)] *= fade
    cut[-len(fade) :] *= fade[::-1]
    return cut


def _level(samples: Samples) -> Samples:
    """Bring the voiced part to SPEECH_RMS and bend the peaks below PEAK."""
    blocks = samples[: len(samples) // (20 * MS) * (20 * MS)].reshape(-1, 20 * MS)
    power = (blocks**2).mean(axis=1)
    voiced = power[power > power.max() * 10**-2.5]
    scaled = samples * (SPEECH_RMS / np.sqrt(voiced.mean()))
    bent: Samples = PEAK * np.tanh(scaled / PEAK)
    return bent


def speak(line: Line, folder: Path) -> Samples:
    """Synthesise one sentence at RATE, trimmed and levelled."""
    out = folder / "out.wav"
    if line.speaker == "host":
        stretch = f"duration_stretch={HOST_STRETCH}"
        command = ["flite", "-voice", "rms", "--setf", stretch, "-t", line.text, "-o", str(out)]
    else:
        text = folder / "text.txt"
        text.write_text(line.text + "\n", encoding="ascii")
        voice = (
            "(begin (voice_cmu_us_slt_arctic_hts) (set! hts_engine_params "
            f'(append hts_engine_params (list (list "-r" {GUEST_SPEED})))))'
        )
        command = ["text2wave", "-eval", voice, "-o", str(out), str(text)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    samples, rate = _read_wave(out)
    return _level(_trim(_resample(samples, rate)))


def _gap(before: Spoken, line: Line, segment: Segment, number: int) -> int:
    """The pause in samples between a sentence and the next one."""
    choices: tuple[float, ...]
    if before.segment is not segment:
        choices = TOPIC_GAPS_S
    elif before.line.speaker != line.speaker:
        choices = NEW_SPEAKER_GAPS_S
    else:
        choices = SAME_SPEAKER_GAPS_S
    return round(choices[number % len(choices)] * 1000) * MS


def build_timeline(folder: Path) -> Timeline:
    """Speak every sentence and lay sentences and shots out in time."""
    sentences: list[Spoken] = []
    shots: list[Shot] = []
    for segment in SHOW:
        for scene in segment.scenes:
            for position, line in enumerate(scene.lines):
                start, frame = round(LEAD_IN_S * RATE), 0
                if sentences:
                    before = sentences[-1]
                    gap = _gap(before, line, segment, len(sentences))
                    start = before.end + gap
                    frame = round((before.end + gap / 2) / PER_FRAME)
                if position == 0:
                    shots.append(Shot(scene, segment, frame))
                sentences.append(Spoken(line, segment, speak(line, folder), start))
    frames = -(-(sentences[-1].end + round(TAIL_S * RATE)) // PER_FRAME)
    return Timeline(tuple(sentences), tuple(shots), frames)


def mix(timeline: Timeline) -> Samples:
    """The whole sound track: quiet room tone with the sentences on it."""
    track = np.random.default_rng(7).standard_normal(timeline.frames * PER_FRAME) * ROOM_TONE_RMS
    for spoken in timeline.sentences:
        track[spoken.start : spoken.end] += spoken.samples
    return track


def _levels(track: Samples) -> list[int]:
    """Loudness as a step from 0 to LEVELS, quick to rise, slower to fall, held for two frames."""
    power = (track.reshape(-1, PER_FRAME) ** 2).mean(axis=1)
    rms = np.sqrt(np.repeat(power[::2], 2)[: len(power)])
    steps: list[int] = []
    for value in np.clip(rms / (1.5 * SPEECH_RMS), 0, 1) ** 0.7 * LEVELS:
        fallen = steps[-1] - 2 if steps else 0
        steps.append(max(round(float(value)), fallen, 0))
    return steps


@cache
def _picture(view: SlideView) -> Picture:
    return np.asarray(render(view))


def _speakers(timeline: Timeline) -> list[Speaker]:
    """Who has the word in each frame: the one who speaks now or speaks next in the shot."""
    result: list[Speaker] = []
    bounds = [shot.first_frame for shot in timeline.shots] + [timeline.frames]
    for first, last in pairwise(bounds):
        inside = [s for s in timeline.sentences if first <= s.start // PER_FRAME < last]
        for frame in range(first, last):
            begun = [s for s in inside if s.start // PER_FRAME <= frame]
            result.append((begun or inside)[-1 if begun else 0].line.speaker)
    return result


def pictures(timeline: Timeline, track: Samples) -> Iterator[Picture]:
    """Every frame of the video in turn."""
    levels, speakers = _levels(track), _speakers(timeline)
    topics = [segment.name for segment in SHOW if segment.keywords]
    bounds = [shot.first_frame for shot in timeline.shots] + [timeline.frames]
    for shot, (first, last) in zip(timeline.shots, pairwise(bounds), strict=True):
        name, scene = shot.segment.name, shot.scene
        kicker = f"TOPIC {topics.index(name) + 1} OF {len(topics)}" if name in topics else ""
        accent = bytes.fromhex(PALETTES[scene.palette].accent[1:])
        for frame in range(first, last):
            view = SlideView(
                scene.layout,
                scene.palette,
                name,
                kicker,
                scene.note,
                speakers[frame],
                levels[frame],
                blink=(frame % 83) in (40, 41, 42),
            )
            picture = _picture(view).copy()
            picture[HEIGHT - 6 :, : WIDTH * (frame + 1) // timeline.frames] = list(accent)
            yield picture


def _open_streams(box: av.container.OutputContainer) -> tuple[VideoStream, AudioStream]:
    video = box.add_stream("libx264", rate=FPS)
    video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    video.time_base = video.codec_context.time_base = Fraction(1, FPS)
    video.codec_context.thread_count = 1
    video.options = {"crf": "28", "preset": "slow", "tune": "animation", "g": "250"}
    audio = box.add_stream("aac", rate=RATE, layout="mono")
    audio.bit_rate = 48_000
    for stream in (video, audio):
        stream.codec_context.flags |= int(av.codec.context.Flags.bitexact)
    return video, audio


def encode(timeline: Timeline, track: Samples, path: Path) -> None:
    """Write pictures and sound as H.264 and AAC in an MP4 file with its index in front."""
    cuts = {shot.first_frame for shot in timeline.shots}
    pcm = np.clip(np.rint(track * 32767), -32768, 32767).astype(np.int16)
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as box:
        video, audio = _open_streams(box)
        for number, picture in enumerate(pictures(timeline, track)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            if number in cuts:
                frame.pict_type = PictureType.I
            box.mux(video.encode(frame))
            start = number * PER_FRAME
            sound = av.AudioFrame.from_ndarray(
                pcm[None, start : start + PER_FRAME], format="s16", layout="mono"
            )
            sound.sample_rate, sound.pts = RATE, start
            sound.time_base = Fraction(1, RATE)
            box.mux(audio.encode(sound))
        box.mux(video.encode(None))
        box.mux(audio.encode(None))


def truth(timeline: Timeline) -> dict[str, object]:
    """The exact times of sentences, topics and cuts, in seconds."""
    sentences = [
        {
            "speaker": spoken.line.speaker,
            "text": spoken.line.text,
            "start_s": round(spoken.start / RATE, 3),
            "end_s": round(spoken.end / RATE, 3),
            "topic": spoken.segment.name,
        }
        for spoken in timeline.sentences
    ]
    topics = []
    for segment in (segment for segment in SHOW if segment.keywords):
        inside = [spoken for spoken in timeline.sentences if spoken.segment is segment]
        topics.append(
            {
                "name": segment.name,
                "start_s": round(inside[0].start / RATE, 3),
                "end_s": round(inside[-1].end / RATE, 3),
                "keywords": list(segment.keywords),
            }
        )
    return {
        "duration_s": round(timeline.frames / FPS, 3),
        "fps": FPS,
        "sentences": sentences,
        "topics": topics,
        "cuts_s": [round(shot.first_frame / FPS, 3) for shot in timeline.shots[1:]],
    }


def main() -> None:
    """Make both files in the given folder."""
    parser = argparse.ArgumentParser(description="Make the demo video and its ground truth.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="target folder")
    parser.add_argument("--sound-only", action="store_true", help="write demo.wav and demo.json")
    args = parser.parse_args()
    out: Path = args.out
    with tempfile.TemporaryDirectory() as folder:
        timeline = build_timeline(Path(folder))
    track = mix(timeline)
    (out / "demo.json").write_text(json.dumps(truth(timeline), indent=1) + "\n", encoding="utf-8")
    if args.sound_only:
        with wave.open(str(out / "demo.wav"), "wb") as sink:
            sink.setparams((1, 2, RATE, 0, "NONE", "NONE"))
            sink.writeframes(np.rint(track * 32767).astype("<i2").tobytes())
        return
    encode(timeline, track, out / "demo.mp4")


if __name__ == "__main__":
    main()

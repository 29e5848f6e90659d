"""The recogniser that is always there: PocketSphinx with the English model of its package."""

import contextlib
import importlib.util
import json
import os
import queue
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clipkit.engines.weights import package_identity
from clipkit.errors import EngineError, MissingExtra, UnsupportedLanguage
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript, Word
from clipkit.types.time import Span, merged

_PIECE_S = 15.0
"""Speech closer together than ``_JOIN_S`` is decoded as one piece up to this length: the longer the
piece, the better the language model knows where it is."""

_JOIN_S = 0.25
_PAD_S = 0.15
"""So much of the pause around a piece goes with it: the acoustic model expects some silence."""


_PEAK = 30000.0
"""Each piece is scaled to this peak of 32767: some room, for it is free."""

_LEAST_PEAK = 2.0**-15
"""Quieter pieces are not raised further: 16-bit sound below it is nothing but zeros."""


_LONGEST_SOUND_S = 0.6
"""A word whose sounds last longer on average is none: of 1997 words heard in recordings of speech
none came to more than 0.42 s; tones held for seconds, taken for a word, do."""

_SLOWEST_HZ = 4.5
"""Fewer sounds a second are no speech, which has 8 to 15. Each piece of recorded speech of a second
or more had at least 5.1; music, rain and laughter that were taken for speech had at most 4.0."""

_JUDGED_S = 1.0
"""Shorter pieces hold too few sounds to count."""

_LONG_GAP_S = 2.0
"""Where nothing is heard for so long, nobody is slow: it counts for neither speech nor music."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A word as a worker heard it."""

    text: str

    span: Span
    """In the source."""

    confidence: float

    sounds: int
    """Phones that it is pronounced with."""


@dataclass(frozen=True, eq=False)
class _Piece:
    start_s: float
    duration_s: float
    samples: npt.NDArray[np.float32]

    def pcm(self) -> bytes:
        """Return the sound as the worker takes it; made late, for two hours of it are large.

        The model hears no loudness, but 16 bits do: at its own level a quiet piece would be rounded
        to a few steps, and one over full scale (decoders of lossy formats give such) clipped.
        """
        centred = self.samples - self.samples.mean() if len(self.samples) else self.samples
        peak = max(float(np.abs(centred).max(initial=0.0)), _LEAST_PEAK)
        pcm: bytes = (centred * (_PEAK / peak)).astype("<i2").tobytes()
        return pcm


class PocketSphinx:
    """Recognises English with PocketSphinx, in one process per core.

    A stopgap for machines without Whisper's weights: its words have no punctuation, and it hears
    clear read speech far better than conversation.

    Args:
        processes: How many pieces are decoded at the same time; 0: one per core.
    """

    def __init__(self, processes: int = 0) -> None:
        self.processes = processes

    @property
    def name(self) -> str:
        """Name of the engine."""
        return "pocketsphinx/en-us"

    @property
    def identity(self) -> str | None:
        """Version of the package, which holds the model; how many processes changes no word."""
        package = package_identity("pocketsphinx")
        return f"{package} en-us, pieces to full scale, no music" if package else None

    @property
    def languages(self) -> frozenset[str] | None:
        """English only."""
        return frozenset({"en"})

    def warm_up(self, monitor: Monitor) -> None:
        """Check that the package is there; the processes load the model themselves."""
        if importlib.util.find_spec("pocketsphinx") is None:
            raise MissingExtra(
                "cannot recognise speech with PocketSphinx",
                "the package pocketsphinx is not installed",
                'Run: pip install "clipkit[offline]"',
            )

    def close(self) -> None:
        """Nothing is held between calls."""

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return the words said in the spans of speech."""
        if language not in {None, "en"}:
            raise UnsupportedLanguage(
                f"cannot recognise speech in {language!r}",
                "the embedded recogniser PocketSphinx knows English only",
                "Connect to the network once so that Whisper's weights can be fetched, give their "
                "folder, or bring a transcript.",
            )
        self.warm_up(monitor)
        pieces = list(_pieces(audio, speech))
        words: list[list[Word]] = [[] for _ in pieces]
        done_s, total_s = 0.0, sum(piece.duration_s for piece in pieces)
        with _Workers(min(len(pieces), self.processes or os.cpu_count() or 1)) as workers:
            pending = {workers.submit(piece): index for index, piece in enumerate(pieces)}
            while pending:
                finished, _ = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    index = pending.pop(future)
                    words[index] = future.result()
                    done_s += pieces[index].duration_s
                monitor.progress(done_s, total_s)
        return Transcript(tuple(word for piece in words for word in piece), "en", self.name)


def _pieces(audio: Audio, speech: Speech) -> Iterator[_Piece]:
    """Cut the sound at pauses into what is decoded at once."""
    groups: list[Span] = []
    for span in merged(speech.spans, _JOIN_S):
        groups += _split(span, speech)
    for number, span in enumerate(groups):
        before_s = groups[number - 1].end_s if number else 0.0
        after_s = groups[number + 1].start_s if number + 1 < len(groups) else audio.duration_s
        start_s = max(span.start_s - _PAD_S, (before_s + span.start_s) / 2)
        end_s = min(span.end_s + _PAD_S, (after_s + span.end_s) / 2)
        samples = audio.cut(Span(start_s, max(start_s, end_s)))
        yield _Piece(
            max(0, round(start_s * audio.rate_hz)) / audio.rate_hz, span.duration_s, samples
        )


def _split(span: Span, speech: Speech) -> Iterator[Span]:
    """Break a long stretch at the pauses within it, so that no piece is much over 15 s."""
    start_s = reached_s = span.start_s
    for part in speech.spans:
        if not span.overlaps(part):
            continue
        if part.end_s - start_s > _PIECE_S and reached_s > start_s:
            yield Span(start_s, reached_s)
            start_s = part.start_s
        reached_s = part.end_s
    yield Span(start_s, reached_s)


def _articulate(found: list[_Heard], piece: _Piece) -> list[_Heard]:
    """Return the words of a piece that somebody can have said.

    The recogniser makes words of any sound, and is free to stretch one over a chord; people
    articulate at a pace of their own.
    """
    words = [each for each in found if each.span.duration_s <= _LONGEST_SOUND_S * each.sounds]
    held_s = sum(each.span.duration_s for each in found) - sum(
        each.span.duration_s for each in words
    )
    edges_s = [piece.start_s, *(each.span.end_s for each in found)]
    starts_s = [*(each.span.start_s for each in found), piece.start_s + piece.duration_s]
    gaps_s = (start_s - end_s for end_s, start_s in zip(edges_s, starts_s, strict=True))
    left_s = piece.duration_s - held_s - sum(gap_s for gap_s in gaps_s if gap_s > _LONG_GAP_S)
    least = _SLOWEST_HZ * max(left_s, _JUDGED_S)
    if piece.duration_s >= _JUDGED_S and sum(each.sounds for each in words) < least:
        return []
    return words


class _Workers:
    """A pool of processes that decode; leaving it ends them, whatever they are doing."""

    def __init__(self, count: int) -> None:
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._failure: EngineError | None = None
        self._threads = ThreadPoolExecutor(max(1, count), thread_name_prefix="clipkit-sphinx")
        try:
            for _ in range(count):
                self._processes.append(_started())
                self._idle.put(self._processes[-1])
        except OSError as error:
            self._end()
            raise EngineError(
                "cannot recognise speech with PocketSphinx",
                f"its process cannot be started ({error.strerror or error})",
                "Check that the machine has memory left.",
            ) from error

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.kill()
        self._threads.shutdown(wait=True)
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                assert pipe is not None
                with contextlib.suppress(BrokenPipeError):  # what was still to be written
                    pipe.close()

    def submit(self, piece: _Piece) -> "Future[list[Word]]":
        """Hand a piece to the next free process."""
        return self._threads.submit(self._decode, piece)

    def _decode(self, piece: _Piece) -> list[Word]:
        process = self._idle.get()
        try:
            if self._failure is not None:
                raise self._failure
            line = _answer(process, piece.pcm())
        except EngineError as error:
            self._failure = error
            raise
        finally:
            self._idle.put(process)  # a dead one too, or the other threads would wait forever
        found = [
            _Heard(text, Span(piece.start_s + start_s, piece.start_s + end_s), confidence, sounds)
            for text, start_s, end_s, confidence, sounds in json.loads(line)
        ]
        return [
            Word(
                each.text,
                Span(round(each.span.start_s, 3), round(each.span.end_s, 3)),
                each.confidence,
            )
            for each in _articulate(found, piece)
        ]


def _answer(process: "subprocess.Popen[bytes]", pcm: bytes) -> bytes:
    """Return the line that a worker writes for a piece of sound."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        process.stdin.write(struct.pack("<i", len(pcm)) + pcm)
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        line = b""
    if not line.endswith(b"\n"):
        last = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
        raise EngineError(
            "cannot recognise speech with PocketSphinx",
            f"its process ended early ({''.join(last) or 'without a word'})",
            "Check that the machine has memory left.",
        )
    return line


def _started() -> "subprocess.Popen[bytes]":
    home = str(Path(__file__).parents[2])
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", "clipkit.engines.sphinx_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        # Ctrl-C is for the parent, which ends the pool; a parent that is killed closes the pipes.
        start_new_session=True,
    )

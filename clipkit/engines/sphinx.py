"""The recogniser that is always there: PocketSphinx with the English model of its package."""

import contextlib
import importlib.util
import json
import os
import queue
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from clipkit.engines.loading import usable_cores
from clipkit.engines.sphinx_adaptation import Evidence, SoundModel, mapping_of, mapping_text
from clipkit.engines.sphinx_pieces import Heard, Piece, articulate, pieces_of, sample_of
from clipkit.engines.weights import package_identity
from clipkit.errors import EngineError, MissingExtra, UnsupportedLanguage
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript, Word
from clipkit.types.time import Span

_Decoded: TypeAlias = "tuple[list[Word], Evidence | None]"
"""The words of a piece, and what it says of the voice."""


class PocketSphinx:
    """Recognises English with PocketSphinx, in one process per core.

    A stopgap for machines without Whisper's weights: its words have no punctuation, and it hears
    clear read speech far better than conversation.

    Args:
        processes: How many pieces are decoded at the same time; 0: one per core.
        adapt: Whether the model is first brought closer to the recording's voices and room, by
            listening to 45 s of it, which makes for fewer wrong words.
    """

    def __init__(self, processes: int = 0, *, adapt: bool = True) -> None:
        self.processes = processes
        self.adapt = adapt

    @property
    def name(self) -> str:
        """Name of the engine."""
        return "pocketsphinx/en-us"

    @property
    def identity(self) -> str | None:
        """Version of the package, which holds the model; how many processes changes no word."""
        package = package_identity("pocketsphinx")
        adapted = ", adapted" if self.adapt else ""
        return f"{package} en-us, pieces to full scale, no music{adapted}" if package else None

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
        pieces = list(pieces_of(audio, speech))
        # Its own folder, for processes that are killed leave theirs behind.
        with tempfile.TemporaryDirectory(prefix="clipkit-sphinx-") as name:
            folder, sample = Path(name), sample_of(pieces) if self.adapt else []
            total_s = sum(piece.duration_s for piece in [*sample, *pieces])
            progress = _Progress(monitor, total_s)
            decoded = self._decoded(pieces, self._adapted(sample, folder, progress), progress)
        return Transcript(tuple(word for words, _ in decoded for word in words), "en", self.name)

    def _adapted(self, sample: list[Piece], folder: Path, progress: "_Progress") -> list[str]:
        """Return the options with which processes use a model that is closer to the recording."""
        try:
            learnt = self._decoded(sample, ["--learn", str(folder)], progress)
            # Pieces without a word are music or noise: who learns from them hears words in more.
            found = [evidence for words, evidence in learnt if words and evidence is not None]
            mapping = mapping_of(_model(), found) if found else None
            if mapping is None:
                return []
            path = folder / "mllr"
            path.write_text(mapping_text(mapping), encoding="ascii")
        except (EngineError, OSError, ValueError) as error:  # NumPy's LinAlgError is a ValueError
            reason = error.found if isinstance(error, EngineError) else str(error)
            progress.monitor.fallback(
                f"{self.name} adapted to the recording", f"{self.name} as it is", reason
            )
            progress.done_s = sum(piece.duration_s for piece in sample)
            return []
        return ["--mllr", str(path)]

    def _decoded(
        self, pieces: list[Piece], options: list[str], progress: "_Progress"
    ) -> list[_Decoded]:
        """Return what processes with these options make of pieces, in their order."""
        decoded: list[_Decoded] = [([], None) for _ in pieces]
        count = min(len(pieces), self.processes or usable_cores())
        with _Workers(count, options) as workers:
            pending = {workers.submit(piece): index for index, piece in enumerate(pieces)}
            while pending:
                finished, _ = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    index = pending.pop(future)
                    decoded[index] = future.result()
                    progress.done_s += pieces[index].duration_s
                progress.tell()
        return decoded


@dataclass(eq=False)
class _Progress:
    """How much of all passes is done."""

    monitor: Monitor
    total_s: float
    done_s: float = 0.0

    def tell(self) -> None:
        """Report it, and end if the run is to stop."""
        self.monitor.progress(self.done_s, self.total_s)


def _model() -> SoundModel:
    from pocketsphinx import get_model_path

    return SoundModel.read(Path(get_model_path("en-us/en-us")))


class _Workers:
    """A pool of processes that decode; leaving it ends them, whatever they are doing."""

    def __init__(self, count: int, options: list[str]) -> None:
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._failure: EngineError | None = None
        self._threads = ThreadPoolExecutor(max(1, count), thread_name_prefix="clipkit-sphinx")
        try:
            for _ in range(count):
                self._processes.append(_started(options))
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

    def submit(self, piece: Piece) -> "Future[_Decoded]":
        """Hand a piece to the next free process."""
        return self._threads.submit(self._decode, piece)

    def _decode(self, piece: Piece) -> _Decoded:
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
        rows, evidence = json.loads(line)
        found = [
            Heard(text, Span(piece.start_s + start_s, piece.start_s + end_s), confidence, sounds)
            for text, start_s, end_s, confidence, sounds in rows
        ]
        words = [
            Word(
                each.text,
                Span(round(each.span.start_s, 3), round(each.span.end_s, 3)),
                each.confidence,
            )
            for each in articulate(found, piece)
        ]
        return words, Evidence.from_text(evidence) if evidence is not None else None


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


def _started(options: list[str]) -> "subprocess.Popen[bytes]":
    home = str(Path(__file__).parents[2])
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", "clipkit.engines.sphinx_worker", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        # Ctrl-C is for the parent, which ends the pool; a parent that is killed closes the pipes.
        start_new_session=True,
    )

"""The process in which PocketSphinx decodes: it holds Python's lock while it works.

Started as ``python -m clipkit.engines.sphinx_worker``. Reads from standard input, for each piece of
sound, 4 bytes with its length (little-endian) and so many bytes of 16-bit mono samples at 16 kHz;
writes a line of JSON for each: words and evidence. Words are a list of [word, start_s, end_s,
probability, sounds], the last how many phones it is pronounced with. Evidence is null, or with
``--learn FOLDER`` what the piece says of the voice (``Evidence.to_text``); the folder is for files
on the way there, which whoever started the process deletes. With ``--mllr FILE`` the model's means
are mapped. Ends with its input.
"""

import argparse
import json
import re
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from clipkit.engines.sphinx_adaptation import CEPSTRA, Evidence, Floats, SoundModel, features

_VARIANT = re.compile(r"\(\d+\)$")
_FRAME_S = 0.01

_SURE = 0.3
"""Words less likely than this to be right teach nothing."""


def main(
    source: BinaryIO, sink: BinaryIO, *, learn: Path | None = None, mllr: Path | None = None
) -> None:
    """Decode pieces until the input ends.

    Args:
        source: The pieces.
        sink: For a line each.
        learn: A folder for files, if evidence is to be gathered.
        mllr: A map of the model's means.
    """
    from pocketsphinx import Decoder

    # The two limits keep noisy sound from taking longer than it lasts, for hardly more wrong words.
    options = {"mllr": str(mllr)} if mllr is not None else {}
    decoder = Decoder(loglevel="FATAL", maxhmmpf=5000, maxwpf=20, **options)
    learner = _Learner(learn) if learn is not None else None
    while header := source.read(4):
        samples = source.read(struct.unpack("<i", header)[0])
        _hear(decoder, samples)
        words = [
            [
                _VARIANT.sub("", segment.word),
                round(segment.start_frame * _FRAME_S, 2),
                round((segment.end_frame + 1) * _FRAME_S, 2),
                round(min(1.0, segment.prob), 3),
                len(decoder.lookup_word(segment.word).split()),
            ]
            for segment in decoder.seg() or ()
            if segment.word[0] not in "<[+"  # silences and noises
        ]
        evidence = learner.evidence(samples, words) if learner is not None else None
        sink.write(json.dumps([words, evidence.to_text() if evidence else None]).encode() + b"\n")
        sink.flush()


def _hear(decoder: Any, samples: bytes) -> None:
    # Forget what was learnt of earlier pieces: which ones this process got is chance.
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()


class _Learner:
    """Finds which phone each frame of a piece is, and what that says of the voice.

    Args:
        folder: Where files may be written.
    """

    def __init__(self, folder: Path) -> None:
        from pocketsphinx import Decoder

        # PocketSphinx gives its cepstra only as files.
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        self._decoder = Decoder(loglevel="FATAL", lm=None, mfclogdir=str(self._folder))
        self._model = SoundModel.read(Path(self._decoder.config["hmm"]))

    def evidence(self, samples: bytes, words: list[list[Any]]) -> Evidence | None:
        """Return it for a piece and its words; None where they cannot be laid on the sound."""
        if not words:
            return None
        try:
            self._decoder.set_align_text(" ".join(word[0] for word in words))
            _hear(self._decoder, samples)
            cepstra = self._cepstra()
            found = [
                segment for segment in self._decoder.seg() or () if segment.word[0] not in "<[("
            ]
            if len(found) != len(words):
                return None
            self._decoder.set_alignment()
            _hear(self._decoder, samples)
        except RuntimeError:  # of some pieces no path reaches the end: they teach nothing
            return None
        finally:
            for path in self._folder.iterdir():
                path.unlink()
        labels: list[str | None] = [None] * len(cepstra)
        said = iter(words)
        for entry in self._decoder.get_alignment():
            if entry.name[0] in "<[(":
                continue
            if next(said)[3] >= _SURE:
                for phone in entry:
                    labels[phone.start : phone.start + phone.duration] = [phone.name] * (
                        phone.duration
                    )
        return Evidence.of(self._model, features(cepstra), labels)

    def _cepstra(self) -> Floats:
        """Return those of the piece that was just heard, their mean taken off: shape (n, 13)."""
        (path,) = self._folder.iterdir()
        cepstra = np.frombuffer(path.read_bytes(), ">f4", offset=4).astype(np.float64)
        mean = np.array([float(value) for value in self._decoder.get_cmn(False).split(",")])
        centred: Floats = cepstra.reshape(-1, CEPSTRA) - mean
        return centred


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--learn", type=Path)
    parser.add_argument("--mllr", type=Path)
    arguments = parser.parse_args()
    main(sys.stdin.buffer, sys.stdout.buffer, learn=arguments.learn, mllr=arguments.mllr)

"""The process in which PocketSphinx decodes: it holds Python's lock while it works.

Started as ``python -m clipkit.engines.sphinx_worker``. Reads from standard input, for each piece of
sound, 4 bytes with its length (little-endian) and so many bytes of 16-bit mono samples at 16 kHz;
writes a line of JSON for each: a list of [word, start_s, end_s, probability, sounds], the last how
many phones it is pronounced with. Ends with its input.
"""

import json
import re
import struct
import sys
from typing import BinaryIO

_VARIANT = re.compile(r"\(\d+\)$")
_FRAME_S = 0.01


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """Decode pieces until the input ends."""
    from pocketsphinx import Decoder

    # The two limits keep noisy sound from taking longer than it lasts, for hardly more wrong words.
    decoder = Decoder(loglevel="FATAL", maxhmmpf=5000, maxwpf=20)
    while header := source.read(4):
        samples = source.read(struct.unpack("<i", header)[0])
        # Forget what was learnt of earlier pieces: which ones this process got is chance.
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(samples, full_utt=True)
        decoder.end_utt()
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
        sink.write(json.dumps(words).encode() + b"\n")
        sink.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)

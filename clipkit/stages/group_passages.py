"""Sentences to passages."""

from dataclasses import dataclass

import numpy as np

from clipkit.types.retrieval import Passages
from clipkit.types.speech import Sentences

_SHORTEST_WORDS = 8
"""A sentence: with less, nothing is said."""


@dataclass(frozen=True, kw_only=True)
class GroupPassages:
    """Groups sentences in a row until they have enough words to be about something."""

    words: int = 50
    """A passage ends with the sentence that brings it to so many words: about 20 s of talk."""

    fewest: int = 12
    """A short source has shorter passages, so that there are about so many to tell apart."""

    def __call__(self, sentences: Sentences) -> Passages:
        """Return where each passage starts."""
        starts, held = [0], 0
        total = sum(len(item.words) for item in sentences.items)
        enough = min(self.words, max(_SHORTEST_WORDS, total / self.fewest))
        for number, item in enumerate(sentences.items):
            held += len(item.words)
            if held >= enough:
                starts.append(number + 1)
                held = 0
        if starts[-1] != len(sentences.items):
            starts.append(len(sentences.items))
        return Passages(np.array(starts, np.int64))

"""What a transcript and its sentences tell of themselves."""

import pytest

from clipkit.types.speech import Sentence, Sentences, Transcript, Word
from clipkit.types.time import Span


def _word(place: int, speaker: str | None) -> Word:
    return Word("so", Span(float(place), place + 0.5), speaker=speaker)


@pytest.mark.parametrize(
    ("said_by", "speakers"),
    [
        ((), ()),
        ((None, None), ()),
        (("Ben", "Ann", None, "Ben", ""), ("Ann", "Ben")),
    ],
)
def test_speakers_are_told_once_each_in_order(
    said_by: tuple[str | None, ...], speakers: tuple[str, ...]
) -> None:
    words = tuple(_word(place, speaker) for place, speaker in enumerate(said_by))
    assert Transcript(words, "en", "file:srt").speakers == speakers


@pytest.mark.parametrize(
    ("lengths", "before"), [((), [0]), ((3,), [0, 3]), ((3, 1, 2), [0, 3, 4, 6])]
)
def test_words_before_each_sentence_are_counted(
    lengths: tuple[int, ...], before: list[int]
) -> None:
    items = tuple(
        Sentence(tuple(_word(place, None) for place in range(length)), 0.0, 0.0)
        for length in lengths
    )
    assert Sentences(items).words_before.tolist() == before


def test_what_is_kept_of_sentences_cannot_be_changed() -> None:
    counted = Sentences((Sentence((_word(0, None),), 0.0, 0.0),)).words_before
    with pytest.raises(ValueError, match="read-only"):
        counted[0] = 1

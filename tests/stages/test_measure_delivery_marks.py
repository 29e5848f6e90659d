"""Marks that readers took from among the words count for the sentences they answer."""

import json
from pathlib import Path

import numpy as np
import pytest

from clipkit.stages.measure_delivery import MeasureDelivery
from clipkit.stages.split_sentences import SplitSentences
from clipkit.transcripts import read_transcript
from clipkit.types.delivery import Delivery, Reaction
from clipkit.types.speech import Cue, Sentence, Sentences, Transcript, Word
from clipkit.types.time import Span
from tests.stages.talks import NO_SPEECH, SILENCE

LAUGHTER, APPLAUSE, NOTHING = Reaction.LAUGHTER, Reaction.APPLAUSE, Reaction(0)


def _said(text: str, start_s: float, end_s: float) -> Sentence:
    texts = text.split()
    edges = np.linspace(start_s, end_s, len(texts) + 1).tolist()
    return Sentence(
        tuple(Word(word, Span(*edges[place : place + 2])) for place, word in enumerate(texts)),
        0.5,
        0.5,
    )


def _measured(items: tuple[Sentence, ...], *marks: Cue) -> Delivery:
    words = tuple(word for item in items for word in item.words)
    transcript = Transcript(words, "en", "test", marks)
    return MeasureDelivery()(SILENCE, Sentences(items), transcript)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(2.0, 2.0, "[Laughter]")], [LAUGHTER, NOTHING, NOTHING]),
        ([(2.5, 3.5, "[Laughter]")], [LAUGHTER, NOTHING, NOTHING]),
        ([(1.4, 1.4, "[Laughter]")], [LAUGHTER, NOTHING, NOTHING]),
        ([(4.0, 4.0, "[Laughter]")], [LAUGHTER, NOTHING, NOTHING]),
        ([(4.1, 4.2, "[Laughter]")], [NOTHING, LAUGHTER, NOTHING]),
        (
            [(6.9, 8.0, "(laughs)"), (8.0, 9.0, "(applause)")],
            [NOTHING, LAUGHTER | APPLAUSE, NOTHING],
        ),
        ([(0.0, 0.5, "[Applause]")], [APPLAUSE, NOTHING, NOTHING]),
        ([(18.0, 19.5, "[Applause]")], [NOTHING, NOTHING, APPLAUSE]),
        ([(11.1, 13.0, "[Applause]")], [NOTHING, NOTHING, NOTHING]),
        ([(21.0, 30.0, "[Applause]")], [NOTHING, NOTHING, APPLAUSE]),
        ([(26.1, 30.0, "[Applause]")], [NOTHING, NOTHING, NOTHING]),
        ([(2.0, 3.0, "[door slams]")], [NOTHING, NOTHING, NOTHING]),
        ([(6.0, 6.0, "♪ la la ♪")], [NOTHING, Reaction.MUSIC, NOTHING]),
    ],
)
def test_a_mark_taken_from_among_the_words_counts_for_the_sentence_it_answers(
    spans: list[tuple[float, float, str]], expected: list[Reaction]
) -> None:
    items = (
        _said("A joke.", 1.0, 2.0),
        _said("And so on.", 4.0, 6.0),
        _said("Much later.", 20.0, 21.0),
    )
    marks = [Cue(Span(start_s, end_s), text) for start_s, end_s, text in spans]
    found = _measured(items, *marks).reactions
    assert found.tolist() == expected


def test_marks_among_the_words_and_marks_taken_from_there_add_up() -> None:
    items = (_said("A joke. (laughs)", 1.0, 2.0), _said("More.", 4.0, 5.0))
    delivery = _measured(items, Cue(Span(2.0, 3.0), "[Applause]"))
    assert delivery.reactions.tolist() == [LAUGHTER | APPLAUSE, 0]
    assert delivery.reactions.shape == delivery.rate.shape


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".json", ".words.json"])
def test_reactions_are_the_same_whatever_a_transcript_is_read_from(
    tmp_path: Path, suffix: str
) -> None:
    lines = [
        (1.0, 3.0, "A joke about taxes."),
        (3.0, 5.0, "[Laughter]"),
        (5.0, 7.0, "Thank you (applause) all."),
        (20.0, 22.0, "More."),
    ]
    path = tmp_path / f"talk{suffix}"
    path.write_text(_written(lines, suffix), encoding="utf-8")
    transcript = read_transcript(path)
    assert transcript.text == "A joke about taxes. Thank you all. More."
    sentences = SplitSentences()(transcript, NO_SPEECH)
    delivery = MeasureDelivery()(SILENCE, sentences, transcript)
    assert [item.text for item in sentences.items] == [
        "A joke about taxes.",
        "Thank you all.",
        "More.",
    ]
    assert delivery.reactions.tolist() == [LAUGHTER, APPLAUSE, 0]


def _written(lines: list[tuple[float, float, str]], suffix: str) -> str:
    """Write lines of so many seconds as a file of a format."""
    if suffix in {".srt", ".vtt"}:
        cues = [
            f"00:00:{start_s:06.3f} --> 00:00:{end_s:06.3f}\n{text}\n"
            for start_s, end_s, text in lines
        ]
        return "\n".join(["WEBVTT\n" if suffix == ".vtt" else "", *cues])
    segments: list[dict[str, object]] = [
        {"start": start_s, "end": end_s, "text": text} for start_s, end_s, text in lines
    ]
    if suffix == ".words.json":
        for segment, (start_s, end_s, text) in zip(segments, lines, strict=True):
            segment["words"] = [
                {"word": word.text, "start": word.span.start_s, "end": word.span.end_s}
                for word in _said(text, start_s, end_s).words
            ]
    return json.dumps({"segments": segments})

"""What a clip says for itself is true of it, and of no other."""

from collections.abc import Sequence

import numpy as np
import pytest

from clipkit.engines.titles import ExtractiveTitles
from clipkit.stages.compose_clips import ComposeClips
from clipkit.types.clips import Clip, ScoredMoments, Selection
from clipkit.types.query import Query
from clipkit.types.retrieval import Relevance
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.stages.talks import MONITOR, TALK, moments_of, searchable_of, spoken, timeline

EDGES = {"borders": 0.9, "opening": 0.9, "pauses": 0.9}


def _clip(
    words: Sequence[Word],
    run: tuple[int, int, float, float],
    *,
    similarity: Sequence[float] | None = None,
    signals: dict[str, float] | None = None,
    pinned: bool = False,
    general: bool = False,
    duration_s: float = 100.0,
) -> Clip:
    """Compose the clip of one moment: first sentence, the one behind its last, start and end.

    Without ``similarity``, nothing was asked for.
    """
    asked = similarity is not None
    count = len(searchable_of(words).sentences.items)
    rows = np.array([similarity]) if asked else np.zeros((0, count))
    none = np.zeros_like(rows)
    names = tuple(signals or ())
    values = np.array([[*(signals or {}).values()]])
    weights = np.full(len(names), 1.0 / max(len(names), 1))
    scored = ScoredMoments(
        moments_of(run, pinned=[0] if pinned else []),
        names,
        weights,
        values,
        np.array([0.5]),
        np.array([0 if asked else -1]),
        np.array([-1]),
        np.zeros((1, 2)),
    )
    (clip,) = ComposeClips(engines=(ExtractiveTitles(),))(
        Selection((0,), (), None),
        scored,
        searchable_of(words),
        Relevance(none, none, none, rows, np.full(len(rows), general)),
        timeline(duration_s),
        Query(criteria=("cats",) if asked else ()),
        MONITOR,
    )
    return clip


SHORT = spoken("Really?", "Cats purr at night.", "Oh good.", "Cats sleep all day.")


def test_sentences_of_fewer_than_three_words_answer_last() -> None:
    clip = _clip(SHORT, (0, 4, 0.0, 9.0), similarity=[0.9, 0.2, 0.8, 0.3])
    texts = ["Cats sleep all day.", "Cats purr at night.", "Really?"]
    assert [match.text for match in clip.matches] == texts
    assert [match.similarity for match in clip.matches] == [0.3, 0.2, 0.9]
    assert clip.reason.startswith("closest to “cats”: “Cats sleep all day.”")


def test_where_all_sentences_are_short_the_closest_answers() -> None:
    clip = _clip(spoken("Good cats.", "Oh cats."), (0, 2, 0.0, 9.0), similarity=[0.2, 0.4])
    assert clip.matches[0].text == "Oh cats."


def test_a_criterion_that_any_highlight_answers_has_no_matches() -> None:
    similarity = [0.9, 0.2, 0.8, 0.3]
    general = _clip(SHORT, (0, 3, 0.0, 9.0), similarity=similarity, general=True)
    plain = _clip(SHORT, (0, 3, 0.0, 9.0))
    assert (general.criterion, general.matches) == ("cats", ())
    assert general.reason == plain.reason == "the best there is"
    assert general.title == plain.title, "nor does closeness to it decide the title"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([0.9] * 6, "nothing is said in it, so what was asked for could not be matched"),
        (None, "nothing is said in it"),
    ],
)
def test_a_pin_in_silence_tells_that_and_no_more(
    asked: Sequence[float] | None, expected: str
) -> None:
    signals = dict.fromkeys(["borders", "coherence", "opening", "flow", "delivery"], 0.9)
    run = (0, 0, 40.0, 50.0)
    clip = _clip(TALK, run, similarity=asked, signals=signals, pinned=True)
    assert clip.reason == f"it was pinned; {expected}"
    assert (clip.criterion, clip.words, clip.matches, clip.title) == (None, (), (), "At 0:40")


def test_energy_speaks_for_a_pin_where_nobody_speaks() -> None:
    clip = _clip((), (0, 0, 5.0, 9.0), signals={"loudness": 0.9, "cuts": 0.2}, pinned=True)
    assert clip.reason == "it was pinned; nothing is said in it; it is louder than the rest"


def test_what_is_true_of_anything_is_no_reason() -> None:
    signals = EDGES | {"reactions": 0.8}
    clip = _clip(spoken("Hello"), (0, 1, 0.85, 1.65), signals=EDGES)
    assert clip.reason == "it is all that is said"
    clip = _clip(TALK, (0, 6, 0.85, 30.0), signals=signals)
    assert clip.reason == "it is all that is said; listeners react in it"
    clip = _clip(TALK, (0, 5, 0.85, 25.0), signals=signals)
    said = "it begins and ends where the topic changes; its first sentence stands on its own"
    assert clip.reason == said


SENTENCE = spoken("one two three four five six seven eight.", "And more.", start_s=10.0, word_s=1.0)
"""The first sentence from 10 to 18 s, a second a word."""


def _texts(clip: Clip) -> list[str]:
    return [word.text for word in clip.words]


def test_of_a_sentence_that_a_pin_cuts_only_the_words_inside_are_the_clips() -> None:
    early = _clip(SENTENCE, (0, 1, 10.4, 13.5), similarity=[0.5, 0.0], pinned=True)
    late = _clip(SENTENCE, (0, 1, 13.5, 17.6), pinned=True)
    assert _texts(early) == ["one", "two", "three"]
    assert _texts(late) == ["four", "five", "six", "seven", "eight."]
    assert [match.text for match in early.matches] == ["one two three"]
    assert early.matches[0].span == Span(10.0, 13.0)
    assert early.title == "One two three"
    whole = _clip(SENTENCE, (0, 1, 10.4, 13.5))
    assert len(whole.words) == 8, "what is not pinned holds whole sentences"


def test_a_sentence_without_a_word_inside_is_not_said_in_a_pin() -> None:
    clip = _clip(SENTENCE, (0, 2, 17.6, 30.0), similarity=[0.9, 0.1], pinned=True)
    assert _texts(clip) == ["And", "more."]
    assert [(match.text, match.similarity) for match in clip.matches] == [("And more.", 0.1)]
    inside = _clip(SENTENCE, (0, 1, 12.1, 12.2), similarity=[0.9, 0.1], pinned=True)
    assert (inside.words, inside.title) == ((), "At 0:12")
    assert "no whole word is said in it, so what was asked for" in inside.reason


def test_a_pin_that_cuts_a_sentence_claims_nothing_of_its_edges() -> None:
    signals = EDGES | {"flow": 0.6}
    cut = _clip(SENTENCE, (0, 1, 10.4, 13.5), signals=signals, pinned=True)
    assert cut.reason == "it was pinned; it is told without gaps"
    whole = _clip(SENTENCE, (0, 1, 9.8, 18.2), signals=signals, pinned=True)
    assert whole.reason.startswith("it was pinned; it begins and ends where the topic changes")

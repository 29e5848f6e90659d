"""The baseline that learns finds what the signals it starts from would miss."""

from dataclasses import replace

import numpy as np
import torch

from benchmarks.quality.baselines import Windowed
from benchmarks.quality.learned import Bilinear, learned
from benchmarks.quality.samples import Question
from clipkit.testing import HashEmbedder
from tests.benchmarks.corpora_made import toy_meeting


def test_the_map_is_what_its_formula_says() -> None:
    torch.manual_seed(1)
    model = Bilinear(2)
    with torch.no_grad():
        model.asked.zero_()
        model.said.zero_()
        model.asked[0] = torch.tensor([1.0, 2.0])
        model.said[0] = torch.tensor([3.0, 0.0])
        model.scale.fill_(0.5)
        model.weights.copy_(torch.tensor([1.0, 0.0, -1.0]))
        signals = torch.tensor([[1.0, 2.0], [9.0, 9.0], [0.0, 1.0]])
        scores = model(torch.tensor([1.0, 1.0]), torch.eye(2), signals)
    # A q = 3; B w = 3 and 0; so .5 * 9 + 1 - 0 and 0 + 2 - 1.
    assert scores.tolist() == [5.5, 1.0]


def test_it_learns_what_answers_from_examples() -> None:
    """Who asks about cats wants rockets: no signal says so, only the examples do."""
    meeting = toy_meeting()
    cats, _, rockets = meeting.questions
    asked = Question(cats.text, rockets.gold)
    lesson = replace(meeting, questions=(asked,) * 60)
    told: list[str] = []
    embedder = HashEmbedder()
    baseline = learned([lesson, lesson], embedder, told.append)
    assert len(told) == 2
    exam = Windowed(replace(meeting, questions=(asked,)), embedder)
    (answer,) = baseline.answers(exam)
    assert answer.hits[0]
    assert np.argmax(exam.cosines[0]) != np.argmax(baseline.scores(exam, 0))


def test_the_same_lessons_teach_the_same() -> None:
    meeting, embedder = toy_meeting(), HashEmbedder()
    scores = [
        learned([meeting], embedder, lambda _: None).scores(Windowed(meeting, embedder), 0).tolist()
        for _ in range(2)
    ]
    assert scores[0] == scores[1]

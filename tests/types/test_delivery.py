"""Reactions are flags of a byte."""

import numpy as np

from clipkit.types.delivery import Delivery, Reaction


def test_a_sentence_may_have_more_than_one_reaction() -> None:
    both = Reaction.LAUGHTER | Reaction.APPLAUSE
    reactions = np.array([0, Reaction.LAUGHTER, both, Reaction.MUSIC], np.uint8)
    unknown = np.full(4, np.nan, np.float32)
    delivery = Delivery(False, unknown, unknown, unknown, unknown, unknown, unknown, reactions)
    assert delivery.followed_by(Reaction.LAUGHTER).tolist() == [False, True, True, False]
    assert delivery.followed_by(Reaction.APPLAUSE).tolist() == [False, False, True, False]
    assert delivery.followed_by(both).tolist() == [False, True, True, False]


def test_every_reaction_fits_in_a_byte() -> None:
    assert 0 < int(Reaction(~Reaction(0))) < 256

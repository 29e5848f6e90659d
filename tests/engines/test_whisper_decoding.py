"""What cannot be right is looked for again, by itself, and the best of it is kept."""

from collections.abc import Sequence

import pytest

from clipkit.engines.whisper_decoding import Attempt, Decoded, Decoding, compression, decode
from clipkit.errors import OptionError

GOOD, POOR, WORSE = -0.3, -1.2, -2.0
PROSE, LOOP = (1, 2, 3), (9,) * 60
TEXTS = {PROSE: "we began with three customers in a garage", LOOP: "and so " * 40}


def _text(found: Decoded) -> str:
    return TEXTS[found.tokens]


class _Script:
    """Gives each window, at each attempt, what a script says."""

    def __init__(self, *windows: Sequence[Decoded]) -> None:
        self._windows = windows
        self.asked: list[tuple[tuple[int, ...], Attempt]] = []

    def __call__(self, places: Sequence[int], attempt: Attempt) -> list[Decoded]:
        self.asked.append((tuple(places), attempt))
        return [self._windows[place][len(self.asked) - 1] for place in places]


def _found(
    tokens: tuple[int, ...] = PROSE, log_probability: float = GOOD, no_speech: float = 0.0
) -> Decoded:
    return Decoded(tokens, log_probability, no_speech)


def test_what_is_right_at_once_is_looked_for_once() -> None:
    script = _Script([_found()], [_found()])
    assert decode(script, 2, _text, Decoding()) == [_found(), _found()]
    assert script.asked == [((0, 1), Attempt(1))]


def test_only_what_is_doubtful_is_looked_for_again() -> None:
    script = _Script(
        [_found()],
        [_found(LOOP), _found()],
        [_found(log_probability=POOR), _found(log_probability=WORSE), _found()],
    )
    assert decode(script, 3, _text, Decoding()) == [_found(), _found(), _found()]
    assert script.asked == [
        ((0, 1, 2), Attempt(1)),
        ((1, 2), Attempt(5)),
        ((2,), Attempt(5, longest_repeat=2)),
    ]


@pytest.mark.parametrize(
    ("tries", "kept"),
    [
        # The likeliest, whichever came first.
        ([_found(PROSE, POOR), _found(PROSE, WORSE), _found(PROSE, WORSE)], 0),
        ([_found(PROSE, WORSE), _found(PROSE, POOR), _found(PROSE, WORSE)], 1),
        # Rather unlikely than in circles.
        ([_found(LOOP, GOOD), _found(LOOP, GOOD), _found(PROSE, WORSE)], 2),
        ([_found(LOOP, POOR), _found(LOOP, GOOD), _found(LOOP, POOR)], 1),
    ],
)
def test_of_what_stays_doubtful_the_best_is_kept(tries: list[Decoded], kept: int) -> None:
    assert decode(_Script(tries), 1, _text, Decoding()) == [tries[kept]]


@pytest.mark.parametrize(
    ("no_speech", "log_probability", "is_silence"),
    [(0.9, -1.5, True), (0.9, -0.5, False), (0.5, -1.5, False)],
)
def test_silence_needs_both_signs(
    no_speech: float, log_probability: float, is_silence: bool
) -> None:
    found = _found(PROSE, log_probability, no_speech)
    assert Decoding().is_silence(found) is is_silence
    # There is nothing to look for again where nobody speaks.
    assert Decoding().is_doubtful(found, _text(found)) is (no_speech == 0.5)


def test_attempts_grow_wider_and_are_tried_once_each() -> None:
    assert Decoding(beam_size=5).attempts == (Attempt(5), Attempt(5, 2))
    assert Decoding(temperatures=(0.4,)).attempts[-1] == Attempt(1, 0, 0.4)


def test_prose_is_compressed_less_than_what_repeats_itself() -> None:
    limit = Decoding().most_compression
    assert compression(TEXTS[PROSE]) < limit < compression(TEXTS[LOOP])
    assert compression("") == 0.0


@pytest.mark.parametrize(
    "options",
    [
        {"beam_size": 0},
        {"retry_beam_size": 0},
        {"most_tokens": 0},
        {"most_tokens": 448},
        {"temperatures": (0.0,)},
        {"temperatures": (2.5,)},
    ],
)
def test_options_that_are_none_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        Decoding(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "All human beings are born free and equal in dignity and rights. They are endowed with "
        "reason and conscience and should act towards one another in a spirit of brotherhood. "
        "Everyone has the right to life, liberty and the security of person.",
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें "
        "बुद्धि और अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए। "
        "प्रत्येक व्यक्ति को जीवन, स्वाधीनता और वैयक्तिक सुरक्षा का अधिकार है। कोई भी गुलामी या दासता "
        "की हालत में न रखा जाएगा, गुलामी-प्रथा और गुलामों का व्यापार अपने सभी रूपों में निषिद्ध होगा।",
    ],
    ids=["english", "hindi"],
)
def test_prose_in_any_script_is_no_circle_and_a_circle_is(text: str) -> None:
    assert compression(text) < 2.2
    assert compression(text[:40] * 8) > 2.4

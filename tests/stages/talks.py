"""Talks made of numbers: words, sentences and media without a file behind them."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from clipkit.stages.draw_outline import DrawOutline
from clipkit.stages.embed import EmbedPassages
from clipkit.stages.group_passages import GroupPassages
from clipkit.stages.index_words import index_words, make_searchable
from clipkit.stages.split_sentences import SplitSentences
from clipkit.testing import HashEmbedder
from clipkit.types.clips import Moments
from clipkit.types.delivery import Activity
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, AudioStream, MediaInfo, Shots, Timeline
from clipkit.types.outline import Outline
from clipkit.types.retrieval import CriteriaEmbeddings, Searchable
from clipkit.types.speech import SentenceEmbeddings, Sentences, Speech, Transcript, Word
from clipkit.types.time import Span

MONITOR = Monitor("test")
NO_SHOTS = Shots((), 0.0)
NO_SPEECH = Speech((), 0.0)
SILENCE = Audio(np.zeros(0, np.float32))


def info(duration_s: float, *, sound: bool = True, fingerprint: str = "ab" * 32) -> MediaInfo:
    """Return what a file of a length would hold."""
    audio = AudioStream(0, "aac", 16000, 1, None, True) if sound else None
    return MediaInfo(Path("talk.mp4"), fingerprint, "mp4", duration_s, 0.0, None, audio)


def timeline(
    duration_s: float, *, fingerprint: str = "ab" * 32, has_media: bool = True
) -> Timeline:
    """Return the time of a file of a length."""
    return Timeline(duration_s, fingerprint, has_media)


def no_activity(duration_s: float) -> Activity:
    """Return the activity of a source of a length without sound and without cuts."""
    seconds = math.ceil(duration_s)
    unknown = np.full(seconds, np.nan, np.float32)
    return Activity(duration_s, False, unknown, unknown, np.zeros(seconds, np.uint16))


def speech_of(words: Sequence[Word], duration_s: float) -> Speech:
    """Return one stretch of speech from the first word to the last."""
    if not words:
        return Speech((), duration_s)
    return Speech((Span(words[0].span.start_s, words[-1].span.end_s),), duration_s)


def spoken(
    *texts: str, start_s: float = 1.0, word_s: float = 0.4, pause_s: float = 0.6
) -> tuple[Word, ...]:
    """Say texts one after the other, their words without a gap, a pause between the texts."""
    words, reached_s = [], start_s
    for text in texts:
        for word in text.split():
            words.append(Word(word, Span(round(reached_s, 3), round(reached_s + word_s, 3))))
            reached_s += word_s
        reached_s += pause_s
    return tuple(words)


TALK = spoken(
    "Cats purr softly at night.",
    "Cats sleep most of the day.",
    "Taxes fund the roads we drive on.",
    "Without taxes the roads crumble.",
    "Rockets burn fuel to reach orbit.",
    "An orbit needs speed and fuel.",
)
"""Three topics, two sentences each."""


def sentences_of(words: Sequence[Word]) -> Sentences:
    """Split words into sentences as the pipeline does."""
    return SplitSentences()(Transcript(tuple(words), "en", "test"), NO_SPEECH)


def embedded(sentences: Sentences) -> SentenceEmbeddings:
    """Embed sentences by their words."""
    double = HashEmbedder()
    return SentenceEmbeddings(
        double.embed([item.text for item in sentences.items], MONITOR), double.name
    )


def embedded_criteria(criteria: Sequence[str]) -> CriteriaEmbeddings:
    """Embed criteria as sentences are: all of a text is its topic, and none has examples."""
    double = HashEmbedder()
    vectors = double.embed(criteria, MONITOR)
    return CriteriaEmbeddings(vectors, vectors, vectors[:0], np.zeros(0, np.int64), double.name)


def outline_of(
    words: Sequence[Word], duration_s: float | None = None, shots: Shots = NO_SHOTS
) -> Outline:
    """Draw the outline of words; without a length, the source ends 5 s after the last."""
    sentences = sentences_of(words)
    if duration_s is None:
        duration_s = max((word.span.end_s for word in words), default=0.0) + 5.0
    return DrawOutline()(sentences, embedded(sentences), timeline(duration_s), shots)


def random_outline(random: np.random.Generator, count: int) -> Outline:
    """Return an outline of sentences that begin every 10 s and last up to 9."""
    start_s: npt.NDArray[np.float64] = 10.0 * np.arange(count, dtype=np.float64)
    end_s: npt.NDArray[np.float64] = start_s + random.uniform(0.0, 9.0, count)
    words = random.integers(1, 30, count).astype(np.float64)
    pause_s = random.choice([0.0, 0.2, 0.9, 3.0, 1e6], count + 1)
    return Outline(
        start_s=start_s,
        end_s=end_s,
        clip_start_s=start_s,
        clip_end_s=end_s,
        talk_start_s=start_s,
        talk_end_s=end_s,
        words=words,
        content=np.floor(words * random.uniform(0.0, 1.0, count)),
        centrality=random.uniform(-1.0, 1.0, count),
        stands_alone=random.choice([0.0, 0.3, 0.6, 1.0], count),
        rounds_off=random.choice([0.3, 0.4, 1.0], count),
        is_border=np.ones(count + 1, bool),
        pause_s=pause_s,
        turn=random.choice([False, True], count + 1),
        topic_change=np.r_[1.0, random.uniform(0.0, 1.0, count - 1), 1.0],
    )


def searchable_of(words: Sequence[Word], passage_words: int = 50) -> Searchable:
    """Make words searchable as the pipeline does."""
    transcript = Transcript(tuple(words), "en", "test")
    sentences = sentences_of(words)
    vectors = embedded(sentences)
    passages = GroupPassages(words=passage_words, fewest=1)(sentences)
    embed = EmbedPassages(engines=(HashEmbedder(),))
    return make_searchable(
        sentences,
        passages,
        vectors,
        embed(sentences, passages, vectors, MONITOR),
        index_words(sentences, passages, transcript),
    )


def moments_of(*runs: tuple[int, int, float, float], pinned: Sequence[int] = ()) -> Moments:
    """Return moments: of each the first sentence, the one behind its last, start and end."""
    first, stop, start_s, end_s = zip(*runs, strict=True) if runs else ((), (), (), ())
    return Moments(
        np.array(first, np.int64),
        np.array(stop, np.int64),
        np.array(start_s, np.float64),
        np.array(end_s, np.float64),
        tuple(pinned),
        None if runs else "nothing is said",
    )


def noise(duration_s: float, seed: int = 0, loud: float = 0.1) -> npt.NDArray[np.float32]:
    """Return noise at 16 kHz."""
    count = round(duration_s * 16000)
    return (loud * np.random.default_rng(seed).standard_normal(count)).astype(np.float32)


def inside_a_word(time_s: float, words: Sequence[Word]) -> Word | None:
    """Return the word that is cut by an instant, if any."""
    return next((word for word in words if word.span.start_s < time_s < word.span.end_s), None)


_texts = st.sampled_from(
    ["we", "talk", "about", "17", "yes.", "really?", "well,", "Dr.", "stars.", "and", "learning!"]
)


cuts = st.lists(st.integers(0, 120_000_000), max_size=12).map(
    lambda micros: Shots(tuple(sorted({micro / 1_000_000 for micro in micros})), 120.0)
)
"""Cuts of two minutes of pictures, at any microsecond."""


@st.composite
def talks(draw: st.DrawFn, max_words: int = 60, overlapping: bool = False) -> tuple[Word, ...]:
    """Draw words on a grid of milliseconds, with pauses of any length between them.

    Args:
        draw: Given by Hypothesis.
        max_words: At most so many.
        overlapping: Whether a word may begin before the one before has ended.
    """
    words, start_ms, reached_ms = [], 0, draw(st.integers(0, 3000))
    casts: list[list[str | None]] = [[None], ["A"], ["A", "B"]]
    speakers = draw(st.sampled_from(casts))
    for _ in range(draw(st.integers(1, max_words))):
        gap_ms = draw(st.sampled_from([0, 0, 1, 20, 150, 301, 750, 1300, 4000]))
        if overlapping and draw(st.booleans()):
            gap_ms = -draw(st.integers(0, max(0, reached_ms - start_ms)))
        start_ms = max(start_ms, reached_ms + gap_ms)
        end_ms = start_ms + draw(st.sampled_from([1, 80, 333, 900, 2500]))
        span = Span(start_ms / 1000, end_ms / 1000)
        words.append(Word(draw(_texts), span, None, draw(st.sampled_from(speakers))))
        reached_ms = max(reached_ms, end_ms)
    return tuple(words)


@st.composite
def runs_of(draw: st.DrawFn, count: int) -> Moments:
    """Draw moments over so many sentences of up to 10 s, in order and without doubles."""
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    drawn = draw(st.lists(pairs.map(sorted).map(tuple), min_size=1, max_size=8, unique=True))
    # All that end with one sentence end at one time.
    tails = [draw(st.floats(0.5, 9.0)) for _ in range(count)]
    return moments_of(
        *(
            (first, last + 1, 10.0 * first, 10.0 * last + tails[last])
            for first, last in sorted(drawn)
        )
    )


def sigmoid(value: float) -> float:
    """Return the logistic curve as textbooks write it."""
    return 1.0 / (1.0 + math.exp(-value))

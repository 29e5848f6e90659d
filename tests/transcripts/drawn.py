"""Transcripts that Hypothesis draws."""

from hypothesis import strategies as st

from clipkit.types.speech import DROP_REASONS, Cue, Dropped, Transcript, Word
from clipkit.types.time import Span


@st.composite
def transcripts(
    draw: st.DrawFn,
    texts: st.SearchStrategy[str],
    speakers: tuple[str | None, ...] = (None, "Anna", "Ben & Co", "<3"),
) -> Transcript:
    """Draw words in order of their starts, which may overlap, with and without speakers."""
    start_ms, words = 0, []
    for _ in range(draw(st.integers(0, 30))):
        start_ms += draw(st.integers(0, 1500))
        span = Span(start_ms / 1000, (start_ms + draw(st.integers(0, 1500))) / 1000)
        confidence = draw(st.none() | st.floats(0.0, 1.0))
        speaker = draw(st.sampled_from(speakers))
        words.append(Word(draw(texts), span, confidence, speaker))
    marks = []
    for start_ms in sorted(draw(st.lists(st.integers(0, 30_000), max_size=3))):
        span = Span(start_ms / 1000, (start_ms + draw(st.integers(0, 3000))) / 1000)
        marks.append(Cue(span, draw(_marks), draw(st.sampled_from(speakers))))
    return Transcript(
        tuple(words),
        draw(st.sampled_from([None, "en", "ja"])),
        draw(st.text(max_size=5)),
        tuple(marks),
        tuple(draw(_dropped)),
    )


_marks = st.sampled_from(["[Laughter]", "(loud applause)", "♪ la la ♪", "♪", "【拍手】"])

_spans = st.builds(
    lambda start_ms, long_ms: Span(start_ms / 1000, (start_ms + long_ms) / 1000),
    st.integers(0, 30_000),
    st.integers(0, 3000),
)
_dropped = st.lists(
    st.builds(Dropped, st.just("Thanks for watching!"), _spans, st.sampled_from(DROP_REASONS)),
    max_size=2,
).map(lambda some: sorted(some, key=lambda one: one.span.start_s))

spoken = st.from_regex(r"[A-Za-zé字]{1,12}[.,?!]?", fullmatch=True)
"""Words as a recogniser writes them."""

"""Free text to what can be searched for."""

import re
from collections.abc import Sequence

from clipkit.engines.lexicon import (
    Lexicon,
    languages_with_stop_words,
    stop_words,
    words_of,
)
from clipkit.stages.moods import examples_of, only_praises
from clipkit.types.events import Monitor
from clipkit.types.query import Query
from clipkit.types.retrieval import Criteria, Criterion
from clipkit.types.speech import Sentences, Transcript

_INSTRUCTIONS = frozenset(
    """
    summarize summarise summary describe explain discuss discussion discussions discussed talk
    talked talking talks say said saying says think thought thoughts opinion opinions meeting group
    team view views mention mentioned tell told give show find get search look pick choose clip
    clips moment moments part parts segment segments section sections scene scenes video videos
    podcast episode interview conclusion decision decisions reached made make regarding concerning
    suggest suggested suggestion idea ideas attitude attitudes toward towards point points reason
    reasons main presentation participants speaker speakers agree disagree introduce introduced
    address addressed respond responded response concern concerns recommend recommended propose
    proposed proposal state stated evaluation please want need best most every anything everything
    something someone somebody anyone people
    """.split()
)
"""What tells the machine what to do, or stands for talk as such: found everywhere, so nowhere."""

_SCRIPTS = {
    "Latin": re.compile(r"[a-zA-Z\u00c0-\u024f]"),
    "Cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "Greek": re.compile(r"[\u0370-\u03ff]"),
    "Arabic": re.compile(r"[\u0600-\u06ff]"),
    "Hebrew": re.compile(r"[\u0590-\u05ff]"),
    "Devanagari": re.compile(r"[\u0900-\u097f]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
    "East Asian": re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"),
    "Korean": re.compile(r"[\uac00-\ud7af]"),
}

_ENOUGH_CHARS = 20_000
"""So much of a transcript tells its language."""


def read_criteria(
    query: Query, sentences: Sentences, transcript: Transcript, monitor: Monitor
) -> Criteria:
    """Return each criterion with its topic, terms and the speakers it names.

    A criterion that seems to be in another language than the transcript is said: words then never
    match, and meaning only if the embedder knows both languages.
    """
    spoken_by = {word.speaker for item in sentences.items for word in item.words}
    labels = sorted(label for label in spoken_by if label)
    lexicon = Lexicon(transcript.language)
    said = " ".join(word.text for word in transcript.words[: _ENOUGH_CHARS // 5])
    for text in (*query.criteria, *query.exclude):
        difference = _difference(text, said, transcript.language)
        if difference is not None:
            monitor.notice(
                "criteria_language",
                f"“{text}” reads as {difference[0]} while the transcript is {difference[1]}: "
                "words cannot match, and meaning only if the embedder knows both",
            )
    return Criteria(
        wanted=tuple(understood(text, labels, lexicon) for text in query.criteria),
        avoided=tuple(understood(text, labels, lexicon) for text in query.exclude),
    )


def understood(text: str, labels: Sequence[str], lexicon: Lexicon) -> Criterion:
    """Return one text with its topic, terms and speakers.

    Args:
        text: The criterion.
        labels: Of all speakers.
        lexicon: The transcript's.
    """
    speakers = speakers_named(text, labels)
    rest = text
    for name in speakers:
        pattern = r"(?<!\w)(?:the\s+)?{}(?:['\u2019]s)?(?!\w)"
        short = re.sub(pattern.format(re.escape(name)), " ", rest, flags=re.I)
        last = re.split(r"\W+", name.strip())[-1]
        rest = short if short != rest else re.sub(pattern.format(re.escape(last)), " ", rest)
    kept = [word for word in rest.split() if _says_something(word, lexicon)]
    topic = " ".join(kept).strip(" ?.!,;:")
    terms = tuple(dict.fromkeys(lexicon.terms(topic)))
    is_general = not speakers and only_praises(terms, lexicon)
    return Criterion(text, topic or text, terms, speakers, examples_of(terms, lexicon), is_general)


def _says_something(word: str, lexicon: Lexicon) -> bool:
    bare = "".join(words_of(word))
    return bool(bare) and bare not in lexicon.stop_words and bare not in _INSTRUCTIONS


def speakers_named(text: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that a text names: in full, else by the last part.

    A last part is a surname, or a letter as in "PhD C"; a letter that begins the text, and "I",
    are words.
    """
    full = [
        label
        for label in labels
        if len(label) > 1 and re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE)
    ]
    if full:
        longer = [
            label
            for label in full
            if not any(label != other and _names(label, other) for other in full)
        ]
        return tuple(longer)
    parts = {label: [part for part in re.split(r"\W+", label) if part] for label in labels}
    return tuple(
        label
        for label in labels
        if len(parts[label]) > 1
        and parts[label][-1][0].isupper()
        and parts[label][-1] != "I"
        and re.search(
            rf"{'(?<!^)' if len(parts[label][-1]) == 1 else ''}(?<!\w)"
            rf"{re.escape(parts[label][-1])}(?!\w)",
            text,
        )
    )


def _names(label: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE) is not None


def _difference(text: str, said: str, language: str | None) -> tuple[str, str] | None:
    """Return the scripts, or else the languages, of two texts where they differ."""
    if set(words_of(text)) & set(words_of(said)) - stop_words(language or "en"):
        return None  # it is said in these very words
    scripts = script_of(text), script_of(said)
    if None not in scripts and scripts[0] != scripts[1]:
        return str(scripts[0]), str(scripts[1])
    languages = language_of(text), language or language_of(said)
    if languages[1] not in languages_with_stop_words():
        return None  # a related language's stop words are in it too
    if None not in languages and languages[0] != languages[1]:
        return str(languages[0]), str(languages[1])
    return None


def script_of(text: str) -> str | None:
    """Return the script that most letters of a text are of; None where there are none."""
    counts = {name: len(signs.findall(text)) for name, signs in _SCRIPTS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def language_of(text: str) -> str | None:
    """Return the language of a text by its stop words; None where they don't tell.

    Short texts tell little: it takes three stop words of a language, and more of them than of any
    other.
    """
    words = words_of(text)
    counts = {
        language: sum(word in stop_words(language) for word in words)
        for language in languages_with_stop_words()
    }
    best, second = sorted(counts, key=lambda language: -counts[language])[:2]
    return best if counts[best] >= 3 and counts[best] > counts[second] else None

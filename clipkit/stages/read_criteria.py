"""Free text to what can be searched for."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from clipkit.engines.lexicon import (
    Lexicon,
    is_spelt_as,
    joining_words,
    languages_with_stop_words,
    script_of,
    stop_words,
    words_of,
)
from clipkit.errors import OptionError
from clipkit.stages.moods import (
    ASKING,
    adds_only_praise,
    examples_of,
    kinds_abroad,
    only_praises,
)
from clipkit.types.events import Monitor
from clipkit.types.query import Query
from clipkit.types.retrieval import Criteria, Criterion, LexicalIndex
from clipkit.types.speech import Transcript

_INSTRUCTIONS = ASKING | frozenset(
    """
    think thought thoughts opinion opinions group team view views conclusion decision decisions
    reached made make suggest suggested suggestion idea ideas attitude attitudes toward towards
    reason reasons participants speaker speakers agree disagree introduce introduced address
    addressed respond responded response concern concerns recommend recommended propose proposed
    proposal state stated evaluation someone somebody anyone people
    """.split()
)
"""What tells the machine what to do, or stands for talk as such: found everywhere, so nowhere.

Beside other words, that is; where nothing else is asked for, it is looked for itself."""

_SAYING = re.compile(
    r"\s+(?:also\s+)?(?:says|said|thinks|thought|talks|talked|tells|told|explains|explained|mentioned"
    r"|suggests|suggested|proposed|recommended|introduced|presented|stated|believed|asked|agreed"
    r"|disagreed|pointed)\b"
)
"""Behind a word at the start of a sentence, it says that somebody is meant."""

_PAIRS = frozenset(
    """
    terms and conditions|pros and cons|ups and downs|trials and tribulations|arts and crafts
    questions and answers|dos and don'ts|bits and pieces|odds and ends|rules and regulations
    research and development|supply and demand|health and safety|law and order|trial and error
    cause and effect|mergers and acquisitions|ins and outs|goods and services|nuts and bolts
    profit and loss|war and peace|crime and punishment|rock and roll|sales and marketing
    """.strip().replace("\n", "|").replace("    ", "").split("|")
)  # fmt: skip
"""Two that mean one thing together, and something else each."""

_PLAIN_WORDS = 3
"""A thing that is listed is named by so many words at the most."""

_ENOUGH_WORDS = 500
"""So many words of a transcript tell its script."""

_ENOUGH_EVIDENCE = 3.0
"""Three stop words tell a language: two are in many a name, as in Plaza de los Toros."""

_BY_LETTERS = 1.5
"""What a word with a letter that English lacks counts as: with one stop word, it is a name yet."""


def read_criteria(
    query: Query, transcript: Transcript, index: LexicalIndex, monitor: Monitor
) -> Criteria:
    """Return each criterion with its topic, terms and the speakers it names.

    What is excluded and lists several things counts as each of them, as well as the whole. A
    criterion that seems to be in another language than the transcript is said: words then never
    match, and meaning only if the embedder knows both languages.

    Raises:
        OptionError: What is excluded names no subject and no kind of moment.
    """
    labels = transcript.speakers
    lexicon = Lexicon(index.language)
    said = _Said(transcript, index.language)
    names = _names_alone(labels, (*query.criteria, *query.exclude), transcript, lexicon)
    caveats = {text: _caveat(text, said, monitor) for text in (*query.criteria, *query.exclude)}
    wanted = tuple(
        replace(understood(text, labels, lexicon, names), caveat=caveats[text])
        for text in query.criteria
    )
    excluded = [understood(text, labels, lexicon, names) for text in query.exclude]
    for criterion in excluded:
        if criterion.is_general:
            raise OptionError(
                f"cannot exclude “{criterion.text}”",
                "it praises, and names nothing that clips could avoid",
                "Say what clips must not be about, or leave it out.",
            )
    parts = [
        part
        for criterion in excluded
        for text in listed(criterion, lexicon)
        if not (part := understood(text, labels, lexicon, names)).is_general and part.terms
    ]
    return Criteria(wanted=wanted, avoided=tuple(dict.fromkeys([*excluded, *parts])))


def understood(
    text: str, labels: Sequence[str], lexicon: Lexicon, names: Collection[str] = ()
) -> Criterion:
    """Return one text with its topic, terms and speakers.

    Args:
        text: The criterion.
        labels: Of all speakers.
        lexicon: The transcript's.
        names: Those of the labels that are no ordinary word of the transcript.
    """
    speakers = speakers_named(text, labels, names)
    rest = text
    for name in speakers:
        rest = _without(name, rest, names)
    kept = [word for word in rest.split() if _says_something(word, lexicon, _INSTRUCTIONS)]
    topic = _stripped(kept)
    terms = tuple(dict.fromkeys(lexicon.terms(topic)))
    is_general = not speakers and only_praises(text)
    if not speakers and not is_general and adds_only_praise(terms, lexicon):
        topic = _topic_of_talk(text, lexicon) or topic
        terms = tuple(dict.fromkeys(lexicon.terms(topic)))
    examples = () if is_general else examples_of(terms, lexicon)
    return Criterion(text, topic or text, terms, speakers, examples, is_general)


def _topic_of_talk(text: str, lexicon: Lexicon) -> str:
    """Return the topic of a text that names nothing else than "decisions" or "the team"."""
    for left_out in (ASKING, frozenset[str]()):
        kept = [word for word in text.split() if _says_something(word, lexicon, left_out)]
        if kept:
            return _stripped(kept)
    return ""


def _stripped(words: Sequence[str]) -> str:
    return " ".join(words).strip(" ?.!,;:")


def _says_something(word: str, lexicon: Lexicon, left_out: Collection[str]) -> bool:
    bare = "".join(words_of(word))
    return bool(bare) and bare not in lexicon.stop_words and bare not in left_out


# Who is meant.


def speakers_named(
    text: str, labels: Sequence[str], names: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the labels that a text names: in full, else by the last part.

    A label of one word, as Will and Host are, is named by its capital; where a sentence begins,
    everything has one, so more must speak for it. A last part is a surname, or a letter as in
    "PhD C"; a letter that begins the text, and "I", are words.

    Args:
        text: The criterion.
        labels: Of all speakers.
        names: Those of the labels that are named where a sentence begins, too.
    """
    full = [
        label
        for label in labels
        if len(label) > 1 and next(_mentions(label, text, names), None) is not None
    ]
    if full:
        longer = [
            label
            for label in full
            if not any(label != other and _is_in(label, other) for other in full)
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


def _mentions(label: str, text: str, names: Collection[str]) -> Iterator[re.Match[str]]:
    """Yield where a text names a label in full."""
    for found in re.finditer(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE):
        before, behind = text[: found.start()], text[found.end() :]
        if _may_be_a_word(label) and (before + behind).strip(" ?.!,;:").lower() not in ("", "the"):
            begins = re.fullmatch(r"(.*[.?!:])?\W*", before, re.DOTALL) is not None
            is_somebody = re.match(r"['\u2019]s\b", behind) or _SAYING.match(behind)
            if not found[0][0].isupper() or (begins and label not in names and not is_somebody):
                continue
        yield found


def _may_be_a_word(label: str) -> bool:
    return label.isalpha() and label[0].isupper()


def _names_alone(
    labels: Sequence[str], texts: Sequence[str], transcript: Transcript, lexicon: Lexicon
) -> frozenset[str]:
    """Return the labels of one word that nobody says in lower case, of those that texts hold."""
    doubtful = {
        label
        for label in labels
        if _may_be_a_word(label) and any(_is_in(label, text) for text in texts)
    }
    if not doubtful:
        return frozenset()
    lower = {bare for word in transcript.words if (bare := word.text.strip(".,;:?!\"'")).islower()}
    return frozenset(
        label
        for label in doubtful
        if label.lower() not in lower and label.lower() not in lexicon.stop_words
    )


def _is_in(label: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE) is not None


def _without(name: str, text: str, names: Collection[str]) -> str:
    """Return a text without a speaker, named in full or by the last part."""
    mentions = list(_mentions(name, text, names))
    for found in reversed(mentions):
        before = re.sub(r"(?<!\w)the\s+$", "", text[: found.start()], flags=re.IGNORECASE)
        behind = re.sub(r"^['\u2019]s(?!\w)", "", text[found.end() :])
        text = f"{before} {behind}"
    if mentions:
        return text
    last = re.escape(re.split(r"\W+", name.strip())[-1])
    return re.sub(rf"(?<!\w)(?:the\s+)?{last}(?:['\u2019]s)?(?!\w)", " ", text)


# What is listed.


def listed(criterion: Criterion, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the things that a text lists: "pets and dogs" are two; none where it lists nothing.

    What commas part counts as far as it is named in one to three words. What "and" or "or" joins
    counts if all of it is named so, and the first, if it is one word before several, is a plural:
    "big" alone is not what "big and small dogs" says. Well-known pairs as "terms and conditions"
    are one thing.
    """
    words = "|".join(sorted(joining_words(lexicon.language)))
    if " ".join(words_of(criterion.text)) in _PAIRS:
        return ()
    has_commas = re.search("[,;]", criterion.text) is not None
    parting = rf"[,;]\s*(?:(?:{words})\s)?" if has_commas else "(?!)"
    pieces = re.split(rf"{parting}|\s(?:{words})\s", criterion.text, flags=re.IGNORECASE)
    things = [_thing(piece, lexicon) for piece in pieces]
    if len(pieces) < 2 or any(re.search(r"[,;]", label) for label in criterion.speakers):
        return ()
    if has_commas:
        named = tuple(thing for thing in things if thing)
        return named if len(named) > 1 else ()
    is_cut_short = " " not in things[0] and not things[0].endswith("s") and " " in things[-1]
    return () if is_cut_short or not all(things) else tuple(things)


def _thing(piece: str, lexicon: Lexicon) -> str:
    """Return what a piece of a list names; nothing where it says more than a name."""
    words = piece.strip(" ()").split()
    small = [not _says_something(word, lexicon, ()) for word in words]
    # What asks ends with a small word: "talk about sponsors".
    begin = len(words) - small[::-1].index(True) if any(small) else 0
    if any(_says_something(word, lexicon, _INSTRUCTIONS) for word in words[:begin]):
        return ""
    return _stripped(words[begin:]) if len(words) - begin <= _PLAIN_WORDS else ""


# What language it is in.


class _Said:
    """What a transcript tells of its language, found out when it is asked for."""

    def __init__(self, transcript: Transcript, language: str | None) -> None:
        self.language = language
        self._transcript = transcript

    @cached_property
    def words(self) -> frozenset[str]:
        """All words, in lower case."""
        return frozenset(words_of(" ".join(word.text for word in self._transcript.words)))

    @cached_property
    def script(self) -> str | None:
        """The script of most letters at its beginning."""
        return script_of(" ".join(word.text for word in self._transcript.words[:_ENOUGH_WORDS]))


def _caveat(text: str, said: _Said, monitor: Monitor) -> str | None:
    """Say where the language of a text keeps it from being answered, and return what is said."""
    difference = _difference(text, said)
    caveat: str | None = None
    if difference is not None:
        caveat = (
            f"“{text}” reads as {difference[0]} while the transcript is {difference[1]}: "
            "words cannot match, and meaning only if the embedder knows both"
        )
        monitor.notice("criteria_language", caveat)
    elif said.language not in (None, "en") and _is_kind_abroad(text, said):
        caveat = (
            f"“{text}” asks for a kind of moment; those are known in English alone, while the "
            f"transcript is {said.language}: only what says these words, or means them, can match"
        )
        monitor.notice("criteria_kind", caveat)
    return caveat


def _is_kind_abroad(text: str, said: _Said) -> bool:
    language = said.language or "en"
    content = set(words_of(text)) - stop_words(language)
    if not content or only_praises(text):
        return False  # praise in English asks for highlights, and those have no language
    is_kind = content <= kinds_abroad(language) or understood(text, (), Lexicon("en")).examples
    return bool(is_kind) and not content & said.words


def _difference(text: str, said: _Said) -> tuple[str, str] | None:
    """Return the scripts, or else the languages, of a text and the transcript if they differ."""
    if only_praises(text):
        return None
    scripts = script_of(text), said.script
    if None not in scripts and scripts[0] != scripts[1]:
        content = set(words_of(text)) - stop_words(said.language or "en")
        return None if content & said.words else (str(scripts[0]), str(scripts[1]))
    languages = _languages_of(text)
    if not languages or said.language not in languages_with_stop_words():
        return None  # a related language's stop words are in it too
    if said.language in languages:
        return None
    # What asks says nothing: "moments" is French too.
    foreign = set(words_of(text)) - stop_words(said.language) - _INSTRUCTIONS
    content = foreign.difference(*(stop_words(language) for language in languages)) or foreign
    if content & said.words:
        return None  # it is said in these very words
    return " or ".join(languages), said.language


def _languages_of(text: str) -> tuple[str, ...]:
    """Return the languages that a criterion may be in; none where that cannot be told.

    A stop word counts once, a word with a letter that English lacks by half more, and one of those
    that such questions are made of is enough.
    """
    words = words_of(text)
    # A name is written with a capital, and may be in any language.
    lower = set(words_of(" ".join(word for word in text.split() if word[0].islower())))
    scores, is_clear = {}, set()
    for language in languages_with_stop_words():
        stops = stop_words(language) | (_INSTRUCTIONS if language == "en" else set())
        asked = sum(word in kinds_abroad(language) for word in words)
        spelt = sum(is_spelt_as(word, language) for word in lower - kinds_abroad(language) - stops)
        scores[language] = (
            sum(word in stops for word in words) + _ENOUGH_EVIDENCE * asked + _BY_LETTERS * spelt
        )
        if asked or spelt:
            is_clear.add(language)
    most = max(scores.values())
    best = tuple(language for language, score in scores.items() if score == most)
    if most < _ENOUGH_EVIDENCE or (len(best) > 1 and not is_clear.issuperset(best)):
        return ()
    return best

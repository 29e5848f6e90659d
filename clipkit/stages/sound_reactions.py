"""What listeners do, as transcripts mark it: [laughter], (APPLAUSE), ♪.

Only marks are read. Applause as such sounds like rain: no rule on loudness, spectrum and harmonics
tells the two apart, so none is used.
"""

import re
from collections.abc import Sequence

from clipkit.types.delivery import Reaction
from clipkit.types.speech import Sentence, Word

_BRACKETS = (("[", "]"), ("(", ")"), ("<", ">"), ("\uff08", "\uff09"), ("【", "】"))
_INSIDE = "[^" + "".join(rf"\{left}\{right}" for left, right in _BRACKETS) + "]{1,40}"
_MARK = re.compile("|".join(rf"\{left}{_INSIDE}\{right}" for left, right in _BRACKETS) + "|[♪♫♬]+")
_LONGEST_MARK = 4
"""Words; more within brackets are an aside rather than a sound."""

_STEMS = {
    Reaction.LAUGHTER: """
        laugh chuckl giggl gelächter lachen lacht risas ríen rires risate ridono risos risada смех
        смею смеё śmiech skratt gülüş kahkaha ضحك
    """,
    Reaction.APPLAUSE: """
        applau clapping applaudi aplauso beifall klatschen applåd aplauz brawa bifald aplodit
        аплодис alk\u0131ş تصفيق
    """,
    Reaction.CHEERING: """
        cheer whooping hurra jubel vítores ovación ovation acclam esulta ликован крики
        tezahürat هتاف
    """,
    Reaction.MUSIC: "музык موسيقى",
}
"""How words of marks begin, by what they tell."""

_WHOLE = {
    Reaction.LAUGHTER: "risa ríe rire rit ler naurua lol haha",
    Reaction.APPLAUSE: "claps clap",
    Reaction.CHEERING: "vivas",
    Reaction.MUSIC: "♪ ♫ ♬ music musik música musica musique musika muzyka müzik",
}
"""Words of marks too short to be a beginning."""

_PARTS = {
    Reaction.LAUGHTER: "笑 웃음",
    Reaction.APPLAUSE: "拍手 掌声 掌聲 鼓掌 박수",
    Reaction.CHEERING: "歓声 欢呼 歡呼 환호",
    Reaction.MUSIC: "音楽 音乐 音樂 음악",
}
"""For scripts that put no spaces."""

_SOON_S = 5.0
"""A mark that comes later than this after a sentence does not answer it."""


def without_marks(text: str) -> str:
    """Return what of a text is said."""
    return _MARK.sub(" ", text)


def reactions_of(sentences: Sequence[Sentence]) -> list[Reaction]:
    """Return what is marked within each sentence and right after it.

    A mark carries no full stop, so it is often the beginning of the sentence that follows; there
    it belongs to the one before, which listeners had heard.
    """
    found = [Reaction(0)] * len(sentences)
    for number, sentence in enumerate(sentences):
        leading = _leading(sentence.text)
        first, rest = sentence.text[:leading], sentence.text[leading:]
        found[number] |= _told(rest)
        before_s = _gap_s(sentences[number - 1], sentence.words[0]) if number else float("inf")
        is_answer = before_s <= _SOON_S
        if is_answer:
            found[number - 1] |= _told(first)
        if not is_answer or not rest.strip():
            found[number] |= _told(first)
    return found


def _leading(text: str) -> int:
    """Return where a text goes on after the marks it begins with."""
    reached = 0
    for mark in _MARK.finditer(text):
        if text[reached : mark.start()].strip(" .,!?-–—\"'"):
            break
        reached = mark.end()
    return reached


def _gap_s(before: Sentence, word: Word) -> float:
    return word.span.start_s - before.span.end_s


def _told(text: str) -> Reaction:
    told = Reaction(0)
    for mark in _MARK.findall(text):
        words = re.findall(r"[^\W\d_]+|[♪♫♬]", mark.lower())
        if len(words) > _LONGEST_MARK:
            continue
        for reaction in Reaction:
            stems = tuple(_STEMS[reaction].split())
            is_told = (
                any(word.startswith(stems) for word in words)
                or not set(words).isdisjoint(_WHOLE[reaction].split())
                or any(part in mark for part in _PARTS[reaction].split())
            )
            told |= reaction if is_told else Reaction(0)
    return told

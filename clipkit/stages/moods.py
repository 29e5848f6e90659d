"""What to look for when a criterion names no subject but a kind of moment, such as "funny".

Nobody who tells something funny says that it is funny; so such a criterion is compared with
sentences that people do say then. The lists are ours, in English.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from clipkit.engines.lexicon import Lexicon, words_of


@dataclass(frozen=True, slots=True)
class Mood:
    """A kind of moment."""

    words: str
    """Words that name it."""

    examples: tuple[str, ...]
    """What is said in such moments."""


_MOODS = (
    Mood(
        "funny funnier funniest fun hilarious humor humour humorous joke jokes comedy comic laugh "
        "laughs laughing laughter laughable amusing silly ridiculous absurd bloopers",
        (
            "We could not stop laughing, it was hilarious.",
            "That is the funniest thing that ever happened to me.",
            "So he made a joke and everybody laughed.",
            "It was ridiculous, I looked like an idiot.",
        ),
    ),
    Mood(
        "insight insights insightful takeaway takeaways lesson lessons learning learnings wisdom "
        "key important essential significant thought-provoking deep profound",
        (
            "The most important thing I learned is this.",
            "What this really means is that we have to think differently.",
            "The lesson is simple.",
            "The reason it works is the following.",
        ),
    ),
    Mood(
        "advice tip tips practical actionable recommendation recommendations howto guidance "
        "instructions steps trick tricks hack hacks useful helpful",
        (
            "My advice is to start small and do it every day.",
            "You should always do this first.",
            "Here is what you can do, step by step.",
            "Don't do that, do this instead.",
        ),
    ),
    Mood(
        "story stories anecdote anecdotes personal experience experiences tale memory memories "
        "childhood",
        (
            "I remember when I was young, one day my mother told me something.",
            "Let me tell you a story about what happened to me.",
            "And then suddenly the door opened and there he was.",
        ),
    ),
    Mood(
        "emotional emotion emotions moving touching sad saddest heartwarming heartbreaking tears "
        "vulnerable intimate feelings",
        (
            "I cried when I heard that she had died.",
            "It broke my heart.",
            "I have never been so happy and so proud.",
            "I was afraid and I felt alone.",
        ),
    ),
    Mood(
        "inspiring inspirational inspiration motivating motivational motivation uplifting hope "
        "hopeful empowering courage",
        (
            "Never give up, you can do it.",
            "If you believe in it, you can change the world.",
            "We started with nothing and look at us now.",
        ),
    ),
    Mood(
        "controversial controversy provocative hot take takes debate argument arguments heated "
        "disagreement conflict tension tense angry anger confrontation criticism critical",
        (
            "I completely disagree, that is simply wrong.",
            "People will hate me for saying this.",
            "How dare you say that, it is a disgrace.",
        ),
    ),
    Mood(
        "surprising surprise surprises surprised unexpected shocking shock twist incredible "
        "amazing astonishing unbelievable mind-blowing wow revelation",
        (
            "I could not believe it, nobody expected that.",
            "Surprisingly it turned out to be the opposite.",
            "Wow, that is incredible.",
        ),
    ),
    Mood(
        "success successes win wins achievement achievements triumph victory proud milestone",
        (
            "We finally did it, we won.",
            "It became a huge success and we are very proud.",
        ),
    ),
    Mood(
        "failure failures fail fails mistake mistakes regret regrets struggle struggles setback "
        "problem problems challenge challenges hardship",
        (
            "It was a terrible mistake and we lost everything.",
            "The biggest problem we had was that nothing worked.",
            "I failed, and I wish I had done it differently.",
        ),
    ),
    Mood(
        "prediction predictions future forecast outlook trends trend",
        (
            "In ten years from now everything will be different.",
            "I predict that this will happen in the future.",
        ),
    ),
    Mood(
        "number numbers statistic statistics data facts fact figures evidence",
        (
            "Forty percent of people do this, and the number doubled last year.",
            "The study shows that it is three times higher.",
        ),
    ),
    Mood(
        "explanation explanations explained definition definitions explainer concept concepts "
        "basics educational tutorial",
        (
            "Let me explain how this works.",
            "It is called that because it means the following.",
        ),
    ),
    Mood(
        "question questions answer answers answered",
        ("That is a good question, and the answer is this.", "Can I ask you something?"),
    ),
    Mood(
        "conclusion conclusions summary recap ending final closing",
        ("So to sum up, these are the main points.", "In conclusion, what we decided is this."),
    ),
    Mood(
        "quote quotes quotable one-liner one-liners soundbite soundbites aphorism aphorisms",
        ("That changed everything.", "Here is the thing that nobody tells you."),
    ),
)

_PRAISE = """
    interesting exciting excitement engaging hook hooks viral memorable catchy highlight highlights
    best great good top favorite favourite fascinating compelling shareable entertaining powerful
    strong strongest cool coolest worth watching general overall main big bigger biggest greatest
    crazy craziest
"""
"""What is said of any good moment: beside a mood it adds nothing, alone it asks for highlights."""

ASKING = frozenset(
    """
    summarize summarise summary describe explain discuss discussion discussions discussed talk
    talked talking talks say said saying says mention mentioned tell told give show find get search
    look pick choose clip clips moment moments part parts point points segment segments section
    sections scene scenes video videos podcast episode interview meeting presentation regarding
    concerning please want need best most every anything everything something main
    """.split()
)
"""What only asks, or names the whole source or a piece of it: beside praise it adds nothing."""

_ABROAD = {
    "da": """øjeblikke øjeblikkene sjove sjoveste vittigheder bedste interessante vigtigste
        højdepunkter historier spørgsmål""",
    "de": """lustig lustige lustigen lustigste lustigsten witzig witzige witzigen witz witze
        momente momenten beste besten höhepunkt höhepunkte interessante interessanten
        interessantesten wichtige wichtigen wichtigsten spannende spannendsten schönsten
        geschichten ratschläge tipps erkenntnisse fragen antworten zitate überraschende
        emotionale""",
    "es": """momentos divertido divertidos divertida divertidas gracioso graciosos graciosas chiste
        chistes mejores interesantes importantes destacados consejos preguntas respuestas historias
        anécdotas emocionantes sorprendentes""",
    "fr": """drôle drôles marrant marrants blague blagues meilleur meilleurs meilleure meilleures
        intéressant intéressants intéressante intéressantes importants importantes conseils
        réponses histoires émouvants surprenants""",
    "it": """momenti divertente divertenti barzellette battute migliori interessanti importanti
        consigli domande risposte storie emozionanti sorprendenti""",
    "nl": """momenten grappige grappigste leukste grappen beste interessante interessantste
        belangrijkste hoogtepunten verhalen vragen antwoorden""",
    "no": """øyeblikk øyeblikkene morsomme morsomste vitser beste interessante viktigste
        høydepunkter historier spørsmål""",
    "pt": """momentos engraçado engraçados engraçada engraçadas piadas melhores interessantes
        importantes destaques conselhos perguntas respostas histórias emocionantes""",
    "ru": """момент моменты смешной смешные шутки лучшие интересные важные советы вопросы ответы
        истории""",
    "sv": """ögonblick ögonblicken roliga roligaste skämt bästa intressanta viktigaste höjdpunkter
        höjdpunkterna historier frågor""",
    "tr": "anlar komik eğlenceli şakalar ilginç önemli sorular hikayeler tavsiyeler",
}
"""Praise and kinds of moments in other languages, as far as no English word is spelt so."""


def examples_of(terms: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    """Return what is said in the kinds of moments that terms name.

    None where the criterion names a subject too: that says more.

    Args:
        terms: Stems of a criterion's words, without instructions and stop words.
        lexicon: Of the language; moods are known in English.
    """
    if lexicon.language != "en":
        return ()
    named = [set(lexicon.terms(mood.words)) for mood in _MOODS]
    rest = set(terms) - _praise()
    if not rest or not rest <= set().union(*named):
        return ()
    return tuple(
        example
        for mood, words in zip(_MOODS, named, strict=True)
        if words & rest
        for example in mood.examples
    )


def only_praises(text: str) -> bool:
    """Tell whether a text asks for good moments, of whatever subject and kind.

    It is read as English, whatever language the transcript is in: any highlight answers. How many
    are asked for ("top 5 moments") is no subject.
    """
    english = Lexicon("en")
    said = [
        word for word in words_of(text) if word not in english.stop_words and not word.isdecimal()
    ]
    praise = set(_PRAISE.split())  # not by stems: "power" and "interest" are subjects
    return not praise.isdisjoint(said) and praise.union(ASKING).issuperset(said)


def adds_only_praise(terms: Sequence[str], lexicon: Lexicon) -> bool:
    """Tell whether terms say no more than that something is good; so do no terms."""
    return lexicon.language == "en" and _praise().issuperset(terms)


@cache
def kinds_abroad(language: str) -> frozenset[str]:
    """Return words of a language that praise or name kinds of moments, in lower case.

    Some of each; none in English, whose kinds are known, and where no list is kept.
    """
    return frozenset(_ABROAD.get(language, "").split())


@cache
def _praise() -> frozenset[str]:
    return frozenset(Lexicon("en").terms(_PRAISE))

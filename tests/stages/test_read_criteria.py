"""Free text becomes a topic, terms and speakers; a foreign language is said, others are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.lexicon import Lexicon
from clipkit.stages.read_criteria import (
    language_of,
    read_criteria,
    script_of,
    speakers_named,
    understood,
)
from clipkit.types.events import Event, Monitor, Notice
from clipkit.types.query import Query
from clipkit.types.retrieval import Criteria
from clipkit.types.speech import Sentence, Sentences, Transcript, Word
from clipkit.types.time import Span

ENGLISH = Lexicon("en")
MEETING = ("Industrial Designer", "Marketing", "PhD C", "Professor B", "Project Manager")

ORDINARY = """
funny moments|key insights|the best jokes|climate change|an emotional story|love|taxes|AI|jokes
how to start a company|why sleep matters|advice for young founders|what went wrong with the launch
the most surprising fact|when does she cry|controversial opinions|is remote work here to stay
What did they say about inflation?|tips for better focus|the moment everything changed|failure
Summarize the discussion about the budget|how he met his wife|a man and his dog|machine learning
pros and cons of nuclear power|stories about childhood|laughter|SpaceX|book recommendations
do no harm|men and women at work|war and peace|the die is cast|we were so over it|on being alone
a day in the life of a doctor|the real reason I quit|how much does it cost|GPT-4|what is love
best practices for code review|is it safe|money|mental health|the art of war|no pain, no gain
lessons from the war in Vietnam|per capita income|a la carte pricing|Leonardo da Vinci|questions
Die Hard|La La Land|how to do it in an hour|gold|5G towers|COVID-19|in vitro fertilisation|hate
Los Angeles traffic|the U.S. economy|what happens in Vegas|men in black|an hour in the sun|?
an old friend in need|all or nothing|to be or not to be|I am over here|under pressure|so it goes
""".replace("\n", "|").strip("|").split("|")  # fmt: skip
"""What people ask of talks in English."""

NAMES = """
Van der Waals forces|arguments per se|Los Angeles and Las Vegas|Plaza de los Toros|Vincent van Gogh
Charles de Gaulle|Rio de Janeiro|Oscar de la Renta|Ludwig van Beethoven
""".replace("\n", "|").strip("|").split("|")  # fmt: skip
"""English too, with names that come from other languages."""

TALKS = {
    "en": "So we talked about what the city does with the money it gets and why that is not enough "
    "for the people who live there. Python is what I use.",
    "de": "Wir haben darüber gesprochen, was die Stadt mit dem Geld macht und warum das nicht für "
    "alle reicht, die dort wohnen. Ich benutze Python.",
    "es": "Hemos hablado de lo que hace la ciudad con el dinero y por qué no es suficiente para "
    "todos los que viven allí. Yo uso Python.",
    "fr": "Nous avons parlé de ce que la ville fait avec l'argent et pourquoi ce n'est pas assez "
    "pour tous ceux qui y habitent. Moi, j'utilise Python.",
    "ru": "Мы говорили про то, что город делает, когда есть деньги, и почему этого не хватает "
    "для всех, кто там живёт. Я пишу на Python.",
    "zh": "我们 讨论 了 城市 怎么 使用 这些 钱, 为什么 不 够 所有 住 在 那里 的 人。 "
    "我 用 Python。",
    "ja": "町が お金を どう 使うか、 なぜ 足りないのか について 話しました。 "
    "私は Python を 使います。",
    "ar": "تحدثنا عما تفعله المدينة بالمال ولماذا لا يكفي لكل من يعيش هناك",
    "ko": "우리는 도시가 돈을 어떻게 쓰는지 그리고 왜 충분하지 않은지 이야기했습니다",
}

SAME = {
    "de": "lustige Momente|Warum reicht das Geld nicht?|Was sagen sie über die Stadt?|Steuern|KI"
    "|die besten Witze|der Grund, warum ich gegangen bin|Klimawandel in der Stadt|Liebe und Hass",
    "es": "momentos divertidos|¿Por qué no alcanza el dinero?|lo que dicen de la ciudad|impuestos"
    "|los mejores chistes|la razón por la que me fui|el cambio climático|amor y odio",
    "fr": "moments drôles|Pourquoi l'argent ne suffit pas ?|ce qu'ils disent de la ville|impôts"
    "|les meilleures blagues|la raison pour laquelle je suis parti|le changement climatique|amour",
    "ru": "смешные моменты|Почему не хватает денег?|что они говорят про город|налоги|любовь"
    "|лучшие шутки|причина, по которой я ушёл|изменение климата",
    "zh": "有趣的时刻|为什么钱不够?|他们怎么说这个城市|税|爱|最好的笑话|气候变化",
    "ja": "面白い瞬間|なぜお金が足りないのか|税金|気候変動",
    "ar": "لحظات مضحكة|لماذا لا يكفي المال|الضرائب",
    "ko": "재미있는 순간|왜 돈이 부족한가|세금",
}
MATCHING = [
    pytest.param(language, text, id=f"{language}-{number}")
    for language, texts in SAME.items()
    for number, text in enumerate(texts.split("|"))
]


def _transcript(text: str, language: str | None, speaker: str | None = None) -> Transcript:
    words = tuple(
        Word(word, Span(float(place), place + 0.9), None, speaker)
        for place, word in enumerate(text.split())
    )
    return Transcript(words, language, "test")


def _read(transcript: Transcript, query: Query) -> tuple[Criteria, list[Event]]:
    told: list[Event] = []
    items = (Sentence(transcript.words, 0.0, 0.0),) if transcript.words else ()
    found = read_criteria(query, Sentences(items), transcript, Monitor("read", told.append))
    return found, told


def _told(text: str, language: str | None, said: str) -> list[Event]:
    return _read(_transcript(said, language), Query(criteria=(text,)))[1]


# What is asked.


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Summarize the discussion about remote controls.", "remote controls"),
        ("What did they say about the budget?", "budget"),
        ("Find me clips where people talk about rockets", "rockets"),
        ("give me the best moments regarding tax reform, please", "tax reform"),
        ("climate change", "climate change"),
        ("Why was the battery chosen?", "battery chosen"),
        ("COVID-19", "COVID-19"),
        ("the US' decision on tariffs!", "US' tariffs"),
    ],
)
def test_a_topic_is_what_is_left_without_instructions(text: str, topic: str) -> None:
    assert understood(text, (), ENGLISH).topic == topic


@pytest.mark.parametrize(
    "text", ["best moments", "the discussion", "?!", "what", "🎂", "interview"]
)
def test_a_text_of_nothing_but_instructions_is_its_own_topic(text: str) -> None:
    found = understood(text, (), ENGLISH)
    assert found.text == found.topic == text


def test_terms_are_stems_in_order_and_each_once() -> None:
    found = understood("rockets, rocket fuel and the taxes on fuels", (), ENGLISH)
    assert found.terms == ("rocket", "fuel", "tax")


@pytest.mark.parametrize("text", ["what is it", "?!", "the of and"])
def test_a_text_of_stop_words_has_no_terms(text: str) -> None:
    assert understood(text, (), ENGLISH).terms == ()


def test_terms_are_those_of_the_transcripts_language() -> None:
    found = understood("die Häuser", (), Lexicon("de"))
    assert (found.topic, found.terms) == ("Häuser", ("haus",))


@given(st.text(max_size=80), st.sampled_from(["en", "de", "zh", "ar"]))
def test_any_text_is_understood(text: str, language: str) -> None:
    found = understood(text, MEETING, Lexicon(language))
    assert found.text == text
    assert len(set(found.terms)) == len(found.terms)
    assert set(found.speakers) <= set(MEETING)
    assert found == understood(text, MEETING, Lexicon(language))


def test_criteria_keep_their_order_and_those_to_avoid_come_last() -> None:
    query = Query(criteria=("taxes", "roads"), exclude=("cats",))
    found, _ = _read(_transcript("Taxes fund roads.", "en"), query)
    assert [item.text for item in found.wanted] == ["taxes", "roads"]
    assert [item.text for item in found.avoided] == ["cats"]
    assert [item.text for item in found.all] == ["taxes", "roads", "cats"]


@pytest.mark.parametrize(
    ("text", "has_examples", "is_general"),
    [
        ("the best moments", False, True),
        ("most interesting clips, please", False, True),
        ("funny moments", True, False),
        ("the funniest jokes and an emotional story", True, False),
        ("funny cats", False, False),
        ("taxes", False, False),
        ("What did the Project Manager say?", False, False),
    ],
)
def test_kinds_of_moments_and_praise_are_no_subjects(
    text: str, has_examples: bool, is_general: bool
) -> None:
    found = understood(text, MEETING, ENGLISH)
    assert (bool(found.examples), found.is_general) == (has_examples, is_general)


# Who is meant.


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("What did the Project Manager say about cost?", ("Project Manager",)),
        ("the project manager's opinion on buttons", ("Project Manager",)),
        ("the Project Manager\u2019s view", ("Project Manager",)),
        ("Project Manager and Marketing on colour", ("Marketing", "Project Manager")),
        ("What did C think about microphones?", ("PhD C",)),
        ("What did Professor B and C agree on?", ("Professor B",)),
        ("projects of the managers", ()),
        ("vitamin c", ()),
        ("C is a language", ()),
        ("the Marketingchef", ()),
        ("taxes", ()),
        ("", ()),
    ],
)
def test_speakers_are_named(text: str, named: tuple[str, ...]) -> None:
    assert speakers_named(text, MEETING) == named


@pytest.mark.parametrize(
    ("labels", "text", "named"),
    [
        (("Barack Obama", "Joe Rogan"), "what does Rogan think", ("Joe Rogan",)),
        (("Barack Obama", "Joe Rogan"), "Obama on healthcare", ("Barack Obama",)),
        (("Grad I",), "what I think", ()),
        (("SPEAKER_0", "SPEAKER_01"), "what SPEAKER_01 says", ("SPEAKER_01",)),
        (("Speaker 1", "Speaker 10"), "what speaker 1 says", ("Speaker 1",)),
        (("A", "B"), "A and B", ()),
        (("J. (Jo) Doe",), "what J. (Jo) Doe says", ("J. (Jo) Doe",)),
        (("Ann", "Ann Lee"), "what Ann Lee says", ("Ann Lee",)),
        (("...", "李雷"), "李雷 怎么 说", ("李雷",)),
        ((), "the Project Manager", ()),
    ],
)
def test_labels_of_all_kinds(labels: tuple[str, ...], text: str, named: tuple[str, ...]) -> None:
    assert speakers_named(text, labels) == named


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("What did the Project Manager say about buttons?", "buttons"),
        ("the Project Manager's opinion on buttons", "buttons"),
        ("the project manager\u2019s opinion on buttons", "buttons"),
        ("What did C think about microphones?", "microphones"),
        ("What did PhD C think about microphones?", "microphones"),
    ],
)
def test_a_speaker_is_no_part_of_the_topic(text: str, topic: str) -> None:
    found = understood(text, MEETING, ENGLISH)
    assert found.topic == topic
    assert len(found.speakers) == 1


def test_a_speaker_alone_is_the_topic_too() -> None:
    found = understood("Project Manager", MEETING, ENGLISH)
    assert (found.speakers, found.topic) == (("Project Manager",), "Project Manager")


def test_the_labels_are_those_of_the_words() -> None:
    said = _transcript("We need buttons.", "en", "Project Manager")
    found, _ = _read(said, Query(criteria=("What did the Project Manager want?",)))
    assert found.wanted[0].speakers == ("Project Manager",)
    found, _ = _read(_transcript("We need buttons.", "en"), Query(criteria=("Project Manager",)))
    assert found.wanted[0].speakers == ()


# What language it is in.


def test_there_are_sixty_ordinary_criteria() -> None:
    assert len(set(ORDINARY)) >= 60


@pytest.mark.parametrize("text", ORDINARY)
@pytest.mark.parametrize("language", ["en", None])
def test_ordinary_criteria_are_no_foreign_language(text: str, language: str | None) -> None:
    assert _told(text, language, TALKS["en"]) == []


@pytest.mark.parametrize("text", NAMES)
def test_names_from_abroad_are_no_foreign_language(text: str) -> None:
    assert _told(text, "en", TALKS["en"]) == []


@pytest.mark.parametrize(("language", "text"), MATCHING)
@pytest.mark.parametrize("known", [True, False])
def test_criteria_in_the_transcripts_language_are_not_remarked_on(
    language: str, text: str, known: bool
) -> None:
    assert _told(text, language if known else None, TALKS[language]) == []


@pytest.mark.parametrize(
    ("text", "language", "reads_as", "said_in"),
    [
        ("Warum reicht das Geld nicht für die Stadt?", "en", "de", "en"),
        ("What did they say about the city?", "de", "en", "de"),
        ("¿Por qué no alcanza el dinero para todos?", "en", "es", "en"),
        ("Pourquoi est-ce que nous avons besoin de la ville", "de", "fr", "de"),
        ("почему денег не хватает", "en", "Cyrillic", "Latin"),
        ("climate change", "ru", "Latin", "Cyrillic"),
        ("气候变化", "en", "East Asian", "Latin"),
        ("what did they say", "zh", "Latin", "East Asian"),
        ("لماذا", "fr", "Arabic", "Latin"),
        ("기후 변화", "ja", "Korean", "East Asian"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_another_language_or_script_is_said(
    text: str, language: str, reads_as: str, said_in: str, known: bool
) -> None:
    (notice,) = _told(text, language if known else None, TALKS[language])
    assert isinstance(notice, Notice)
    assert (notice.stage, notice.code) == ("read", "criteria_language")
    assert f"“{text}” reads as {reads_as}" in notice.message
    assert f"the transcript is {said_in}" in notice.message


def test_what_is_to_be_avoided_is_looked_at_too() -> None:
    query = Query(criteria=("taxes",), exclude=("почему денег не хватает",))
    _, told = _read(_transcript(TALKS["en"], "en"), query)
    assert len(told) == 1


@pytest.mark.parametrize("language", ["ru", "zh", "ja"])
def test_a_word_that_is_said_in_its_own_script_is_not_foreign(language: str) -> None:
    """Where somebody says Python, the word matches, whatever the script around it."""
    assert _told("Python", language, TALKS[language]) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ca", "Les cançons de la terra que no es poden oblidar"),
        ("uk", "не так як на війні"),
        ("bg", "Какво казаха за изборите на съвета от вчера"),
        ("nn", "Kva sa dei om det som skjedde"),
        ("gl", "Que dixeron os da reunión sobre as eleccións"),
        ("af", "Wat is die beste deel van die gesprek oor ons"),
    ],
)
def test_a_language_without_a_list_is_not_taken_for_its_neighbour(language: str, text: str) -> None:
    """Its own stop words are not known, so those of a related language are no sign."""
    assert _told(text, language, text) == []


def test_a_transcript_without_words_gives_no_cause() -> None:
    assert _told("Warum reicht das Geld nicht?", None, "") == []
    assert _told("taxes", "de", "") == []


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("taxes", "Latin"),
        ("Ελλάδα", "Greek"),
        ("שלום", "Hebrew"),
        ("हिन्दी", "Devanagari"),
        ("ภาษาไทย", "Thai"),
        ("カメラ漢字", "East Asian"),
        ("한국어", "Korean"),
        ("iPhone в России лучше", "Cyrillic"),
        ("42 🎂 ?!", None),
        ("", None),
    ],
)
def test_the_script_is_that_of_most_letters(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_stop_words_of_two_languages_tell_neither() -> None:
    """Spanish and French share them."""
    assert language_of("de la, de la, de la") is None


def test_one_stop_word_tells_no_language() -> None:
    assert language_of("die Häuser") is None
    assert language_of("die Häuser und der Weg") == "de"
    assert language_of("") is None

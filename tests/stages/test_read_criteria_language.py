"""A foreign language is said where it can be told; others are not."""

import pytest

from clipkit.engines.lexicon import language_of, script_of
from clipkit.types.events import Event, Notice
from clipkit.types.query import Query
from tests.stages.test_read_criteria import read, transcript_of

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
Los Angeles traffic|the U.S. economy|what happens in Vegas|men in black|an hour in the sun|cafés
an old friend in need|all or nothing|to be or not to be|I am over here|under pressure|so it goes
""".replace("\n", "|").strip("|").split("|")  # fmt: skip
"""What people ask of talks in English."""

NAMES = """
Van der Waals forces|arguments per se|Los Angeles and Las Vegas|Plaza de los Toros|Vincent van Gogh
Charles de Gaulle|Rio de Janeiro|Oscar de la Renta|Ludwig van Beethoven|São Paulo|Schrödinger's cat
el niño effect|Motörhead|crème brûlée|naïve résumé clichés|Côte d'Azur|Real Sociedad de Fútbol
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


def _told(text: str, language: str | None, said: str) -> list[Event]:
    return read(transcript_of(said, language), Query(criteria=(text,)))[1]


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
def test_criteria_in_the_transcripts_language_are_no_foreign_language(
    language: str, text: str, known: bool
) -> None:
    told = _told(text, language if known else None, TALKS[language])
    assert "criteria_language" not in [event.code for event in told if isinstance(event, Notice)]


@pytest.mark.parametrize(
    ("text", "reads_as"),
    [
        ("lustige Momente", "de"),
        ("die besten Momente", "de"),
        ("moments drôles", "fr"),
        ("les meilleures blagues", "fr"),
        ("momentos divertidos", "es"),
        ("i momenti migliori", "it"),
        ("de grappigste momenten", "nl"),
        ("os melhores momentos", "pt"),
        ("roliga ögonblick", "sv"),
        ("bedste øjeblikke", "da"),
        ("morsomste øyeblikk", "no"),
        ("komik anlar", "tr"),
        ("élections présidentielles", "es or fr or it or pt"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_short_criteria_in_another_language_are_said(text: str, reads_as: str, known: bool) -> None:
    (notice,) = _told(text, "en" if known else None, TALKS["en"])
    assert isinstance(notice, Notice)
    assert notice.code == "criteria_language"
    assert f"“{text}” reads as {reads_as} while the transcript is en" in notice.message


def test_a_word_that_only_asks_is_no_sign_that_it_is_said() -> None:
    said = f"{TALKS['en']} Those were moments."
    (notice,) = _told("moments drôles", "en", said)
    assert isinstance(notice, Notice)
    assert notice.code == "criteria_language"


def test_what_is_said_in_these_words_is_no_foreign_language() -> None:
    said = f"{TALKS['en']} They called it die besten Momente, and I laughed."
    assert _told("die besten Momente", "en", said) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("funny moments", "de"),
        ("key insights", "fr"),
        ("lustige Momente", "de"),
        ("die besten Momente", "de"),
        ("momentos divertidos", "es"),
        ("смешные моменты", "ru"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_kind_of_moment_is_said_to_be_known_in_english_alone(
    text: str, language: str, known: bool
) -> None:
    (notice,) = _told(text, language if known else None, TALKS[language])
    assert isinstance(notice, Notice)
    assert notice.code == "criteria_kind"
    assert "known in English alone" in notice.message
    assert f"transcript is {language}" in notice.message


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("funny moments", "en", TALKS["en"]),
        ("funny moments", None, TALKS["en"]),
        ("funny cats", "de", TALKS["de"]),
        ("Humor", "de", "Wir haben Humor."),
        ("best moments", "de", TALKS["de"]),
        ("highlights", "zh", TALKS["zh"]),
    ],
)
def test_other_criteria_are_not_said_to_be_kinds(
    text: str, language: str | None, said: str
) -> None:
    assert _told(text, language, said) == []


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
    _, told = read(transcript_of(TALKS["en"], "en"), query)
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

"""Language codes of ISO 639-1."""

from clipkit.errors import OptionError

LANGUAGES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv
    cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho
    hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku
    kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn
    no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm
    sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi
    vo wa wo xh yi yo za zh zu
    """.split()
)
"""The 183 two-letter codes. Source: ISO 639-1:2002 as maintained in ISO 639:2023."""

LANGUAGE_NAMES = dict(
    entry.replace("_", " ").split("=")
    for entry in """
    af=afrikaans am=amharic ar=arabic as=assamese az=azerbaijani ba=bashkir be=belarusian
    bg=bulgarian bn=bengali bo=tibetan br=breton bs=bosnian ca=catalan cs=czech cy=welsh da=danish
    de=german el=greek en=english es=spanish et=estonian eu=basque fa=persian fi=finnish fo=faroese
    fr=french gl=galician gu=gujarati ha=hausa he=hebrew hi=hindi hr=croatian ht=haitian_creole
    hu=hungarian hy=armenian id=indonesian is=icelandic it=italian ja=japanese jv=javanese
    ka=georgian kk=kazakh km=khmer kn=kannada ko=korean la=latin lb=luxembourgish ln=lingala lo=lao
    lt=lithuanian lv=latvian mg=malagasy mi=maori mk=macedonian ml=malayalam mn=mongolian mr=marathi
    ms=malay mt=maltese my=myanmar ne=nepali nl=dutch nn=nynorsk no=norwegian oc=occitan pa=punjabi
    pl=polish ps=pashto pt=portuguese ro=romanian ru=russian sa=sanskrit sd=sindhi si=sinhala
    sk=slovak sl=slovenian sn=shona so=somali sq=albanian sr=serbian su=sundanese sv=swedish
    sw=swahili ta=tamil te=telugu tg=tajik th=thai tk=turkmen tl=tagalog tr=turkish tt=tatar
    uk=ukrainian ur=urdu uz=uzbek vi=vietnamese yi=yiddish yo=yoruba zh=chinese
    """.split()
)
"""The names that Whisper, and with it OpenAI, gives to languages, by code.

Source: Whisper's table of languages, without the two that have no ISO 639-1 code, and with Javanese
under its own.
"""


def checked_language(code: str) -> str:
    """Return a language code in lower case.

    Raises:
        OptionError: It is no ISO 639-1 code.
    """
    lowered = code.strip().lower()
    if lowered not in LANGUAGES:
        raise OptionError(
            f"language {code!r} is not known",
            "a language is a two-letter ISO 639-1 code",
            'Use "en", "es", "de" or the like, or leave it out.',
        )
    return lowered

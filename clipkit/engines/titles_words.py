# ruff: noqa: RUF001 - the marks of other scripts look like ours, and that is what they are
"""The words that titles turn on: English ones by list, those of other languages by their script."""

import re
from collections.abc import Iterable
from functools import lru_cache

from clipkit.types.speech import CLAUSE_MARKS, SENTENCE_ENDS, UNSPACED_LETTERS

LEADS = frozenset(
    """
    and but so or well yeah yes yep no nope now okay ok oh um uh like actually basically because
    'cause cause cuz then also anyway right sure look see hey alright plus obviously
    absolutely exactly definitely finally firstly secondly thirdly therefore however although though
    """.split()
)
"""Words that tie a sentence to the one before; a title stands alone."""

_LEAD_PHRASES = (
    "you know,i mean,i think that,i think,i know that,i guess,i suppose,i believe that,i would say,"
    "i'd say,i must say,as you know,as you can see,as i said,as i say,of course,in fact,"
    "all right,again,at the end of the day,on the other hand,for example,for instance,"
    "the thing is,what i mean is,i feel like,it's like,let's say,let's see,in that sense,"
    "i don't know,i take it that,i have to say,thank you,in other words,by the way,"
    "the point is,if you like,to be honest,with that,and so"
).split(",")
LEAD_PHRASES: dict[str, list[list[str]]] = {
    phrase.split()[0]: [
        other.split() for other in _LEAD_PHRASES if other.split()[0] == phrase.split()[0]
    ]
    for phrase in _LEAD_PHRASES
}
"""What people say before they say something, by the first word."""

TRAILS = frozenset("yeah yes okay ok right so then too anyway uh um well oh like please".split())
"""Words that hang on at the end of spoken clauses."""

ENDS_NEVER = frozenset(
    """
    a an the and or but nor so because cause than if whether although though unless while
    my your his its our their every into onto upon very really just even who's that's it's
    there's what's he's she's we're they're you're i'm i've we've i'd i'll we'll uh um
    """.split()
)
"""Words that promise more wherever they stand: a title never ends on one."""

ENDS_RARELY = frozenset(
    """
    as that what how why which who whom whose when where until since of to in on at by for from
    with without about over under between through during before after against around across
    along is are was were be been being am has have had having do does did done will would can
    could should may might must cannot can't don't doesn't didn't isn't wasn't aren't won't not
    this these those i we they he she it you there us them me him her any some no more most less
    fewer many much such both like also still only quite rather too kind sort lot get got going
    gonna want wanted wanna make makes making let say says said see saw mean think know go goes went
    take takes give gives put it'll you'll they'll or-
    """.split()
)
"""Words that promise more unless a sentence ends on them ("the world we live in")."""

AWAITS_A_NOUN = frozenset("first second third fourth fifth next last other same whole".split())
"""Behind a word such as "the" they promise a noun, unless a sentence ends on them."""

POINTERS = frozenset("the a an this that these those my your his its our their".split())

BREAKS_OFF = ENDS_NEVER | ENDS_RARELY - frozenset(
    """
    do did does done not can't don't doesn't didn't isn't wasn't aren't won't it me him her us them
    you there this these those more most less fewer some any many much both too still
    see saw know go goes went
    """.split()
)
"""Words that before a dash leave a clause unfinished."""

STOPS = (
    LEADS
    | ENDS_NEVER
    | ENDS_RARELY
    | frozenset(
        """
        here up out down off again all each own same other another one thing things something
        anything everything stuff way ways bit little really pretty maybe probably perhaps
        let's that'll he'll she'll you've they've they'd we'd you'd he'd she'd her hers mine yours
        theirs ours myself yourself itself themselves guys guy come came look looking looks
        talk talking talked tell told good great nice sorry thanks thank hello hi sir
        yourselves doing having using used use need needs keep kept try tried trying
        start started thought guess suppose feel actually basically obviously essentially
        ever never always often already yet once back first last next new now
        """.split()
    )
)
"""Words that say little about a clip."""

SUBJECTS = frozenset(
    "i we you the a an our my your his her their how why what each every all some many".split()
)
"""Words that open a clause which stands on its own."""

GAPPED = frozenset(
    """
    was is are were had has be been of from about for with by to into than don't not nor
    would could should will can did does or
    """.split()
)
"""Words that within a sentence open what lacks its subject."""

NUMBERS = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million billion trillion point percent
    """.split()
)
"""Words that make up numbers: none is parted from the next."""

DEPENDENT = frozenset("which who whom whose that when where while if as than until since".split())
"""Words that open a clause which needs another."""

POINTING = frozenset(
    """
    it it's it'll its they they're them he he's she she's him this that that's these those there
    there's such her his their it'd that'd theirs
    """.split()
)
"""Words that point at what was said before."""

DASHED = frozenset("is was are were the and but of because it you we they this that".split())
"""Words that a hyphen after them joins to nothing: there it stands for a dash."""

DASHED_TO = frozenset(
    """
    i i'm i've i'd i'll you're you've you'll he she he's she's it it's we we're we've they they're
    this that that's these those there's but because which when
    """.split()
)
"""Words that a hyphen before them joins to nothing."""

HESITATIONS = frozenset("uh uhm umm uhh hmm hm mm mmm mhm ehm erm äh ähm öhm euh euhm".split())
"""Sounds that are words in no language."""

ENGLISH_HESITATIONS = frozenset("um er ah eh huh uh-huh uh-hu huh-uh mm-hmm uh-uh".split())
"""Sounds in English that are words elsewhere ("um" in German and Portuguese)."""

_MARKERS = frozenset(
    """
    the and of that to you this with have they for what are be my your i it not it's i'm that's
    don't would there about from but which when their our who how than then into did had just
    know think because could should these those them she him got get like really yeah were been
    has his can if or by up out we we're you're they're we've can't didn't isn't there's what's
    """.split()
)
_ENGLISH_SHARE = 0.07
"""English talk has 0.3; Dutch and Danish, which share a few of these words, have 0.03."""

UNSPACED = re.compile(f"[{UNSPACED_LETTERS}]")

WORD = re.compile(r"[\w\u0300-\u036f]+(?:['’&-][\w\u0300-\u036f]+|[.,][0-9]+)*")
"""A word with what may stand within it."""

_EDGES = ".,;:!?\"'()[]{}—–-“”‘’«»…،؛؟。、，！？：；।*"


CLAUSE_ENDS = (*SENTENCE_ENDS, *CLAUSE_MARKS, "-")
NEVER_LAST = " ,;:.—–-،؛۔。、，：；।'\"`*_#>|~/\\&+=<([{“‘„«「『¿¡"
"""What a title does not end with."""

NEVER_FIRST = " ,;:.!?—–-،؛۔。、，：；।？！؟*_>|~/\\+=)]}”»」』"
"""What a title does not begin with."""

BEFORE_MARK = re.compile(r"\s+(?=[,.;:!?%)\]’”،؛؟。、，！？：；।]+(?:\s|$))")
"""The space that tokenised text has before its marks."""

INITIALS = re.compile(r"\b\w\.\w\.$")
"""The end of "U.S." and the like, whose last mark is their own."""

WRAPPERS = ('""', "''", "“”", "‘’", "«»", "„“", "「」", "『』", "``", "**", "__", "()", "[]")
"""What people and models put around titles."""

TITLE_PREFIX = re.compile(
    r"^(?:[#>*\s-]*)(?:the\s+)?(?:title|titel|titre|título|titolo|标题|タイトル)"
    r"\s*[*_]*\s*[:：]\s*",
    re.IGNORECASE,
)
"""What models put before titles."""


@lru_cache(maxsize=16384)
def bare(word: str) -> str:
    """Return a word in lower case, without the marks around it."""
    return word.lower().strip(_EDGES).replace("’", "'")


def is_english(words: Iterable[str]) -> bool:
    """Tell by its small words whether a text is English; takes words as ``bare`` returns them."""
    seen = marked = 0
    for word in words:
        seen += 1
        marked += word in _MARKERS
    return marked > seen * _ENGLISH_SHARE

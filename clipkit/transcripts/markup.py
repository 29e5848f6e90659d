"""Tags, entities and voices in the text of captions."""

import html
import re

_TAG = re.compile(
    r"</?(?:[biucsvp]|br|em|font|lang|rt|ruby|span|strong)(?![a-z0-9])[^>]*>|\{\\[^}]*\}",
    re.IGNORECASE,
)
"""WebVTT's, those of HTML that SubRip borrows, and ASS's. What else stands in angles, as <laughs>,
is a mark of a sound."""

_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]*)>|</v>")


def plain(text: str) -> str:
    """Return a text without tags, its entities as letters and one space between words."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def escaped(text: str) -> str:
    """Return a text spelt so that nothing in it is a tag, an entity or the arrow between times."""
    return html.escape(text, quote=False).replace("{\\", "&#123;\\")


def voices(text: str, voice: str | None = None) -> list[tuple[str | None, str]]:
    """Part a text where a voice tag begins or ends.

    Args:
        text: With its tags.
        voice: Who speaks at its start.

    Returns:
        At least one part: who speaks, None where nobody is named, and what is said, as plain text,
        which may be empty. The last tells who goes on.
    """
    parts: list[tuple[str | None, str]] = []
    reached = 0
    for tag in _VOICE.finditer(text):
        parts.append((voice, plain(text[reached : tag.start()])))
        voice = plain(tag[1]) or None if tag[1] is not None else None
        reached = tag.end()
    return [*parts, (voice, plain(text[reached:]))]

"""The spoken script and the scene list of the demo video.

The show is a list of segments (a greeting, four topics, a goodbye).  A segment is a list of
scenes; every scene after the first one begins with a hard cut.  A scene holds the sentences
that are spoken while it is on screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Speaker = Literal["host", "guest"]
Layout = Literal["title", "host", "guest", "both", "card"]

SHOW_TITLE = "The Kitchen Table"
SHOW_LINE = "Good talk about everyday life"


@dataclass(frozen=True)
class Line:
    """One spoken sentence."""

    speaker: Speaker
    text: str


@dataclass(frozen=True)
class Scene:
    """One shot: a drawn layout, its palette, a short on-screen note and what is said."""

    layout: Layout
    palette: str
    note: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Segment:
    """A part of the show; only the ones with keywords count as topics."""

    name: str
    keywords: tuple[str, ...]
    scenes: tuple[Scene, ...]


def _host(text: str) -> Line:
    return Line("host", text)


def _guest(text: str) -> Line:
    return Line("guest", text)


WELCOME = Segment(
    name="Welcome",
    keywords=(),
    scenes=(
        Scene(
            "title",
            "navy",
            SHOW_LINE,
            (
                _host("Good morning, and welcome back to the show."),
                _guest("Thank you, it is wonderful to be here with you again."),
            ),
        ),
    ),
)

SLEEP = Segment(
    name="Sleep and memory",
    keywords=("sleep", "memory", "brain", "night", "learning"),
    scenes=(
        Scene(
            "host",
            "lavender",
            "Why does a good night help us remember?",
            (
                _host("Let us begin with sleep, because you have studied it for many years."),
                _host("Why is a good night of sleep so important for our memory?"),
            ),
        ),
        Scene(
            "guest",
            "indigo",
            "The brain plays back the day",
            (
                _guest("While we sleep, the brain plays back the events of the day."),
                _guest("It keeps the important memories, and it lets the small details go."),
            ),
        ),
        Scene(
            "both",
            "sky",
            "The night before the test",
            (
                _host("So what should students do on the night before a big test?"),
                _guest("Close the books after dinner, and go to bed at the usual time."),
            ),
        ),
        Scene(
            "card",
            "violet",
            "Sleep is a part of learning, and not a break from it.",
            (
                _guest(
                    "The most important lesson is that sleep is a part of learning, "
                    "and not a break from it."
                ),
                _guest("Students who stay awake all night often remember nothing in the morning."),
            ),
        ),
    ),
)

DOG = Segment(
    name="The dog and the birthday cake",
    keywords=("dog", "cake", "kitchen", "birthday", "flour"),
    scenes=(
        Scene(
            "host",
            "butter",
            "What happened in the kitchen?",
            (
                _host("Now tell us what happened in your kitchen last week."),
                _host("I was told that the dog was in a lot of trouble."),
            ),
        ),
        Scene(
            "guest",
            "brick",
            "And then the telephone rang",
            (
                _guest("I was making a birthday cake for my mother when the telephone rang."),
                _guest("When I came back, the dog was standing on the kitchen table."),
            ),
        ),
        Scene(
            "card",
            "peach",
            "He looked like a very happy snowman.",
            (_guest("He was covered in flour, and he looked like a very happy snowman."),),
        ),
        Scene(
            "both",
            "plum",
            "Was there any cake left?",
            (
                _host("Was there any cake left for the rest of the family?"),
                _guest("No, he ate the whole cake, and then he fell asleep under the table."),
            ),
        ),
        Scene(
            "guest",
            "apricot",
            "Happy birthday, mother",
            (_guest("My mother laughed so hard that she had to sit down on the floor."),),
        ),
        Scene(
            "both",
            "wine",
            "The funniest story of the year",
            (_host("That is the funniest story I have heard all year."),),
        ),
    ),
)

CUSTOMERS = Segment(
    name="Finding the first customers",
    keywords=("company", "customers", "money", "advertising", "business"),
    scenes=(
        Scene(
            "host",
            "mint",
            "How does a small company begin?",
            (
                _host("Let us talk about business, because you also run a small company."),
                _host("How did you find your first customers?"),
            ),
        ),
        Scene(
            "guest",
            "forest",
            "A lot of advertising, and nobody came",
            (
                _guest("In the first year we spent all our money on advertising, and nobody came."),
                _guest("So we stopped, and we began to ask people about their problems."),
            ),
        ),
        Scene(
            "card",
            "orange",
            "Ten talks, six customers",
            (_guest("We talked to ten people, and six of them became our first customers."),),
        ),
        Scene(
            "both",
            "lemon",
            "Advice for a new company",
            (_host("What would you say to someone who wants to start a company today?"),),
        ),
        Scene(
            "card",
            "teal",
            "Talk to your customers before you build anything.",
            (
                _guest(
                    "Talk to your customers before you build anything, "
                    "because they know what they need."
                ),
                _guest("One honest conversation is worth more than a month of hard work."),
            ),
        ),
    ),
)

GARDEN = Segment(
    name="A garden in a small space",
    keywords=("garden", "plants", "balcony", "tomatoes", "summer"),
    scenes=(
        Scene(
            "host",
            "sand",
            "No garden? No problem.",
            (
                _host("Our last question today is about your garden."),
                _host("Can people grow their own food in a very small apartment?"),
            ),
        ),
        Scene(
            "guest",
            "moss",
            "Beans and tomatoes come first",
            (
                _guest("Of course, you only need a sunny balcony and a large flower pot."),
                _guest("Begin with beans and tomatoes, because they grow quickly in the summer."),
            ),
        ),
        Scene(
            "both",
            "rose",
            "How much water?",
            (
                _host("How often should we water the plants when the weather is hot?"),
                _guest("Do it early in the morning, before the sun is high, and not every day."),
            ),
        ),
        Scene(
            "card",
            "cocoa",
            "Touch the earth before you water the plants.",
            (
                _guest("Many plants die because we give them a drink every single day."),
                _guest("Touch the earth with one finger, and wait another day if it feels cold."),
            ),
        ),
    ),
)

GOODBYE = Segment(
    name="Goodbye",
    keywords=(),
    scenes=(
        Scene(
            "title",
            "ice",
            "See you next week",
            (
                _host("It was a pleasure to have you here, and thanks to everyone for listening."),
                _guest("Thank you for the good questions, and goodbye everyone."),
            ),
        ),
    ),
)

SHOW: tuple[Segment, ...] = (WELCOME, SLEEP, DOG, CUSTOMERS, GARDEN, GOODBYE)

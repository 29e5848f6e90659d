"""From arguments to a question."""

import argparse

from clipkit.types.query import Query, Region


def query_of(arguments: argparse.Namespace) -> Query:
    """Return what the options of a command ask for.

    Raises:
        OptionError: They contradict each other, or one has a value it cannot have.
    """
    return Query(
        criteria=tuple(arguments.criteria),
        exclude=tuple(arguments.exclude),
        target_duration_s=arguments.target_duration,
        duration_limits_s=(arguments.min_duration, arguments.max_duration),
        top=arguments.top,
        region=Region(
            within=arguments.within,
            pinned=tuple(arguments.pin),
            excluded=tuple(arguments.skip),
        ),
    )

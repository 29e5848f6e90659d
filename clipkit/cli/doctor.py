"""``clipkit doctor``."""

import argparse
import json
import sys
from dataclasses import asdict

from rich.console import Console

from clipkit.pipeline.doctor import Check, diagnose

_MARKS = {
    "ok": "[green]ok     [/]",
    "fetchable": "[cyan]fetch  [/]",
    "absent": "[yellow]absent [/]",
    "failed": "[red]failed [/]",
}


def run(arguments: argparse.Namespace) -> int:
    """Try everything, show each outcome as it comes, and say what will run."""
    console = Console(file=sys.stderr if arguments.json else sys.stdout, highlight=False)

    def show(check: Check) -> None:
        console.print(f"{_MARKS[check.state]}{check.name:<28}", end="")
        console.print(check.found, markup=False, soft_wrap=True)
        if check.remedy:
            console.print(f"{'':35}{check.remedy}", markup=False, soft_wrap=True)

    diagnosis = diagnose(show)
    if arguments.json:
        document = {
            "able": diagnosis.is_able,
            "runs": diagnosis.runs,
            "checks": [asdict(check) for check in diagnosis.checks],
        }
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        console.print("\nThe main job will use:")
        for role, name in diagnosis.runs.items():
            console.print(f"  {role:<18}{name or 'nothing: it cannot run'}", markup=False)
        if not diagnosis.is_able:
            console.print('Install what is missing: pip install "clipkit[offline]"', markup=False)
    return 0 if diagnosis.is_able else 4

"""``python -m benchmarks SUITE``."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks import speed

DEMO = Path(__file__).parents[1] / "tests" / "resources" / "demo.mp4"


def main() -> int:
    """Run a suite, print its table, and write its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    suites = parser.add_subparsers(dest="suite", required=True)
    suite = suites.add_parser("speed", help="wall time, real-time factor and memory of each stage")
    suite.add_argument("--video", type=Path, default=DEMO, help="default: the bundled demo")
    suite.add_argument("--quick", action="store_true", help="one warm run instead of three")
    suite.add_argument("--json", type=Path, metavar="FILE", help="default: printed after the table")
    arguments = parser.parse_args()
    measured = speed.measure(arguments.video, warm_runs=1 if arguments.quick else 3)
    print(speed.table(measured))
    document = json.dumps(measured, indent=1) + "\n"
    if arguments.json is not None:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(document, encoding="utf-8")
        print(f"\nwritten to {arguments.json}")
    else:
        print()
        print(document)
    return 0


if __name__ == "__main__":
    sys.exit(main())

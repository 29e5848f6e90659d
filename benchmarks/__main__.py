"""``python -m benchmarks SUITE``."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import growth, speed
from clipkit.errors import ClipkitError
from clipkit.files import write_text

DEMO = Path(__file__).parents[1] / "tests" / "resources" / "demo.mp4"


def main() -> int:
    """Run a suite, print its table, and write its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    suites = parser.add_subparsers(dest="suite", required=True)
    _add_speed(suites.add_parser("speed", help="wall time, real-time factor, memory of each stage"))
    _add_quality(suites.add_parser("quality", help="how often the clips are the right ones"))
    _add_growth(suites.add_parser("growth", help="how costs grow with a transcript's length"))
    _add_serving(suites.add_parser("serving", help="pollers, a long queue, a large upload"))
    _add_speech(suites.add_parser("speech", help="recognisers: speed against a peer, word errors"))
    arguments = parser.parse_args()
    run = {
        "speed": _speed,
        "quality": _quality,
        "growth": _growth,
        "serving": _serving,
        "speech": _speech,
    }[arguments.suite]
    try:
        return run(arguments)
    except ClipkitError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1


def _add_speed(suite: argparse.ArgumentParser) -> None:
    suite.add_argument("--video", type=Path, default=DEMO, help="default: the bundled demo")
    suite.add_argument("--quick", action="store_true", help="one warm run instead of three")
    suite.add_argument("--json", type=Path, metavar="FILE", help="default: printed after the table")


def _add_quality(suite: argparse.ArgumentParser) -> None:
    suite.add_argument(
        "--qmsum", type=Path, required=True, metavar="DIR", help="holds train/, val/"
    )
    suite.add_argument("--split", default="val", help="folder of QMSum to measure on; default: val")
    suite.add_argument("--transcripts", type=Path, metavar="DIR", help="timed: boundaries, titles")
    suite.add_argument("--ctrlshift", type=Path, metavar="DIR", help="tagged interviews")
    suite.add_argument("--tutorialvqa", type=Path, metavar="DIR", help="questions on tutorials")
    suite.add_argument(
        "--learn", action="store_true", help="also a baseline trained on train/: 20 minutes"
    )
    suite.add_argument("--ablate", action="store_true", help="also without single signals")
    suite.add_argument("--quick", action="store_true", help="six samples of each corpus")
    suite.add_argument("--json", type=Path, metavar="FILE", help="written as well as the tables")
    suite.add_argument("--plot", type=Path, metavar="FILE.png", help="needs the extra bench")


def _add_growth(suite: argparse.ArgumentParser) -> None:
    suite.add_argument(
        "--qmsum", type=Path, required=True, metavar="DIR", help="holds train/, val/"
    )
    suite.add_argument("--split", default="val", help="folder of QMSum to glue; default: val")
    suite.add_argument(
        "--words", type=int, nargs="+", default=growth.WORDS, metavar="N", help="lengths"
    )
    suite.add_argument("--json", type=Path, metavar="FILE", help="written as well as the table")


def _add_serving(suite: argparse.ArgumentParser) -> None:
    suite.add_argument("--video", type=Path, default=DEMO, help="default: the bundled demo")
    suite.add_argument("--queued", type=Path, default=DEMO, help="for the queue; default: the demo")
    suite.add_argument("--every", type=float, default=1.0, metavar="S", help="polls (1)")
    suite.add_argument("--pollers", type=int, default=500, metavar="N", help="500")
    suite.add_argument("--jobs", type=int, default=200, metavar="N", help="200")
    suite.add_argument("--upload-bytes", type=int, default=10**9, metavar="N", help="1 GB")
    suite.add_argument("--json", type=Path, metavar="FILE", help="written as well as the figures")


def _add_speech(suite: argparse.ArgumentParser) -> None:
    suite.add_argument(
        "--model",
        nargs="*",
        default=["tiny", "base"],
        metavar="SIZE_OR_DIR",
        help="published sizes, for random weights of them, or folders converted for CTranslate2; "
        "default: tiny base; none: only the rest",
    )
    suite.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="cpu")
    suite.add_argument("--peer", choices=("faster-whisper",), help="installed on its own")
    suite.add_argument(
        "--audio", type=Path, nargs="+", default=[DEMO], help="speech; default: the bundled demo"
    )
    suite.add_argument("--minutes", type=float, default=12.0, help="it is repeated to (12)")
    suite.add_argument("--tokens", type=int, default=100, metavar="N", help="in 30 s (100)")
    suite.add_argument("--recordings", type=Path, metavar="DIR", help="with texts: word errors")
    suite.add_argument("--quick", action="store_true", help="one round on two minutes")
    suite.add_argument("--json", type=Path, metavar="FILE", help="written as well as the tables")


def _speech(arguments: argparse.Namespace) -> int:
    from benchmarks.speech import run

    measured = run.measure(
        run.Options(
            models=arguments.model,
            device=arguments.device,
            audio=arguments.audio,
            minutes=arguments.minutes,
            tokens=arguments.tokens,
            with_peer=arguments.peer is not None,
            is_quick=arguments.quick,
            recordings=arguments.recordings,
        )
    )
    print(run.table(measured))
    if arguments.json is not None:
        _write(measured, arguments.json)
    return 0


def _serving(arguments: argparse.Namespace) -> int:
    from benchmarks import serving

    measured = serving.measure(
        serving.Burden(
            video=arguments.video,
            queued=arguments.queued,
            pollers=arguments.pollers,
            every_s=arguments.every,
            jobs=arguments.jobs,
            upload_bytes=arguments.upload_bytes,
        )
    )
    print(serving.table(measured))
    if arguments.json is not None:
        _write(measured, arguments.json)
    return 0


def _speed(arguments: argparse.Namespace) -> int:
    measured = speed.measure(arguments.video, warm_runs=1 if arguments.quick else 3)
    print(speed.table(measured))
    if arguments.json is not None:
        _write(measured, arguments.json)
    else:
        print(f"\n{_text(measured)}")
    return 0


def _quality(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from benchmarks.quality import plot, report, run
    from benchmarks.quality.ablations import ablations
    from benchmarks.quality.asking import shipped
    from clipkit.engines.embedder import packaged_minilm

    folders = run.Folders(
        qmsum=arguments.qmsum,
        transcripts=arguments.transcripts,
        ctrlshift=arguments.ctrlshift,
        tutorialvqa=arguments.tutorialvqa,
    )
    options = run.Options(
        folders=folders, split=arguments.split, learn=arguments.learn, quick=arguments.quick
    )
    if arguments.plot is not None:
        plot.check_plotting()
    variants = (shipped(), *(ablations() if arguments.ablate else ()))

    def keep(part: Mapping[str, Any]) -> None:
        if arguments.json is not None:
            _save(part, arguments.json)

    with Console(stderr=True).status("reading") as status:
        measured = run.measure(options, variants, packaged_minilm(), status.update, keep)
    report.show(measured, Console())
    if arguments.json is not None:
        _write(measured, arguments.json)
    if arguments.plot is not None:
        plot.draw(measured, arguments.plot)
        print(f"drawn to {arguments.plot}")
    return 0


def _growth(arguments: argparse.Namespace) -> int:
    measured = growth.measure(
        arguments.qmsum,
        arguments.split,
        arguments.words,
        lambda line: print(line, file=sys.stderr),
    )
    print(growth.table(measured))
    if arguments.json is not None:
        _write(measured, arguments.json)
    return 0


def _text(measured: Mapping[str, Any]) -> str:
    return json.dumps(measured, indent=1) + "\n"


def _save(measured: Mapping[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, _text(measured))


def _write(measured: Mapping[str, Any], path: Path) -> None:
    _save(measured, path)
    print(f"\nwritten to {path}")


if __name__ == "__main__":
    sys.exit(main())

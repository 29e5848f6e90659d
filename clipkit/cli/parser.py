"""What the command line takes."""

import argparse
from pathlib import Path

from clipkit import __version__

EXIT_CODES = """exit codes:
  0    done; zero clips are an answer too, with a reason
  1    an error in clipkit itself
  2    wrong usage, or an option with a value it cannot have
  3    the source, the transcript or the job folder cannot be used
  4    an engine or its weights cannot run
  5    the result cannot be written
  130  stopped with Ctrl-C (143: with SIGTERM)"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; each command names the module that runs it in ``command``."""
    parser = argparse.ArgumentParser(
        prog="clipkit",
        description="Turn long videos into short, titled, scored clips on your own machine.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"clipkit {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_find(commands)
    _add_render(commands)
    _add_transcribe(commands)
    _add_doctor(commands)
    return parser


def _add_find(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    find = commands.add_parser(
        "find",
        help="find the clips of a video and write their previews",
        description="Find the clips of a video. Writes DIR/clips.json and DIR/preview/ID.mp4.",
    )
    find.add_argument("video", type=Path, metavar="VIDEO", help="a local media file")
    find.add_argument(
        "--criteria",
        action="append",
        default=[],
        metavar="TEXT",
        help='what to look for, such as "funny moments"; may be given several times; '
        "default: general highlights",
    )
    find.add_argument(
        "--target-duration",
        type=float,
        metavar="S",
        help="wanted clip length in seconds, held within 20 %%; default: chosen per clip",
    )
    find.add_argument("--top", type=int, default=5, metavar="N", help="at most N clips (5)")
    _add_speech_options(find)
    find.add_argument(
        "--transcript",
        type=Path,
        metavar="FILE",
        help="an .srt, .vtt or .json (WhisperX, OpenAI, clipkit) used instead of recognition",
    )
    find.add_argument(
        "--out", type=Path, metavar="DIR", help="where to write; default: VIDEO's name + -clips"
    )
    find.add_argument("--json", action="store_true", help="print clips.json to stdout, and no more")


def _add_render(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    render = commands.add_parser(
        "render",
        help="render one clip of an earlier find in full quality",
        description="Render one clip in full quality, straight from the source.",
    )
    render.add_argument("dir", type=Path, metavar="DIR", help="the folder that find wrote")
    render.add_argument("clip_id", metavar="CLIP_ID", help="its id, or the beginning of it")
    render.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: DIR/render/CLIP_ID.mp4"
    )


def _add_transcribe(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    transcribe = commands.add_parser(
        "transcribe",
        help="write down what is said in a video",
        description="Write down what is said: SRT to stdout, or a file in the format of its name.",
    )
    transcribe.add_argument("video", type=Path, metavar="VIDEO", help="a local media file")
    _add_speech_options(transcribe)
    transcribe.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="an .srt, .vtt or .json file"
    )


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    doctor = commands.add_parser(
        "doctor",
        help="try what the main job needs, and say what will run",
        description="Try decoding, encoding, CUDA, weights and the hub for real.",
    )
    doctor.add_argument("--json", action="store_true", help="print JSON to stdout, and no more")


def _add_speech_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--language", metavar="xx", help="ISO 639-1 code of the speech; default: detected"
    )
    parser.add_argument(
        "--whisper",
        metavar="MODEL",
        help="a Whisper model for CTranslate2: small, large-v3-turbo, ..., owner/name of the hub, "
        "or a folder; default: chosen for the machine, with a fallback",
    )
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="for --whisper (auto)"
    )

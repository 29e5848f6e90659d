"""What the command line takes."""

import argparse
from pathlib import Path

from clipkit import __version__
from clipkit.cli.server_parser import add_server_commands
from clipkit.cli.whisper_options import add_whisper_options
from clipkit.errors import OptionError
from clipkit.types.time import Span

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
    _add_suggest(commands)
    _add_render(commands)
    _add_transcribe(commands)
    _add_doctor(commands)
    add_server_commands(commands)
    return parser


def _add_find(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    find = commands.add_parser(
        "find",
        help="find the clips of a video and write their previews",
        description="Find the clips of a video. Writes DIR/clips.json and DIR/preview/ID.mp4.",
    )
    find.add_argument("video", type=Path, metavar="VIDEO", help="a local media file")
    _add_question_options(find)
    _add_speech_options(find)
    find.add_argument(
        "--transcript",
        type=Path,
        metavar="FILE",
        help="an .srt, .vtt, .ass, .ssa or .json (WhisperX, OpenAI, clipkit) used instead of "
        "recognition",
    )
    find.add_argument(
        "--out", type=Path, metavar="DIR", help="where to write; default: VIDEO's name + -clips"
    )
    find.add_argument("--json", action="store_true", help="print clips.json to stdout, and no more")


def _add_suggest(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    suggest = commands.add_parser(
        "suggest",
        help="choose the clips of a transcript; no video is needed",
        description="Choose the clips of a transcript, with their times. Nothing is written.",
    )
    suggest.add_argument(
        "transcript",
        type=Path,
        metavar="TRANSCRIPT",
        help="an .srt, .vtt, .ass, .ssa or .json (WhisperX, OpenAI, clipkit)",
    )
    _add_question_options(suggest)
    suggest.add_argument("--json", action="store_true", help="print JSON to stdout, and no more")


def _add_question_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--criteria",
        action="append",
        default=[],
        metavar="TEXT",
        help='what to look for, such as "funny moments"; may be given several times; '
        "default: general highlights",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="TEXT",
        help="what clips must not be about; may be given several times",
    )
    parser.add_argument(
        "--target-duration",
        type=float,
        metavar="S",
        help="wanted clip length in seconds, held within 20 %%; default: chosen per clip",
    )
    parser.add_argument("--min-duration", type=float, metavar="S", help="no clip is shorter")
    parser.add_argument("--max-duration", type=float, metavar="S", help="no clip is longer")
    parser.add_argument("--top", type=int, default=5, metavar="N", help="at most N clips (5)")
    parser.add_argument(
        "--within", type=_span, metavar="START-END", help="search only there; seconds or h:mm:ss"
    )
    parser.add_argument(
        "--pin",
        type=_span,
        action="append",
        default=[],
        metavar="START-END",
        help="make a clip of this, widened to whole sentences; may be given several times",
    )
    parser.add_argument(
        "--skip",
        type=_span,
        action="append",
        default=[],
        metavar="START-END",
        help="take nothing from there; may be given several times",
    )


def _span(text: str) -> Span:
    start, separator, end = text.partition("-")
    try:
        if not separator:
            raise ValueError
        return Span(_seconds(start), _seconds(end))
    except (ValueError, OptionError) as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no range such as 90-150 or 1:30-2:30"
        ) from error


def _seconds(text: str) -> float:
    total = 0.0
    for part in text.strip().split(":"):
        total = total * 60.0 + float(part)
    return total


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
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="an .srt, .vtt, .ass, .ssa or .json file; one named *.whisperx.json or *.openai.json "
        "is written as those programs write it",
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
        "--no-store",
        action="store_true",
        help="neither use nor keep what is known of the source (kept in $CLIPKIT_STORE, else "
        "~/.cache/clipkit/analyses)",
    )
    parser.add_argument(
        "--language", metavar="xx", help="ISO 639-1 code of the speech; default: detected"
    )
    add_whisper_options(parser)

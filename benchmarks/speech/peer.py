"""faster-whisper in an environment of its own: it pins other versions than clipkit does."""

import subprocess
import sys
import venv
from pathlib import Path

VERSION = "1.2.1"
_FOLDER = Path(__file__).parents[1] / ".peers" / f"faster-whisper-{VERSION}"
_REQUIREMENTS = (f"faster-whisper=={VERSION}", "av<19")
"""PyAV 19 takes away arguments that it uses."""


def peer_python() -> Path:
    """Return the interpreter that has faster-whisper, after installing it the first time.

    Raises:
        CalledProcessError: It cannot be installed.
    """
    python = _FOLDER / "bin" / "python"
    if not (_FOLDER / ".made").exists():
        print(f"installing faster-whisper {VERSION} into {_FOLDER}", file=sys.stderr)
        venv.create(_FOLDER, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *_REQUIREMENTS],
            check=True,
            stdout=sys.stderr,
        )
        (_FOLDER / ".made").touch()
    return python

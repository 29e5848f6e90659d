"""``python -m clipkit``."""

import sys

from clipkit.cli import main

if __name__ == "__main__":
    sys.exit(main())

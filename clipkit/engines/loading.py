"""Importing heavy packages, one thread at a time."""

import threading

IMPORTS = threading.RLock()
"""Held while an engine imports: two threads that import PyTorch and what sits on it at once can see
each other's half-made modules. Never held while weights are fetched."""

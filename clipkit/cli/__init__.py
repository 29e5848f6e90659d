"""The command line: ``clipkit find``, ``render``, ``transcribe``, ``doctor``."""

from clipkit.cli.main import main

__all__ = ["main"]

"""Measurements of clipkit; ``python -m benchmarks speed --help``."""

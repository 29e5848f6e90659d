"""How fast and how well speech becomes words: ``python -m benchmarks speech``."""

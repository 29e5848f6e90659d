"""How good the clips are; ``python -m benchmarks quality --help``."""

"""Stages wired to a whole, run at the same time where they can."""

from clipkit.pipeline.analysis import Analysis
from clipkit.pipeline.pipeline import Pipeline

__all__ = ["Analysis", "Pipeline"]

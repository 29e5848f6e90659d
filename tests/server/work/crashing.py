"""A pipeline for workers that are killed: slow enough to be hit, and it keeps a diary."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from clipkit.pipeline import Pipeline
from clipkit.pipeline.store import Store
from clipkit.stages.select_clips import SelectClips
from clipkit.testing import ScriptedRecogniser
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript
from tests.doubles import SAID, pipeline_of_doubles

DIARY = "CLIPKIT_TEST_DIARY"
"""The environment variable that names the file."""


@dataclass(eq=False)
class DiaryRecogniser(ScriptedRecogniser):
    """Takes a while, and writes down when it begins and when it ends."""

    parts: int = 20
    """Each takes a twentieth of a second."""

    version: str = "1"
    """Without it a store keeps nothing of an engine that is not clipkit's."""

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return what the double says."""
        _note("begin")
        for part in range(self.parts):
            time.sleep(0.05)
            monitor.progress(part + 1, self.parts)
        said = super().transcribe(audio, speech, language, monitor)
        _note("end")
        return said


def _note(what: str) -> None:
    with Path(os.environ[DIARY]).open("a") as diary:
        diary.write(f"{what} {time.time()}\n")


def pipeline(store: Store) -> Pipeline:
    """Return the pipeline of a worker."""
    return Pipeline(pipeline_of_doubles(DiaryRecogniser(words=SAID)).stages, store=store)


def unhurried(store: Store) -> Pipeline:
    """Return a pipeline that is at work for longer than whoever polls waits."""
    recogniser = DiaryRecogniser(words=SAID, parts=100)
    return Pipeline(pipeline_of_doubles(recogniser).stages, store=store)


def generous(store: Store) -> Pipeline:
    """Return a pipeline that finds clips for whatever is asked."""
    doubles = pipeline_of_doubles(DiaryRecogniser(words=SAID))
    return Pipeline(
        doubles.with_stage(SelectClips(min_score=0.0, min_clip_score=0.0)).stages, store=store
    )

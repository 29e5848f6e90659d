"""The pipeline: analyse once, ask many times."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from clipkit.engines.matching_protocols import PictureMatcher, SoundMatcher
from clipkit.engines.protocols import Embedder, Engine, Recogniser, TitleWriter
from clipkit.errors import WiringError
from clipkit.pipeline.analysis import Analysis
from clipkit.pipeline.defaults import default_engines, stages_with
from clipkit.pipeline.reading import artefacts_of
from clipkit.pipeline.running import Run
from clipkit.pipeline.store import Store
from clipkit.pipeline.store_keeping import Keeping
from clipkit.pipeline.wiring import Slot, Stage, Wiring, described
from clipkit.stages.find_moments import find_moments
from clipkit.types.clips import Clip, Clips, Moments, Previews, Rendering
from clipkit.types.delivery import Activity, Delivery
from clipkit.types.events import Cancellation, Event
from clipkit.types.matching import PictureEmbeddings, SoundEmbeddings
from clipkit.types.media import Shots, Source
from clipkit.types.query import PreviewFolder, Query, RenderOrder
from clipkit.types.report import RunReport
from clipkit.types.retrieval import PassageEmbeddings
from clipkit.types.speech import SentenceEmbeddings, Speech, Transcript

GIVEN: tuple[type, ...] = (Source, Query, PreviewFolder, RenderOrder)
"""What callers of a default pipeline bring."""

KEPT: tuple[type, ...] = (
    Speech,
    Transcript,
    Shots,
    Delivery,
    Activity,
    SentenceEmbeddings,
    PassageEmbeddings,
    PictureEmbeddings,
    SoundEmbeddings,
)
"""What is worth keeping of a source: with these the sound and the pictures are not read again."""

OnEvent = Callable[[Event], None]


class Pipeline:
    """Stages wired by what they need and give.

    Args:
        stages: The stages, in any order.
        given: Classes of the artefacts that callers bring.
        store: Where artefacts are kept from run to run; None: nowhere.
        kept: Classes of the artefacts worth keeping: slow to make and small.

    Raises:
        WiringError: The stages do not fit together.
    """

    def __init__(
        self,
        stages: Iterable[Stage],
        given: Sequence[type] = GIVEN,
        store: Store | None = None,
        kept: Sequence[type] = KEPT,
    ) -> None:
        self.stages = tuple(stages)
        self.given = tuple(given)
        self.store = store
        self.kept = tuple(kept)
        self._wiring = Wiring(self.stages, self.given)
        # A stage of somebody else's may find moments by what is looked for in them.
        finders = [stage for stage in self.stages if described(stage).gives is Moments]
        self._finds_by_frame = finders == [find_moments]

    @classmethod
    def default(
        cls,
        *,
        transcriber: Recogniser | None = None,
        embedder: Embedder | None = None,
        title_writer: TitleWriter | None = None,
        picture_matcher: PictureMatcher | None = None,
        sound_matcher: SoundMatcher | None = None,
        store: Store | None = None,
    ) -> "Pipeline":
        """Return the pipeline of the main job.

        Args:
            transcriber: Used instead of subtitles in the file and of Whisper with PocketSphinx
                behind it.
            embedder: Used instead of all-MiniLM-L6-v2.
            title_writer: Used instead of titles made of the clip's own words.
            picture_matcher: Compares pictures with the criteria; None: nobody looks.
            sound_matcher: Compares sounds with the criteria; None: nobody listens beyond speech.
            store: Where artefacts are kept from run to run; None: nowhere.
        """
        engines = default_engines(transcriber, embedder)
        if title_writer is not None:
            engines = replace(engines, title_writers=(title_writer,))
        if picture_matcher is not None:
            engines = replace(engines, picture_matchers=(picture_matcher,))
        if sound_matcher is not None:
            engines = replace(engines, sound_matchers=(sound_matcher,))
        return cls(stages_with(engines, use_subtitles=transcriber is None), store=store)

    def then(self, stage: Stage) -> "Pipeline":
        """Return a pipeline with one more stage.

        A stage that gives what it needs, such as ``Clips -> Clips``, refines it.

        Raises:
            WiringError: It does not fit.
        """
        return Pipeline((*self.stages, stage), self.given, self.store, self.kept)

    def with_stage(self, stage: Stage) -> "Pipeline":
        """Return a pipeline with a stage in the place of the one that gives the same artefact.

        Raises:
            WiringError: No stage, or more than one, gives that artefact.
        """
        gives = described(stage).gives
        places = [place for place, old in enumerate(self.stages) if described(old).gives is gives]
        if len(places) != 1:
            raise WiringError(
                f"cannot replace what gives {gives.__name__}",
                f"{len(places)} stages give it",
                "Use then() to add a stage, or build the pipeline from its stages.",
            )
        stages = list(self.stages)
        stages[places[0]] = stage
        return Pipeline(stages, self.given, self.store, self.kept)

    def analyze(
        self,
        source: Source | str | Path,
        *,
        given: Iterable[object] = (),
        on_event: OnEvent | None = None,
        cancellation: Cancellation | None = None,
    ) -> Analysis:
        """Do everything that does not depend on a question.

        With a store, what is there already is not made again, and what would only serve to make it,
        such as the decoded sound, is then no part of the analysis.

        Args:
            source: The file; a ``Source`` also says its language.
            given: Artefacts that are there already, such as a ``Transcript``; what gives them does
                not run.
            on_event: Told what happens, one event at a time, from threads of the pipeline.
            cancellation: Stops the run from another thread.

        Raises:
            ClipkitError: A stage failed.
        """
        source = source if isinstance(source, Source) else Source(Path(source))
        start = _by_class((source, *given))
        reachable = self._wiring.reachable(start)
        wanted = reachable - start.keys()
        if self.store is not None:
            wanted &= self._wiring.needed_beyond(reachable) | set(self.kept)
        artefacts, report = self.run(wanted, start.values(), on_event, cancellation)
        return Analysis(artefacts, report)

    def read(
        self,
        transcript: Transcript,
        *,
        on_event: OnEvent | None = None,
        cancellation: Cancellation | None = None,
    ) -> Analysis:
        """Do everything that does not depend on a question, for a transcript without media.

        Args:
            transcript: What is said, and when.
            on_event: Told what happens, one event at a time, from threads of the pipeline.
            cancellation: Stops the run from another thread.

        Raises:
            ClipkitError: A stage failed.
        """
        start = _by_class(artefacts_of(transcript))
        wanted = self._wiring.reachable(start) - start.keys()
        artefacts, report = self.run(wanted, start.values(), on_event, cancellation)
        return Analysis(artefacts, report)

    def suggest(
        self,
        analysis: Analysis,
        criteria: str | Sequence[str] | Query = (),
        *,
        exclude: str | Sequence[str] = (),
        target_duration: float | None = None,
        top: int = 5,
        on_event: OnEvent | None = None,
        cancellation: Cancellation | None = None,
    ) -> Clips:
        """Choose the clips that answer a question; the source is not touched again.

        Args:
            analysis: What ``analyze`` or ``read`` returned.
            criteria: What to look for, one text or several; none: general highlights. A ``Query``
                says more: lengths, the range to search, what is pinned.
            exclude: What clips must not be about, one text or several.
            target_duration: Wanted length in seconds, ± 20 %; None: chosen per clip.
            top: At most so many clips.
            on_event: Told what happens.
            cancellation: Stops the run from another thread.

        Raises:
            OptionError: The question cannot be asked so.
        """
        query = Query.of(criteria, exclude=exclude, target_duration=target_duration, top=top)
        known = analysis.moments_in(query.frame) if self._finds_by_frame else None
        have = (*analysis.artefacts.values(), query, *([] if known is None else [known]))
        found, _ = self.run((Clips,), have, on_event, cancellation)
        if self._finds_by_frame and Moments in found:
            analysis.keep_moments(query.frame, found[Moments])
        clips: Clips = found[Clips]
        return clips

    def preview(
        self,
        analysis: Analysis,
        clips: Clips,
        folder: str | Path,
        *,
        on_event: OnEvent | None = None,
        cancellation: Cancellation | None = None,
    ) -> Previews:
        """Write a small MP4 of each clip into a folder, as ``{clip_id}.mp4``.

        Raises:
            OutputError: The folder cannot be written to.
        """
        have = (*analysis.artefacts.values(), clips, PreviewFolder(Path(folder)))
        found, _ = self.run((Previews,), have, on_event, cancellation)
        previews: Previews = found[Previews]
        return previews

    def render(
        self,
        analysis: Analysis,
        clip: Clip,
        path: str | Path,
        *,
        on_event: OnEvent | None = None,
        cancellation: Cancellation | None = None,
    ) -> Rendering:
        """Write one clip in full size and high quality.

        Raises:
            OutputError: The file cannot be written.
        """
        have = (*analysis.artefacts.values(), RenderOrder(clip.span, Path(path)))
        found, _ = self.run((Rendering,), have, on_event, cancellation)
        rendering: Rendering = found[Rendering]
        return rendering

    def run(
        self,
        wanted: Collection[type],
        have: Iterable[object],
        on_event: OnEvent | None = None,
        cancellation: Cancellation | None = None,
    ) -> tuple[dict[type, Any], RunReport]:
        """Make artefacts of others, with the stages that this takes and no others.

        Returns:
            All artefacts by their class, those that were there among them, and what happened.

        Raises:
            WiringError: There is no way from what is there to what is wanted.
            ClipkitError: A stage failed.
        """
        start = _by_class(have)
        final = self._wiring.final
        slots = {final.get(artefact, Slot(artefact, 0)): value for artefact, value in start.items()}
        keeping = (
            Keeping(self.store, self.kept, self._wiring.steps, slots)
            if self.store is not None
            else None
        )
        report = Run(slots, on_event, cancellation, keeping).reach(wanted, self._wiring)
        made = {
            slot.artefact: value
            for slot, value in slots.items()
            if final.get(slot.artefact, slot) == slot
        }
        return made, report

    def close(self) -> None:
        """Free what the engines hold; the next use loads again."""
        engines: list[Engine] = []
        for stage in self.stages:
            engines += getattr(stage, "engines", ())
        for engine in {id(engine): engine for engine in engines}.values():
            engine.close()


def _by_class(artefacts: Iterable[object]) -> dict[type, Any]:
    return {type(artefact): artefact for artefact in artefacts}

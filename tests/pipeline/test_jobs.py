"""The main job with doubles: what is given, what is written, what goes wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

import clipkit as ck
from clipkit.errors import MediaError, OptionError, OutputError, SchemaError, UnreadableMedia
from clipkit.testing import BrokenRecogniser, ScriptedRecogniser
from clipkit.types import events
from clipkit.types.speech import Speech, Transcript, Word
from tests.doubles import SAID, pipeline_of_doubles
from tests.media import oracle


@pytest.fixture(scope="module")
def short(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of the demo: ffmpeg -i demo.mp4 -t 20 -c copy short.mp4."""
    path = tmp_path_factory.mktemp("short") / "short.mp4"
    oracle.write("-i", str(demo), "-t", "20", "-c", "copy", str(path))
    return path


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures alone: ffmpeg -f lavfi -i testsrc2=s=160x120:d=4 silent.mp4."""
    path = tmp_path_factory.mktemp("silent") / "silent.mp4"
    oracle.write("-f", "lavfi", "-i", "testsrc2=s=160x120:d=4", str(path))
    return path


def _find(source: Path | ck.Source, out: Path, **options: object) -> ck.Job:
    return ck.find_clips(source, out=out, pipeline=pipeline_of_doubles(), **options)  # type: ignore[arg-type]


def test_a_transcript_that_is_given_spares_the_recogniser(short: Path, tmp_path: Path) -> None:
    words = tuple(Word(text, ck.Span(1.0 + place, 1.8 + place)) for place, text in enumerate(SAID))
    job = ck.find_clips(
        short,
        out=tmp_path,
        transcript=Transcript(words, "en", "file:srt"),
        pipeline=pipeline_of_doubles(BrokenRecogniser()),
    )
    assert dict(job.engines)["transcript"] == "file:srt"
    said = {word.text for clip in job.clips for word in clip.words}
    assert said
    assert said <= set(SAID)


@pytest.mark.parametrize(
    ("criteria", "judges"), [("the weather", 1), ("funny moments", 0), ((), 0)]
)
def test_the_job_names_who_judged_relevance(
    short: Path, tmp_path: Path, criteria: str, judges: int
) -> None:
    document = _find(short, tmp_path, criteria=criteria).to_dict()
    named = [name for role, name in document["engines"].items() if role == "relevance"]
    assert named == ["relevance-mix"][:judges]


def test_a_source_without_sound_gives_no_clips_and_the_reason(silent: Path, tmp_path: Path) -> None:
    job = _find(silent, tmp_path)
    assert len(job.clips) == 0
    assert job.status == "done"
    # An even picture is no event; had it many cuts, they would be candidates.
    assert "its picture never cuts" in (job.clips.reason or "")
    assert json.loads((tmp_path / "clips.json").read_text())["reason"] == job.clips.reason


def test_a_target_longer_than_the_source_gives_no_clips_and_the_reason(
    short: Path, tmp_path: Path
) -> None:
    job = _find(short, tmp_path, target_duration=300)
    assert len(job.clips) == 0
    assert "240 s at the least" in (job.clips.reason or ""), "300 s, held within 20 %"


def test_a_failed_job_leaves_no_folder_behind(tmp_path: Path) -> None:
    source = tmp_path / "text.mp4"
    source.write_text("no media")
    with pytest.raises(UnreadableMedia):
        _find(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_failed_job_leaves_what_was_in_the_folder(tmp_path: Path) -> None:
    source, out = tmp_path / "text.mp4", tmp_path / "out"
    source.write_text("no media")
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    with pytest.raises(UnreadableMedia):
        _find(source, out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_refused_before_any_work(
    short: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    told: list[events.Event] = []
    with pytest.raises(OutputError):
        ck.find_clips(
            short,
            out=tmp_path / "file" / "out",
            pipeline=pipeline_of_doubles(),
            on_event=told.append,
        )
    assert not told


def test_cancelling_stops_the_job_and_writes_no_result(short: Path, tmp_path: Path) -> None:
    cancellation = ck.Cancellation()

    def stop_at_speech(event: events.Event) -> None:
        if isinstance(event, events.StageFinished) and event.stage == "DetectSpeech":
            cancellation.cancel()

    with pytest.raises(ck.errors.Cancelled):
        ck.find_clips(
            short,
            out=tmp_path / "out",
            pipeline=pipeline_of_doubles(),
            on_event=stop_at_speech,
            cancellation=cancellation,
        )
    assert not (tmp_path / "out").exists()


def test_a_clip_of_an_earlier_job_renders_in_full_size(short: Path, tmp_path: Path) -> None:
    job = _find(short, tmp_path, target_duration=6)
    clip = job.clips[0]
    rendering = ck.render_clip_of_job(tmp_path, clip.id[:8], pipeline=pipeline_of_doubles())
    assert rendering.path == tmp_path / "render" / f"{clip.id}.mp4"
    assert oracle.complaints(rendering.path) == ""
    assert abs(oracle.duration_s(rendering.path) - clip.span.duration_s) < 0.04
    assert "854x480" in oracle.summary(rendering.path)


def test_an_unknown_clip_and_a_folder_without_a_job_are_refused(
    short: Path, tmp_path: Path
) -> None:
    _find(short, tmp_path, target_duration=6)
    with pytest.raises(SchemaError, match="have that id"):
        ck.render_clip_of_job(tmp_path, "no-such-clip")
    with pytest.raises(SchemaError, match=r"clips\.json"):
        ck.read_job(tmp_path / "preview")


def test_a_source_that_changed_since_is_not_rendered(short: Path, tmp_path: Path) -> None:
    source = tmp_path / "copy.mp4"
    source.write_bytes(short.read_bytes())
    job = _find(source, tmp_path / "out", target_duration=6)
    source.write_bytes(short.read_bytes() + b"\0")
    with pytest.raises(MediaError, match="not the one that was analysed"):
        ck.render_clip_of_job(tmp_path / "out", job.clips[0].id)
    assert not (tmp_path / "out" / "render").exists()


def test_an_analysis_answers_many_questions_without_touching_the_source(
    short: Path, tmp_path: Path
) -> None:
    source = tmp_path / "copy.mp4"
    source.write_bytes(short.read_bytes())
    recogniser = ScriptedRecogniser(words=SAID)
    pipeline = pipeline_of_doubles(recogniser)
    analysis = pipeline.analyze(source)
    assert analysis.transcript.words
    assert analysis.get(Speech).spans
    source.unlink()
    first = pipeline.suggest(analysis, "dogs eat cake", target_duration=6)
    second = pipeline.suggest(analysis, "first customers", target_duration=6)
    assert recogniser.warmed_up == 1
    assert first[0].criterion == "dogs eat cake"
    assert "Dogs" in first[0].transcript
    assert "customers" in second[0].transcript


def test_an_added_stage_has_the_last_word(short: Path) -> None:
    def only_late(clips: ck.Clips) -> ck.Clips:
        return clips.where(lambda clip: clip.span.start_s > 1000.0)

    pipeline = pipeline_of_doubles().then(only_late)
    clips = pipeline.suggest(pipeline.analyze(short))
    assert len(clips) == 0
    assert clips.reason == "a filter removed every clip"


def test_the_source_is_never_written_over(short: Path, tmp_path: Path) -> None:
    source = tmp_path / "talk.mp4"
    source.write_bytes(short.read_bytes())
    job = _find(source, tmp_path / "out", target_duration=6)
    with pytest.raises(OutputError, match="it is the source"):
        ck.render_clip_of_job(tmp_path / "out", job.clips[0].id, source)
    assert source.read_bytes() == short.read_bytes()


def test_a_second_job_in_a_folder_leaves_no_previews_of_the_first(
    short: Path, tmp_path: Path
) -> None:
    first = _find(short, tmp_path, target_duration=6)
    (tmp_path / "preview" / "mine.mp4").write_bytes(b"keep")
    second = _find(short, tmp_path, target_duration=9)
    assert {clip.id for clip in first.clips} != {clip.id for clip in second.clips}
    found = {path.stem for path in (tmp_path / "preview").iterdir()}
    assert found == {clip.id for clip in second.clips} | {"mine"}


@pytest.fixture(scope="module")
def two_tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untagged track at 400 Hz, and an English one at 2 kHz, the first as default:

    ffmpeg -f lavfi -i sine=400:d=12 -f lavfi -i sine=2000:d=12 -map 0 -map 1
    -metadata:s:a:1 language=eng -disposition:a:0 default -disposition:a:1 0 two.mkv
    """
    path = tmp_path_factory.mktemp("two") / "two.mkv"
    oracle.write(
        *("-f", "lavfi", "-i", "sine=400:d=12", "-f", "lavfi", "-i", "sine=2000:d=12"),
        *("-map", "0", "-map", "1", "-metadata:s:a:1", "language=eng"),
        *("-disposition:a:0", "default", "-disposition:a:1", "0", str(path)),
    )
    return path


@pytest.mark.parametrize(("language", "pitch_hz"), [(None, 400), ("en", 2000)])
def test_a_rendering_has_the_sound_that_its_preview_has(
    language: str | None, pitch_hz: int, two_tracks: Path, tmp_path: Path
) -> None:
    job = _find(two_tracks, tmp_path, language=language)
    assert any(notice.code == "audio_choice" for notice in job.report.notices)
    assert job.language == "en"
    rendering = ck.render_clip_of_job(tmp_path, job.clips[0].id, pipeline=pipeline_of_doubles())
    for path in (tmp_path / dict(job.previews)[job.clips[0].id], rendering.path):
        spectrum = np.abs(np.fft.rfft(oracle.sound(path)[8000:24000]))
        assert np.argmax(spectrum) == pitch_hz


def test_a_language_beside_a_source_is_refused(short: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="Say it in the Source"):
        _find(ck.Source(short), tmp_path / "out", language="en")
    assert not (tmp_path / "out").exists()

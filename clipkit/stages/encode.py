"""Clips to files."""

from clipkit.errors import EngineError
from clipkit.files import make_folder
from clipkit.media.encoders import X264, VideoEncoder, working_encoder
from clipkit.media.excerpt import PREVIEW, RENDER, Profile, write_excerpt
from clipkit.types.clips import Clips, Preview, Previews, Rendering
from clipkit.types.events import Monitor
from clipkit.types.media import MediaInfo
from clipkit.types.query import PreviewFolder, RenderOrder


def encode_previews(
    clips: Clips, info: MediaInfo, folder: PreviewFolder, monitor: Monitor
) -> Previews:
    """Write a small MP4 of each clip: H.264 with a short side of 480, AAC, plays at once.

    Raises:
        UnreadableMedia: The source cannot be read any more.
        OutputError: The folder cannot be written to.
    """
    if not clips:
        return Previews(())
    make_folder(folder.path)
    encoder = _encoder(info, monitor)
    previews = []
    for number, clip in enumerate(clips):
        monitor.progress(number, len(clips), "clips")
        path = folder.path / f"{clip.id}.mp4"
        order = RenderOrder(clip.span, path)
        written_by = _write(info, order, PREVIEW, encoder, monitor, monitor.silent())
        previews.append(Preview(clip.id, path, written_by.name))
        monitor.clip_ready(clip.id, path)
    monitor.progress(len(clips), len(clips), "clips")
    return Previews(tuple(previews))


def render_clip(order: RenderOrder, info: MediaInfo, monitor: Monitor) -> Rendering:
    """Write one stretch of the source in full size and high quality.

    Raises:
        UnreadableMedia: The source cannot be read any more.
        OutputError: The file cannot be written.
    """
    encoder = _encoder(info, monitor)
    written_by = _write(info, order, RENDER, encoder, monitor, monitor)
    return Rendering(order.path, written_by.name)


def _encoder(info: MediaInfo, monitor: Monitor) -> VideoEncoder:
    encoder, failed = working_encoder()
    for other, failure in failed:
        monitor.fallback(other.name, encoder.name, failure)
    if info.video is not None and info.video.is_hdr:
        monitor.notice("hdr_converted", "the HDR picture is converted to standard range (BT.709)")
    return encoder


def _write(  # noqa: PLR0917
    info: MediaInfo,
    order: RenderOrder,
    profile: Profile,
    encoder: VideoEncoder,
    monitor: Monitor,
    within: Monitor,
) -> VideoEncoder:
    """Write an excerpt; where a hardware encoder fails on it, with x264, and say so.

    ``within`` is told how far the file is; ``monitor`` hears of a fallback.
    """
    try:
        write_excerpt(info, order.span, order.path, profile, encoder, within)
    except EngineError as error:
        if encoder is X264:
            raise
        monitor.fallback(encoder.name, X264.name, f"{order.path.name}: {error.found}")
        write_excerpt(info, order.span, order.path, profile, X264, within)
        return X264
    return encoder

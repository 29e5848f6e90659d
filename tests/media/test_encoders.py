from pathlib import Path

import pytest

from clipkit.errors import EngineError
from clipkit.media import encoders
from clipkit.media.encoders import NVENC, X264, VideoEncoder, encoder_failure, working_encoder

_MISSING = VideoEncoder("no_such_encoder", {}, {})
_DECODER_ONLY = VideoEncoder("libdav1d", {}, {})


def test_x264_works_everywhere() -> None:
    assert encoder_failure("libx264") is None


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="this machine has a device")
def test_nvenc_without_a_device_says_why_it_fails() -> None:
    failure = encoder_failure("h264_nvenc")
    assert failure
    assert "libcuda" in failure
    assert failure.strip() == failure


@pytest.mark.parametrize("name", ["no_such_encoder", "libdav1d"])
def test_a_name_that_is_no_encoder_gives_a_reason(name: str) -> None:
    assert encoder_failure(name)


def test_the_first_that_works_is_taken_and_the_others_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoders, "VIDEO_ENCODERS", (_MISSING, _DECODER_ONLY, X264, NVENC))
    encoder, failed = working_encoder()
    assert encoder is X264
    assert [other for other, _ in failed] == [_MISSING, _DECODER_ONLY]
    assert all(reason for _, reason in failed)


def test_none_that_works_is_an_engine_error_with_every_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoders, "VIDEO_ENCODERS", (_MISSING, _DECODER_ONLY))
    with pytest.raises(EngineError) as caught:
        working_encoder()
    assert "no_such_encoder: " in caught.value.found
    assert "libdav1d: " in caught.value.found
    assert "pip install" in caught.value.remedy


def test_hardware_is_preferred() -> None:
    assert encoders.VIDEO_ENCODERS[0] is NVENC
    assert encoders.VIDEO_ENCODERS[-1] is X264

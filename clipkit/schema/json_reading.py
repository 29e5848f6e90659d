"""A job out of its JSON.

What a later version may have added is passed over; all else has to be there and of its kind.
"""

import json
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from clipkit.errors import OptionError, SchemaError
from clipkit.schema.job import Job, JobProgress, JobSource, Status
from clipkit.types.clips import Clip, Clips, Match, Rejected, Signal
from clipkit.types.events import Fallback, Notice
from clipkit.types.query import Query, Region
from clipkit.types.report import RunReport
from clipkit.types.speech import Word
from clipkit.types.time import Span

_Kind = TypeVar("_Kind")

_LARGEST = 1e15
"""Beyond any time, in milliseconds too."""


def job_from_json(text: str) -> Job:
    """Read a job back; its timings are not in the JSON.

    Raises:
        SchemaError: It is no JSON, or no job.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damage(f"it is no JSON ({error})") from error
    try:
        return _job(document)
    except OptionError as error:
        raise _damage(f"{error.asked}, but {error.found}") from error


def _damage(found: str) -> SchemaError:
    return SchemaError("cannot read the job", found, "Use a clips.json that clipkit wrote.")


def _job(document: Any) -> Job:
    status = _field(document, "status", str)
    if status not in get_args(Status):
        raise _damage(f"the field 'status' cannot be {status!r}")
    clips = _field(document, "clips", list)
    engines = _field(document, "engines", dict)
    return Job(
        job_id=_field(document, "job_id", str),
        created_at_ms=_field(document, "created_at", int),
        status=cast(Status, status),
        source=_source(_field(document, "source", dict)),
        query=query_from_dict(_field(document, "query", dict)),
        language=_text_or_null(document, "language"),
        engines=tuple((role, _field(engines, role, str)) for role in engines),
        clips=Clips(
            tuple(_clip(clip) for clip in clips),
            _text_if_any(document, "reason"),
            tuple(
                Rejected(_span(item), _number(item, "score"), _field(item, "reason", str))
                for item in _field(document, "rejected", list)
            ),
        ),
        previews=tuple(
            (_field(clip, "id", str), _field(clip, "preview_url", str))
            for clip in clips
            if "preview_url" in clip
        ),
        report=_report(document),
        error=_text_if_any(document, "error"),
        progress=JobProgress(_number(document, "progress"), _field(document, "stage", str))
        if "progress" in document
        else None,
    )


def _source(document: Any) -> JobSource:
    return JobSource(
        Path(_field(document, "path", str)),
        _field(document, "fingerprint", str),
        _number(document, "duration"),
        _text_or_null(document, "language"),
    )


def query_from_dict(document: Any) -> Query:
    """Read a question; what came after the first version may be missing.

    Raises:
        SchemaError: It is none.
        OptionError: It cannot be asked so.
    """
    full = {"exclude": [], "pinned": [], "excluded": [], **document}
    within = full.get("within")
    return Query(
        criteria=tuple(_field(full, "criteria", list)),
        exclude=tuple(_field(full, "exclude", list)),
        target_duration_s=_number_or_null(full, "target_duration"),
        duration_limits_s=(
            _number_or_null({"min_duration": None, **full}, "min_duration"),
            _number_or_null({"max_duration": None, **full}, "max_duration"),
        ),
        top=_field(full, "top", int),
        region=Region(
            within=None if within is None else _span(within),
            pinned=tuple(_span(item) for item in _field(full, "pinned", list)),
            excluded=tuple(_span(item) for item in _field(full, "excluded", list)),
        ),
    )


def _report(document: Any) -> RunReport:
    fallbacks = _field(document, "fallbacks", list)
    notices = _field(document, "notices", list)
    return RunReport(
        tuple(Fallback(*_texts(item, "stage", "asked", "ran", "reason")) for item in fallbacks),
        tuple(Notice(*_texts(item, "stage", "code", "message")) for item in notices),
    )


def _clip(document: Any) -> Clip:
    return Clip(
        id=_field(document, "id", str),
        title=_field(document, "title", str),
        span=_span(document),
        score=_number(document, "score"),
        signals=tuple(
            Signal(_field(item, "name", str), _number(item, "value"), _number(item, "weight"))
            for item in _field(document, "signals", list)
        ),
        words=tuple(_word(item) for item in _field(document, "words", list)),
        criterion=_text_or_null(document, "criterion"),
        matches=tuple(
            Match(_field(item, "text", str), _span(item), _number(item, "similarity"))
            for item in _field(document, "matches", list)
        ),
        reason=_field(document, "reason", str),
    )


def _word(document: Any) -> Word:
    text = _field(document, "text", str)
    confidence = _number(document, "confidence") if "confidence" in document else None
    return Word(text, _span(document), confidence, _text_if_any(document, "speaker"))


def _span(document: Any) -> Span:
    return Span(_number(document, "start"), _number(document, "end"))


def _texts(document: Any, *keys: str) -> tuple[str, ...]:
    return tuple(_field(document, key, str) for key in keys)


def _text_if_any(document: Any, key: str) -> str | None:
    return _field(document, key, str) if key in document else None


def _text_or_null(document: Any, key: str) -> str | None:
    return None if _field(document, key, object) is None else _field(document, key, str)


def _number_or_null(document: Any, key: str) -> float | None:
    return None if _field(document, key, object) is None else _number(document, key)


def _number(document: Any, key: str) -> float:
    value = _field(document, key, object)
    if not isinstance(value, int | float) or not -_LARGEST < value < _LARGEST:
        raise _damage(f"the field {key!r} cannot be {value!r}")
    return value


def _field(document: Any, key: str, kind: type[_Kind]) -> _Kind:
    if not isinstance(document, dict) or key not in document:
        raise _damage(f"the field {key!r} is missing")
    value = document[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _damage(f"the field {key!r} cannot be {value!r}")
    return value

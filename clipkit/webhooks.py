"""Webhooks that prove who sent them: signed here, and checked by those who receive them."""

import hashlib
import hmac
import re
import time

from clipkit.errors import SignatureError

SIGNATURE_HEADER = "choppity-signature-256"
"""The header that carries the signature, as the clips API has it."""

TOLERANCE_S = 300.0
"""What was signed longer ago may be a copy that somebody sends again."""

_FORM = re.compile(r"t=([0-9]{1,12})((?:,v1=[0-9a-f]{64})+)")


def signature_of(secret: str, body: bytes, signed_at_s: int) -> str:
    """Return the header's value for a body.

    Args:
        secret: Shown once when the webhook was registered.
        body: The bytes that are sent.
        signed_at_s: Unix seconds.
    """
    return f"t={signed_at_s},v1={_digest(secret, body, str(signed_at_s))}"


def verify_webhook(
    secret: str, body: bytes, signature: str | None, *, now_s: float | None = None
) -> None:
    """Check that a webhook comes from the server that knows the secret, and came just now.

    Deliveries come at least once: keep the ``id`` of each event and pass over those seen before.

    Args:
        secret: Shown once when the webhook was registered.
        body: The bytes as they came; text that was parsed and written again is signed differently.
        signature: Value of the header ``choppity-signature-256``; None where it is missing.
        now_s: Unix seconds; None: the clock's.

    Raises:
        SignatureError: It is missing, malformed, older than five minutes, or of something else.
    """
    form = _FORM.fullmatch(signature or "")
    if form is None:
        raise _refused("the signature is missing or has another form")
    signed_at, candidates = form[1], form[2].split(",v1=")[1:]
    expected = _digest(secret, body, signed_at)
    # All are compared, so that the time it takes tells nothing.
    matches = [hmac.compare_digest(expected, candidate) for candidate in candidates]
    if not any(matches):
        raise _refused("the signature is of another body or made with another secret")
    age_s = (time.time() if now_s is None else now_s) - int(signed_at)
    if abs(age_s) > TOLERANCE_S:
        raise _refused(f"it was signed {age_s:.0f} s ago; {TOLERANCE_S:.0f} s are allowed")


def _digest(secret: str, body: bytes, signed_at: str) -> str:
    return hmac.new(secret.encode(), signed_at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _refused(found: str) -> SignatureError:
    return SignatureError(
        "cannot trust this webhook", found, "Answer with status 400 and do nothing else."
    )

"""Signatures of webhooks, as Standard Webhooks has them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

SECRET_PREFIX = "whsec_"  # noqa: S105 -- tells what follows
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret."""


def read_secret(text: str) -> bytes:
    """Give the bytes of a secret.

    Raises:
        ValueError: it is none.
    """
    if not text.startswith(SECRET_PREFIX):
        raise ValueError(f"a webhook's secret begins with {SECRET_PREFIX}")
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"what follows {SECRET_PREFIX} is not base64") from None
    if not SHORTEST <= len(secret) <= LONGEST:
        raise ValueError(f"a webhook's secret has {SHORTEST} to {LONGEST} bytes, in base64")
    return secret


def message_id(event_id: str) -> str:
    """The id of a message, the same for all receivers and attempts; without a dot, which ends it in what is signed."""
    return f"msg_{hashlib.sha256(event_id.encode()).hexdigest()[:32]}"


def sign(secret: bytes, identifier: str, timestamp: int, body: bytes) -> str:
    """Sign a message.

    Args:
        timestamp: seconds since the epoch.
    """
    signed = b".".join((identifier.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"

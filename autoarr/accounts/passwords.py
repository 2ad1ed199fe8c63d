"""Passwords: hashed with bcrypt, in a thread, because it takes a quarter of a second on purpose."""

from __future__ import annotations

import asyncio
import base64
import hashlib

COST = 12
"""bcrypt's rounds as a power of two. Tests lower it; hashes carry their own."""


def _prepare(password: str) -> bytes:
    # bcrypt takes 72 bytes at most and stops at a NUL: a hash of the password fits, and so all of it counts.
    # As base64 it has no NUL.
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


async def hash_password(password: str) -> str:
    """Hash a password for the database."""
    import bcrypt

    hashed = await asyncio.to_thread(bcrypt.hashpw, _prepare(password), bcrypt.gensalt(COST))
    return hashed.decode()


async def check_password(password: str, stored: str | None) -> bool:
    """Tell whether a password is the stored one's.

    Args:
        stored: None for a user that doesn't exist: it takes as long, so that nobody learns which names do.
    """
    import bcrypt

    hashed = stored or f"$2b${COST:02d}${'.' * 53}"
    try:
        same = await asyncio.to_thread(bcrypt.checkpw, _prepare(password), hashed.encode())
    except ValueError:  # no hash at all: a user without a password
        return False
    return same and stored is not None

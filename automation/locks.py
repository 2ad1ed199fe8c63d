"""Locks between processes: two runs at once take turns, and a killed run leaves nothing locked."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automation import console


@contextmanager
def exclusive(path: Path, purpose: str) -> Iterator[None]:
    """Hold `path` as a lock. The kernel releases it when the process ends, however it ends.

    Args:
        path: the lock file; created when missing, never deleted (deleting would let two holders in).
        purpose: what is being waited for, shown when another process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.note(f"waiting for another run: {purpose}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

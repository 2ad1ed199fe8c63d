"""Temporary folders that a killed run can't leave for ever: the next one sweeps them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automation import owner, paths

# How long, in seconds, the last processes of a run that was killed may go on writing.
PATIENCE = 5.0


def _home() -> Path:
    return paths.cache() / "tmp"


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for this run alone (mode 0700: build settings in it may hold a password), removed on the way out."""
    home = _home()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=f"{owner.name()}-", ignore_cleanup_errors=True) as made:
        yield Path(made)


def sweep() -> int:
    """Remove the folders of runs that are gone; how many there were."""
    left = [path for path in _home().glob("*") if owner.is_gone(path.name)]
    for path in left:
        remove(path)
    return len(left)


def remove(path: Path) -> None:
    """Remove a folder of a run that was killed; what that one had started may be at work in it for a moment."""
    deadline = time.monotonic() + PATIENCE
    while path.exists():
        shutil.rmtree(path, ignore_errors=True)
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)

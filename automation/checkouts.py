"""Copies of this checkout at other places: what git has and what was changed since, and nothing that it ignores."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from automation import git, paths
from automation.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A copy that may be changed at will."""

    root: Path

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Replace the text of a file.

        Raises:
            UsageError: there is no such file, or the text would stay what it was, and nothing would be measured.
        """
        file = self.root / name
        try:
            before = file.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{name} can't be read: {error.strerror}", where=str(self.root)) from None
        after = change(before)
        if after == before:
            raise UsageError(f"the edit of {name} changes nothing", where=str(self.root))
        file.write_text(after, encoding="utf-8")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Create files under another umask. It is the process's: no thread may create any of its own meanwhile."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def copy(into: Path, *, mask: int = 0o022, moment: float | None = None) -> Checkout:
    """Copy the checkout as git would write it: only whether a file is a program is kept of its mode.

    Args:
        into: a folder that does not exist yet.
        mask: the umask to create files and folders under.
        moment: the time that all of them get, in seconds since 1970; now when left out.

    Raises:
        UsageError: this is no git repository, so that nobody knows what belongs to it.
    """
    names = git.files()
    if not names:
        raise UsageError(
            "this folder is no git repository, so there is no telling what belongs to it",
            where=str(paths.ROOT),
            hint="clone the repository rather than copying its files",
        )
    with umask(mask):
        into.mkdir(parents=True)
        for name in names:
            _copy_file(paths.ROOT / name, into / name, mask)
    if moment is not None:
        for path in (into, *into.rglob("*")):
            os.utime(path, (moment, moment), follow_symlinks=False)
    return Checkout(root=into)


def _copy_file(source: Path, target: Path, mask: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.is_file():  # a deleted file is still in git's list
        target.write_bytes(source.read_bytes())
        if source.stat().st_mode & stat.S_IXUSR:
            target.chmod(0o777 & ~mask)

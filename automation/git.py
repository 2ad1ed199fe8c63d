"""What the build is a build of: the commit, its date, whether the tree differs from it, and the files in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime

from automation import paths, process


@dataclass(frozen=True, kw_only=True)
class Commit:
    """The checked-out commit. `revision` is empty outside a repository; `epoch` is its date in seconds."""

    revision: str
    epoch: int
    dirty: bool

    @property
    def label(self) -> str:
        """The revision, marked when the tree has changes that it does not name."""
        return f"{self.revision}-dirty" if self.revision and self.dirty else self.revision

    @property
    def created(self) -> str:
        """The commit's date as RFC 3339."""
        return datetime.fromtimestamp(self.epoch, UTC).isoformat().replace("+00:00", "Z")


def commit() -> Commit:
    """The commit of this checkout. Without a repository, or without git, there is none, and the epoch is 0."""
    if shutil.which("git") is None:
        return Commit(revision="", epoch=0, dirty=False)

    def git(*words: str) -> process.Result:
        return process.run(["git", "-C", str(paths.ROOT), *words], check=False, echo=False)

    shown = git("log", "-1", "--format=%H %ct")
    if shown.code != 0 or not shown.stdout.strip():
        return Commit(revision="", epoch=0, dirty=False)
    revision, epoch = shown.stdout.split()
    return Commit(revision=revision, epoch=int(epoch), dirty=bool(git("status", "--porcelain").stdout.strip()))


def files() -> list[str]:
    """The checkout's files, relative to its root: what git has, and what is new and not ignored; sorted.

    Deleted ones are in it until that is committed. Empty outside a repository.
    """
    if shutil.which("git") is None:
        return []
    listing = process.run(
        ["git", "-C", str(paths.ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=False,
        echo=False,
    )
    return sorted(set(filter(None, listing.stdout.split("\0")))) if listing.code == 0 else []


def tags() -> tuple[str, ...]:
    """The tags of the checked-out commit; none outside a repository."""
    if shutil.which("git") is None:
        return ()
    command = ["git", "-C", str(paths.ROOT), "tag", "--points-at", "HEAD"]
    return tuple(process.run(command, check=False, echo=False).stdout.split())

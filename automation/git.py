"""What the build is a build of: the commit, its date, and whether the tree differs from it."""

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

"""What is known of a recovery at one moment: what the services say, and what AutoArr did for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Item = tuple[str, int]
"""`("episode", 12)`, `("movie", 3)`."""
Entry = Literal["failed", "done", "queued"]
PausedBy = Literal["us", "itself", "person"]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a decision is made from.

    Attributes:
        removed: a service that it can't do without was removed: its name.
        unreachable: why a service could not be asked, in a sentence; nothing below is known then.
        last_step: of its timeline.
        indexers: what keeps its owner's searches from finding anything.
        redownloads: whether its owner searches again by itself after a failure.
        noted_at: when its owner noted the failure, and with it blocklisted the release.
        rows: its rows in its owner's queue.
        untroubled: whether it could not be imported, and its owner has no complaint of it any more.
        grab: the number of the event in its owner's history by which it was grabbed.
        missing: what was neither imported nor is being downloaded.
        season: the one that all of it is of, as far as that was asked.
        coming: the title of a later download for the same that is under way.
        imported: whether all was imported.
        entry: its job in SABnzbd; None where there is none.
        paused_by: who paused SABnzbd, where it is paused; `paused_at`: which one, by its id.
        paused_before: whether AutoArr paused SABnzbd for this fault already.
        room: whether there is room for it on SABnzbd's disks; None where that is not known.
        done: what AutoArr wrote for it since it failed.
        native_off: whether what AutoArr wrote kept its owner from searching again.
        searched_at: when it was searched for or retried last.
        failures: how many writes in a row were not made; `refusals`: how many of these the service itself refused,
            or answered and did not make.
        failed_at: when the last of these was not.
        failure: why, in a sentence.
    """

    removed: str | None = None
    unreachable: str | None = None
    last_step: str = ""
    indexers: str | None = None
    redownloads: bool = False
    noted_at: datetime | None = None
    rows: tuple[int, ...] = ()
    untroubled: bool = False
    grab: int | None = None
    missing: frozenset[Item] = frozenset()
    season: int | None = None
    coming: str | None = None
    imported: bool = False
    entry: Entry | None = None
    paused_by: PausedBy | None = None
    paused_at: uuid.UUID | None = None
    paused_before: bool = False
    room: bool | None = None
    done: frozenset[str] = field(default_factory=frozenset)
    native_off: bool = False
    searched_at: datetime | None = None
    failures: int = 0
    refusals: int = 0
    failed_at: datetime | None = None
    failure: str = ""

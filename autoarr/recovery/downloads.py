"""What is being downloaded, for whom, and what became a recovery of it; from what is kept: no service is asked."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from autoarr.dashboard.merging import QueueRow, is_truncated, merge_queues
from autoarr.dashboard.observations import Failure as Unanswered
from autoarr.dashboard.observations import State, describe
from autoarr.models import Observation, Recovery
from autoarr.policy import Failure, load_policy
from autoarr.services.registry import list_enabled
from autoarr.upstream.connection import Kind

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

BLOCK = "queue"


class RecoveryLink(BaseModel):
    """The recovery of a download."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    failure: Failure
    state: str = Field(examples=["waiting"])
    reason: str = Field(description="What it waits for.")


class Download(QueueRow):
    """One download in the queues."""

    progress: float | None = Field(description="0 to 1; null where nobody tells the size.")
    recovery: RecoveryLink | None = Field(description="What is done about its failure; null where it did not fail.")


class QueueSource(BaseModel):
    """What is known of one service's queue."""

    id: uuid.UUID
    kind: Kind
    name: str
    state: State = Field(description="unknown: its downloads are not in the list, and may be many.")
    age_s: float | None
    failure: Unanswered | None = Field(description="Of the newest attempt to ask it, if that failed.")
    total: int | None = Field(description="Rows that its queue has; null where that is unknown.")
    complete: bool = Field(description="Whether all of them were read, and not only the first ones.")


class Listed(NamedTuple):
    """Some of the downloads.

    Attributes:
        total: how many there are.
        sources: of each service how much its part is worth.
    """

    downloads: list[Download]
    total: int
    sources: list[QueueSource]

    @property
    def complete(self) -> bool:
        """Whether every service told all of its queue, just now."""
        return all(source.state == "fresh" and source.complete for source in self.sources)


async def list_downloads(session: AsyncSession, now: datetime, start: int, count: int) -> Listed:
    """Give each download once, SABnzbd's order first.

    Args:
        start: how many are left out before the first one.
        count: how many are given at most.
    """
    policy = await load_policy(session)
    services = [service for service in await list_enabled(session) if service.kind != "plex"]
    kept = await session.scalars(select(Observation).where(Observation.block == BLOCK))
    observations = {row.service_id: row for row in kept}
    seen = [(service, describe(observations.get(service.id), now, policy.poll_every_s)) for service in services]
    every = merge_queues(seen)
    rows = every[start : start + count]
    ids = {row.download_id for row in rows if row.download_id}
    unfinished = await session.scalars(select(Recovery).where(Recovery.ended_at.is_(None)))
    links = {one.download_id: RecoveryLink.model_validate(one) for one in unfinished if one.download_id in ids}
    sources = [
        QueueSource(
            **{field: getattr(service, field) for field in ("id", "kind", "name")},
            state=block.state,
            age_s=block.age_s,
            failure=block.failure,
            total=block.data["total"] if block.data else None,
            complete=bool(block.data) and not is_truncated(block),
        )
        for service, block in seen
    ]
    downloads = [
        Download(
            **row.model_dump(),
            poster_source=row.poster_source,
            progress=_progress(row),
            recovery=links.get(row.download_id) if row.download_id else None,
        )
        for row in rows
    ]
    return Listed(downloads, len(every), sources)


def _progress(row: QueueRow) -> float | None:
    if not row.size_bytes or row.left_bytes is None:
        return None
    return round(min(max(1 - row.left_bytes / row.size_bytes, 0.0), 1.0), 3)

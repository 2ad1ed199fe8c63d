"""Whether it makes sense to search now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from autoarr.models import Service
from autoarr.upstream.arr import ArrClient
from autoarr.upstream.errors import UpstreamError
from autoarr.upstream.sabnzbd import SabnzbdClient

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from autoarr.context import Context
    from autoarr.upstream.models import HealthIssue

INDEXER_CHECKS = frozenset({"IndexerStatusCheck", "IndexerLongTermStatusCheck", "IndexerSearchCheck"})
"""What Sonarr and Radarr check of their indexers, as far as it concerns searches; a warning means that some work."""


def judge_indexers(issues: Sequence[HealthIssue]) -> str | None:
    """Give what keeps an application's searches from finding anything."""
    return next((issue.message for issue in issues if issue.source in INDEXER_CHECKS and issue.type == "error"), None)


async def find_obstacle(context: Context, service_id: uuid.UUID) -> str | None:
    """Ask Sonarr or Radarr for its indexers and each SABnzbd for its state; give why not to search, in a sentence.

    A service that can't be asked is an obstacle as well.
    """
    enabled = select(Service.id).where(Service.kind == "sabnzbd", Service.enabled)
    async with context.database.sessions() as session:
        downloaders = list(await session.scalars(enabled.order_by(Service.name_key)))
    try:
        client = await context.upstreams.client(service_id)
        name = client.connection.name
        if isinstance(client, ArrClient) and (trouble := judge_indexers(await client.health())):
            return f"The indexers of {name} don't work: {trouble}"
        for downloader in downloaders:
            sabnzbd = await context.upstreams.client(downloader)
            if isinstance(sabnzbd, SabnzbdClient) and (await sabnzbd.queue(0, 1)).paused:
                return f"{sabnzbd.connection.name} is paused."
    except UpstreamError as error:
        return f"{error.service} can't be asked: {error.detail}."
    return None

"""What is being downloaded."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import Field

from autoarr import posters
from autoarr.accounts.principal import AdminDep
from autoarr.api.paging import Page, PageDep
from autoarr.context import ContextDep
from autoarr.recovery.downloads import Download, QueueSource, list_downloads

router = APIRouter(prefix="/downloads", tags=["recoveries"])


class Downloads(Page[Download]):
    """Some of the downloads, and how much is known."""

    complete: bool = Field(description="Whether every service told all of its queue, just now.")
    sources: list[QueueSource]


@router.get("", summary="The queues of all services as one")
async def get_downloads(admin: AdminDep, context: ContextDep, paging: PageDep) -> Downloads:
    """List each download once, whoever tells of it, with what is done about it where it failed.

    It is what the services last said: none is asked. What one did not say is unknown, not empty: `sources` tells.
    """
    async with context.database.sessions() as session:
        listed = await list_downloads(session, datetime.now(UTC), paging.start, paging.page_size)
    for download in listed.downloads:
        download.poster = posters.address(context.keys, download.poster_source)
    return Downloads(
        items=listed.downloads,
        total=listed.total,
        page=paging.page,
        page_size=paging.page_size,
        complete=listed.complete,
        sources=listed.sources,
    )

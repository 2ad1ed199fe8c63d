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
        downloads, sources = await list_downloads(session, datetime.now(UTC))
    start = (paging.page - 1) * paging.page_size
    shown = downloads[start : start + paging.page_size]
    for download in shown:
        download.poster = posters.address(context.keys, download.poster_source)
    return Downloads(
        items=shown,
        total=len(downloads),
        page=paging.page,
        page_size=paging.page_size,
        complete=all(source.state == "fresh" and source.complete for source in sources),
        sources=sources,
    )

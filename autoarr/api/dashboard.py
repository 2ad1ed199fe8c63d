"""Everything at a glance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from autoarr import posters
from autoarr.accounts.principal import AdminDep
from autoarr.context import ContextDep
from autoarr.dashboard import poll
from autoarr.dashboard.view import Dashboard, look

router = APIRouter(prefix="/dashboard", tags=["dashboard"])


@router.get("", summary="The dashboard")
async def get_dashboard(
    admin: AdminDep,
    context: ContextDep,
    refresh: Annotated[
        bool, Query(description="Ask the services first, those apart that were asked just now; five seconds at most.")
    ] = False,
) -> Dashboard:
    """Show what the services last said, each part with its age; no service is asked unless `refresh` is set."""
    if refresh:
        await poll.refresh(context, poll.REFRESH_DEADLINE)
    async with context.database.sessions() as session:
        dashboard = await look(session)
    for row in dashboard.queue:
        row.poster = posters.address(context.keys, row.poster_source)
    return dashboard

"""Recovery as a job: by the clock, and at each start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr.actors import SYSTEM
from autoarr.changes.ledger import UNFINISHED
from autoarr.changes.recovery import recover
from autoarr.jobs.registry import handler
from autoarr.models import Change

if TYPE_CHECKING:
    from autoarr.context import Context
    from autoarr.jobs.registry import JobRun

KIND = "changes-recovery"


@handler(KIND)
async def run_recovery(context: Context, job: JobRun) -> dict[str, Any]:
    """Find out what became of every change that was interrupted."""
    return await recover(context)


async def queue_recovery(context: Context) -> None:
    """Queue it for now, where anything is unfinished. The clock's own may have a lease of the process that died."""
    async with context.database.sessions() as session:
        if await session.scalar(select(Change.id).where(Change.state.in_(UNFINISHED)).limit(1)) is None:
            return
    async with context.database.writing.begin() as session:
        await context.jobs.enqueue(session, KIND, "start", actor=replace(SYSTEM, via="start"))

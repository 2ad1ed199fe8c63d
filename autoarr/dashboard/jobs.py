"""The poll as a job."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from autoarr.dashboard.poll import poll_all
from autoarr.jobs.registry import JobRun, handler

if TYPE_CHECKING:
    from autoarr.context import Context


@handler("poll", max_attempts=1, timeout_s=60)
async def run(context: Context, job: JobRun) -> dict[str, Any]:
    """Ask every enabled service, or the one that the payload names. The next poll is the next attempt."""
    only = job.payload.get("service_id")
    return await poll_all(context, only=uuid.UUID(only) if only else None)

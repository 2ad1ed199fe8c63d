"""Requests as jobs: by the clock all that are due, and one at once when somebody decided something."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from autoarr.jobs.registry import handler
from autoarr.requests import engine
from autoarr.requests.service import KIND

if TYPE_CHECKING:
    from autoarr.context import Context
    from autoarr.jobs.registry import JobRun


@handler(KIND)
async def run(context: Context, job: JobRun) -> dict[str, Any]:
    """Take the request further that the payload names; without one, all that are due."""
    if (number := job.payload.get("request_id")) is not None:
        request = await engine.advance(context, uuid.UUID(number))
        return {"state": request.state if request else None}
    return {"looked_at": await engine.run_due(context)}

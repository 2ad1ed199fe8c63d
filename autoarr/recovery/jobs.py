"""Recovery as jobs: by the clock all that is due, and one at once when a person approved it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from autoarr.jobs.registry import handler
from autoarr.recovery.engine import Engine
from autoarr.recovery.service import KIND

if TYPE_CHECKING:
    from autoarr.context import Context
    from autoarr.jobs.registry import JobRun


@handler(KIND)
async def run_recovery(context: Context, job: JobRun) -> dict[str, Any]:
    """Bring recoveries on. Safe to repeat: what was begun is found out before anything else is done."""
    engine = Engine(context)
    if one := job.payload.get("recovery_id"):
        return {"brought_on": int(await engine.bring_on(uuid.UUID(one)))}
    return {"brought_on": await engine.run()}

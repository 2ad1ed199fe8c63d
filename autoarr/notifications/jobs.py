"""Deliveries as jobs: one at a time for each target, in whichever process."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from autoarr.jobs.registry import handler
from autoarr.notifications.delivery import deliver, due_targets, utc_now
from autoarr.notifications.outbox import KIND, delivery_job

if TYPE_CHECKING:
    from autoarr.context import Context
    from autoarr.jobs.registry import JobRun


@handler(KIND, timeout_s=300)
async def run(context: Context, job: JobRun) -> dict[str, Any]:
    """Send what is due to the target that the payload names. Without one, as the clock queues it, have that done for
    every target for which something is due: what failed before, or was left by a process that died."""
    if target_id := job.payload.get("target_id"):
        return await deliver(context, uuid.UUID(target_id))
    async with context.database.sessions() as session:
        targets = await due_targets(session, utc_now())
    if targets:
        async with context.database.writing.begin() as session:
            for target in targets:
                await context.jobs.enqueue(session, KIND, **delivery_job(target))
    return {"targets": len(targets)}

"""Audits as jobs."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from autoarr.audits.runner import NothingToAudit, fail_audit, run_audit
from autoarr.errors import AutoArrError
from autoarr.jobs.registry import JobRun, handler
from autoarr.models import Audit

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context

MAX_ATTEMPTS = 3


async def _unfinished(session: AsyncSession, job_id: uuid.UUID, reason: str) -> None:
    """An audit whose job was cancelled, took too long, or whose process ended in the last attempt."""
    if (audit := await session.get(Audit, job_id)) and audit.state in ("queued", "running"):
        audit.state, audit.error, audit.finished_at = "failed", reason, datetime.now(UTC)


@handler("audit", max_attempts=MAX_ATTEMPTS, unfinished=_unfinished)
async def run(context: Context, job: JobRun) -> dict[str, Any] | None:
    """Audit the service that the payload names, or all. The audit has the job's id, whoever queued it."""
    given = job.payload.get("service_id")
    service_id = uuid.UUID(given) if given else None
    try:
        return await run_audit(context, job.id, service_id, job.actor)
    except NothingToAudit as error:
        await fail_audit(context, job.id, str(error), job.actor)
        return {"audit_id": str(job.id), "error": str(error)}
    except Exception as error:
        if job.attempt >= MAX_ATTEMPTS:
            known = isinstance(error, AutoArrError)
            await fail_audit(
                context, job.id, str(error) if known else "an unexpected error; the logs tell more", job.actor
            )
        raise

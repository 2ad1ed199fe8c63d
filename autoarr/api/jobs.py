"""The queue of jobs: what waits, what runs, what failed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from autoarr import activity
from autoarr.accounts.principal import AdminDep
from autoarr.api.fields import Text
from autoarr.api.lookup import find, narrow
from autoarr.api.paging import Page, PageDep, read_page
from autoarr.context import ContextDep
from autoarr.jobs import store
from autoarr.jobs.registry import tell_unfinished
from autoarr.models import Job

router = APIRouter(prefix="/jobs", tags=["jobs"])

State = Literal["queued", "running", "finished", "failed", "cancelled"]


class JobView(BaseModel):
    """Work that outlives a request."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": "7f9c24e8-3b12-4fef-91e0-6e9e0c1b7a51",
                "kind": "audit",
                "key": "all",
                "payload": {},
                "state": "finished",
                "actor": "Ada",
                "attempts": 1,
                "max_attempts": 3,
                "run_at": "2026-01-31T12:00:00Z",
                "created_at": "2026-01-31T12:00:00Z",
                "finished_at": "2026-01-31T12:00:04Z",
                "result": {"audit_id": "7f9c24e8-3b12-4fef-91e0-6e9e0c1b7a51"},
                "error": None,
            }
        },
    )

    id: uuid.UUID
    kind: str
    key: str
    payload: dict[str, Any]
    state: State
    actor: str
    attempts: int
    max_attempts: int
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None
    result: dict[str, Any] | None
    error: str | None


@router.get("", summary="Jobs")
async def list_jobs(
    admin: AdminDep,
    context: ContextDep,
    paging: PageDep,
    state: State | None = None,
    kind: Annotated[Text | None, Query()] = None,
) -> Page[JobView]:
    """List jobs, the newest first. Finished ones are kept for a week; of what runs by the clock, the newest."""
    query = narrow(select(Job), state=state, kind=kind).order_by(Job.created_at.desc(), Job.id)
    async with context.database.sessions() as session:
        return await read_page(session, query, paging, JobView.model_validate)


@router.get("/{job_id}", summary="One job")
async def get_job(admin: AdminDep, context: ContextDep, job_id: uuid.UUID) -> JobView:
    """Read one job."""
    async with context.database.sessions() as session:
        return JobView.model_validate(await find(session, Job, job_id))


@router.post("/{job_id}/cancel", summary="Cancel a job")
async def cancel_job(admin: AdminDep, context: ContextDep, job_id: uuid.UUID) -> JobView:
    """Cancel a job that nobody has begun; 409 when it is too late for that."""
    async with context.database.writing.begin() as session:
        cancelled = await store.cancel(session, job_id, datetime.now(UTC))
        job = await find(session, Job, job_id)
        if not cancelled:
            raise HTTPException(409, f"The job is {job.state}; only a queued one can be cancelled.")
        message = f"Cancelled the job {job.kind} ({job.key})."
        activity.record(session, admin.actor, "job.cancelled", message, subject=str(job.id))
        await tell_unfinished(session, job.kind, job.id, f"{admin.name} cancelled it")
    await context.bus.publish("job.changed", {"id": str(job.id), "kind": job.kind, "state": job.state})
    return JobView.model_validate(job)

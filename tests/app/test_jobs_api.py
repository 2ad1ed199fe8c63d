"""The queue over the API."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from autoarr.actors import SYSTEM
from autoarr.models import Activity, Audit, Job

if TYPE_CHECKING:
    import httpx2
    from fastapi import FastAPI

    from autoarr.context import Context


@pytest.fixture
def context(app: FastAPI) -> Context:
    context: Context = app.state.context
    return context


async def enqueue(context: Context, key: str, kind: str = "poll") -> uuid.UUID:
    """Queue a job that begins in an hour."""
    later = datetime.now(UTC) + timedelta(hours=1)
    async with context.database.writing.begin() as session:
        return (await context.jobs.enqueue(session, kind, key, {"a": 1}, actor=SYSTEM, run_at=later)).id


async def set_state(context: Context, job_id: uuid.UUID, **values: Any) -> None:
    async with context.database.writing.begin() as session:
        await session.execute(update(Job).where(Job.id == job_id).values(**values))


async def test_list_and_read(context: Context, admin: httpx2.AsyncClient) -> None:
    ids = [await enqueue(context, f"it {number}") for number in range(3)]
    other = await enqueue(context, "it", "retention")
    await set_state(context, ids[0], state="failed", error="gone")

    page = (await admin.get("/api/v1/jobs?page_size=2")).json()
    assert (page["total"], [job["id"] for job in page["items"]]) == (4, [str(other), str(ids[2])])
    failed = (await admin.get("/api/v1/jobs?state=failed")).json()["items"]
    assert [(job["id"], job["error"]) for job in failed] == [(str(ids[0]), "gone")]
    assert (await admin.get("/api/v1/jobs?kind=retention")).json()["total"] == 1
    job = (await admin.get(f"/api/v1/jobs/{other}")).json()
    assert (job["kind"], job["key"], job["payload"], job["actor"]) == ("retention", "it", {"a": 1}, "system")


async def test_for_administrators(context: Context, client: httpx2.AsyncClient, requester: httpx2.AsyncClient) -> None:
    job_id = await enqueue(context, "it")
    for method, path in (("GET", ""), ("GET", f"/{job_id}"), ("POST", f"/{job_id}/cancel")):
        assert (await requester.request(method, f"/api/v1/jobs{path}")).status_code == 403
        assert (await client.request(method, f"/api/v1/jobs{path}")).status_code == 401


@pytest.mark.parametrize("query", ["state=lost", "kind=%00", "page=0", "kind=" + "x" * 2001])
async def test_invalid_queries(admin: httpx2.AsyncClient, query: str) -> None:
    assert (await admin.get(f"/api/v1/jobs?{query}")).status_code == 422


async def test_unknown_job(admin: httpx2.AsyncClient) -> None:
    unknown = f"/api/v1/jobs/{uuid.uuid4()}"

    assert (await admin.get(unknown)).status_code == 404
    assert (await admin.post(f"{unknown}/cancel")).status_code == 404


async def test_cancel(context: Context, admin: httpx2.AsyncClient) -> None:
    job_id = await enqueue(context, "it")
    with context.bus.subscribe() as subscription:
        answer = await admin.post(f"/api/v1/jobs/{job_id}/cancel")
        event = await subscription.get()

    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert event is not None
    assert (event.kind, event.data["state"]) == ("job.changed", "cancelled")
    async with context.database.sessions() as session:
        entry = (await session.scalars(select(Activity).where(Activity.action == "job.cancelled"))).one()
    assert (entry.actor, entry.subject) == ("Ada", str(job_id))
    # The same can be queued anew.
    assert await enqueue(context, "it") != job_id


async def test_cancelled_audit_has_failed(context: Context, admin: httpx2.AsyncClient) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    async with context.database.writing.begin() as session:
        job_id = (await context.jobs.enqueue(session, "audit", "all", actor=SYSTEM, run_at=later)).id
        session.add(Audit(id=job_id, state="queued", created_at=later, counts={}))

    assert (await admin.post(f"/api/v1/jobs/{job_id}/cancel")).status_code == 200

    async with context.database.sessions() as session:
        audit = await session.get_one(Audit, job_id)
    assert (audit.state, audit.error) == ("failed", "Ada cancelled it")


@pytest.mark.parametrize("state", ["running", "finished", "failed", "cancelled"])
async def test_too_late_to_cancel(context: Context, admin: httpx2.AsyncClient, state: str) -> None:
    job_id = await enqueue(context, "it")
    lease = datetime.now(UTC) + timedelta(hours=1)
    await set_state(context, job_id, state=state, leased_until=lease)

    answer = await admin.post(f"/api/v1/jobs/{job_id}/cancel")

    assert (answer.status_code, state in answer.json()["detail"]) == (409, True)
    assert (await admin.get(f"/api/v1/jobs/{job_id}")).json()["state"] == state

"""The queue's statements. Each is one short transaction, right however many processes do the same.

A job is owned by who wrote `leased_by` and `attempts` last: every later write names both, so that a process which lost
its lease changes nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, case, select, update

from autoarr import activity
from autoarr.actors import Actor
from autoarr.database import insert_in
from autoarr.jobs.registry import find_handler, tell_unfinished
from autoarr.models import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.database import Database

ACTIVE = ("queued", "running")
LOOK_AHEAD = 50
"""How many of the jobs due next are read at a time."""
_DUE = case((Job.state == "queued", Job.run_at), else_=Job.leased_until)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job that this process has taken, and by what it proves so."""

    id: uuid.UUID
    kind: str
    key: str
    payload: Mapping[str, Any]
    actor: Actor
    attempt: int
    max_attempts: int
    worker: str


async def find_active(session: AsyncSession, kind: str, key: str) -> Job | None:
    """Find the one job of a kind and key that is queued or running."""
    return await session.scalar(select(Job).where(Job.kind == kind, Job.key == key, Job.state.in_(ACTIVE)))


async def add(
    session: AsyncSession,
    kind: str,
    key: str,
    payload: Mapping[str, Any] | None = None,
    *,
    actor: Actor,
    now: datetime,
    run_at: datetime | None = None,
) -> Job:
    """Queue a job in the caller's transaction, as `autoarr.jobs.engine.JobEngine.enqueue` does, which also has the
    engines look at once: of this one they learn at their next look.

    Raises:
        LookupError: there is no such kind.
    """
    due = run_at or now
    new = {
        "kind": kind,
        "key": key,
        "payload": dict(payload or {}),
        "state": "queued",
        "actor": actor.name,
        "actor_id": actor.id,
        "attempts": 0,
        "max_attempts": find_handler(kind).max_attempts,
        "run_at": due,
        "created_at": now,
    }
    while True:
        # Where there is one already, nothing happens, and the caller's transaction goes on.
        insert = insert_in(session, Job).on_conflict_do_nothing()
        await session.execute(insert.values(id=uuid.uuid4(), **new))
        # None where the active one ended between the two statements.
        if job := await find_active(session, kind, key):
            break
    if job.state == "queued" and job.run_at > due:
        job.run_at = due
    return job


async def read_due(session: AsyncSession) -> list[tuple[Job, datetime]]:
    """Read the jobs that wait or whose lease will pass, with the moment of either, the earliest first."""
    query = select(Job, _DUE).where(Job.state.in_(ACTIVE)).order_by(_DUE).limit(LOOK_AHEAD)
    return [(job, due) for job, due in await session.execute(query)]


async def changed(session: AsyncSession, statement: Any) -> bool:
    """Make an UPDATE of one row; tell whether there was such a row still."""
    result = await session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)  # noqa: S101 -- narrows a type: it was an UPDATE
    return result.rowcount == 1


async def claim(database: Database, seen: Job, worker: str, leased_until: datetime) -> Claim | None:
    """Take a job that is still as it was seen; None where another process was faster."""
    unchanged = (Job.id == seen.id, Job.state == seen.state, Job.attempts == seen.attempts)
    lease = Job.leased_until.is_(None) if seen.leased_until is None else Job.leased_until == seen.leased_until
    async with database.writing.begin() as session:
        values = {"state": "running", "attempts": seen.attempts + 1, "leased_by": worker, "leased_until": leased_until}
        if not await changed(session, update(Job).where(*unchanged, lease).values(values)):
            return None
    return Claim(
        id=seen.id,
        kind=seen.kind,
        key=seen.key,
        payload=seen.payload,
        actor=Actor(name=seen.actor, id=seen.actor_id, via="job"),
        attempt=seen.attempts + 1,
        max_attempts=seen.max_attempts,
        worker=worker,
    )


def _update_own(owned: Claim) -> Any:
    mine = (Job.leased_by == owned.worker, Job.attempts == owned.attempt)
    return update(Job).where(Job.id == owned.id, Job.state == "running", *mine)


async def renew(database: Database, owned: Claim, leased_until: datetime) -> bool:
    """Keep a job; False where it is no longer ours."""
    async with database.writing.begin() as session:
        return await changed(session, _update_own(owned).values(leased_until=leased_until))


async def hand_back(database: Database, owned: Claim, now: datetime) -> bool:
    """Queue a job again as if this attempt had never begun."""
    released = {"state": "queued", "attempts": owned.attempt - 1, "run_at": now}
    async with database.writing.begin() as session:
        return await changed(session, _update_own(owned).values(**released, leased_by=None, leased_until=None))


async def finish(database: Database, owned: Claim, result: dict[str, Any] | None, now: datetime) -> bool:
    """Note that a job is done."""
    async with database.writing.begin() as session:
        done = {"state": "finished", "finished_at": now, "result": result, "error": None, "leased_until": None}
        return await changed(session, _update_own(owned).values(done))


async def fail(database: Database, owned: Claim, error: str, now: datetime, retry_at: datetime | None) -> bool:
    """Note that an attempt failed: the job is queued again for `retry_at`, or has failed for good."""
    if retry_at is not None:
        values = {"state": "queued", "run_at": retry_at, "error": error, "leased_by": None, "leased_until": None}
    else:
        values = {"state": "failed", "finished_at": now, "error": error, "leased_until": None}
    async with database.writing.begin() as session:
        if not await changed(session, _update_own(owned).values(values)):
            return False
        if retry_at is None:
            times = "at the first attempt" if owned.attempt == 1 else f"after {owned.attempt} attempts"
            message = f"The job {owned.kind} ({owned.key}) failed {times}."[:500]
            activity.record(
                session, owned.actor, "job.failed", message, outcome="failed", subject=str(owned.id), cause=error
            )
            await tell_unfinished(session, owned.kind, owned.id, error)
        return True


async def cancel(session: AsyncSession, job_id: uuid.UUID, now: datetime) -> bool:
    """Cancel a job that nobody has begun, in a transaction of the caller's."""
    queued = update(Job).where(Job.id == job_id, Job.state == "queued")
    return await changed(session, queued.values(state="cancelled", finished_at=now))

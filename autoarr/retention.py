"""What is kept for how long: once a day, what is past its time is deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from autoarr import activity
from autoarr.accounts.cleanup import prune
from autoarr.jobs.registry import JobRun, handler
from autoarr.models import (
    Activity,
    Audit,
    Confirmation,
    Conversation,
    Finding,
    Job,
    MediaRequest,
    Notification,
    Recovery,
    Search,
)
from autoarr.policy import load_policy

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from autoarr.context import Context
    from autoarr.database import Database

_Row = Activity | Audit | Confirmation | Conversation | Job | MediaRequest | Notification | Recovery | Search

JOBS_KEPT = timedelta(days=7)
WORK_KEPT = timedelta(days=8)
"""At least so long, however little else is kept: the quota counts a week's requests, and what was recovered is not to
be taken for a new failure."""
BATCH = 1000
"""Rows deleted in one transaction: nobody waits long for the database meanwhile."""


@handler("retention")
async def run(context: Context, job: JobRun) -> dict[str, Any]:
    """Delete what is past its time; the result says how much of each."""
    return await clean(context, job, datetime.now(UTC))


async def clean(context: Context, job: JobRun, now: datetime) -> dict[str, Any]:
    """Delete what is past its time at `now`."""
    database = context.database
    async with database.sessions() as session:
        old = now - timedelta(days=(await load_policy(session)).activity_days)
    old_work = min(old, now - WORK_KEPT)
    newest = select(Audit.id).where(Audit.state == "finished").order_by(Audit.created_at.desc()).limit(1)
    in_use = select(Finding.audit_id).where(Finding.audit_id.is_not(None))
    audit_is_old = Audit.created_at < old
    # What was searched for already is not searched for again: not while who wanted it goes on.
    asked_for = select(MediaRequest.id).where(MediaRequest.ended_at.is_(None))
    unfinished = asked_for.union_all(select(Recovery.id).where(Recovery.ended_at.is_(None)))
    nobody_waits = Search.origin_id.is_(None) | Search.origin_id.not_in(unfinished)
    deleted = {
        "activity": await _delete(database, Activity, Activity.at < old),
        "jobs": await _delete(database, Job, Job.finished_at < now - JOBS_KEPT),
        "audits": await _delete(
            database,
            Audit,
            audit_is_old & Audit.finished_at.is_not(None) & Audit.id.not_in(newest) & Audit.id.not_in(in_use),
        ),
        "recoveries": await _delete(database, Recovery, Recovery.ended_at < old_work),
        "requests": await _delete(database, MediaRequest, MediaRequest.ended_at < old_work),
        "searches": await _delete(database, Search, (Search.finished_at < old_work) & nobody_waits),
        "notifications": await _delete(database, Notification, Notification.finished_at < old),
        # One that waits to be confirmed is no reason to keep it: its time was up long before.
        "confirmations": await _delete(
            database, Confirmation, (Confirmation.expires_at < old) & (Confirmation.state != "running")
        ),
        "conversations": await _delete(database, Conversation, Conversation.updated_at < old),
    }
    async with database.writing.begin() as session:
        deleted["logins"] = await prune(session, now)
        if total := sum(deleted.values()):
            message = f"Deleted {total} records that were past their time."
            activity.record(session, job.actor, "retention.finished", message, data=deleted)
    return deleted


async def _delete(database: Database, table: type[_Row], condition: ColumnElement[bool]) -> int:
    total = 0
    while True:
        async with database.writing.begin() as session:
            batch = (await session.scalars(select(table.id).where(condition).limit(BATCH))).all()
            await session.execute(delete(table).where(table.id.in_(batch)).execution_options(synchronize_session=False))
        total += len(batch)
        if len(batch) < BATCH:
            return total

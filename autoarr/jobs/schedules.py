"""What runs by the clock: exactly one replica queues each run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from autoarr.actors import SYSTEM
from autoarr.jobs.catalogue import SCHEDULED_KEY, SCHEDULES
from autoarr.jobs.store import changed
from autoarr.models import Job, Schedule
from autoarr.policy import load_policy

if TYPE_CHECKING:
    from datetime import datetime

    from autoarr.jobs.engine import JobEngine


async def run_schedules(engine: JobEngine, now: datetime) -> datetime:
    """Queue what is due, and bring the table in line with the policy.

    Returns:
        When the next one is due.
    """
    database = engine.context.database
    async with database.sessions() as session:
        policy = await load_policy(session)
        rows = {row.name: row for row in await session.scalars(select(Schedule))}
    following = []
    for name, scheduled in SCHEDULES.items():
        every = timedelta(seconds=scheduled.every_s(policy))
        if (row := rows.get(name)) is None:
            row = Schedule(name=name, every_s=0, enabled=True, next_run_at=now if scheduled.at_once else now + every)
        if row.enabled:
            following.append(await _run(engine, row, every, now))
    return min(following, default=now + timedelta(days=1))


async def _run(engine: JobEngine, row: Schedule, every: timedelta, now: datetime) -> datetime:
    next_run_at = row.next_run_at
    if (seconds := round(every.total_seconds())) != row.every_s:
        next_run_at = min(next_run_at, now + every)
    due = next_run_at <= now
    if due:
        # Missed runs become one, and later ones keep their rhythm.
        next_run_at += every * ((now - next_run_at) // every + 1)
    if next_run_at == row.next_run_at and seconds == row.every_s:
        return next_run_at
    database = engine.context.database
    values = {"every_s": seconds, "next_run_at": next_run_at}
    unchanged = (Schedule.name == row.name, Schedule.next_run_at == row.next_run_at, Schedule.every_s == row.every_s)
    async with database.writing.begin() as session:
        fresh = {"name": row.name, "every_s": 0, "enabled": True, "next_run_at": row.next_run_at}
        if row.every_s == 0:
            await session.execute(database.insert(Schedule).on_conflict_do_nothing().values(fresh))
        move = update(Schedule).where(*unchanged).values(values | ({"last_run_at": now} if due else {}))
        if await changed(session, move) and due:
            # Of those that went well, the newest is enough: some run every minute.
            done = (Job.kind == row.name, Job.key == SCHEDULED_KEY, Job.state == "finished")
            await session.execute(delete(Job).where(*done))
            await engine.enqueue(session, row.name, SCHEDULED_KEY, actor=SYSTEM)
    return next_run_at

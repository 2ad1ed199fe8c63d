"""What runs by the clock: each run once, however many replicas there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import URL

from autoarr.context import Context
from autoarr.database import Database
from autoarr.jobs import catalogue, registry, schedules
from autoarr.jobs.catalogue import Scheduled
from autoarr.jobs.engine import JobEngine
from autoarr.jobs.registry import JobRun
from autoarr.jobs.schedules import run_schedules
from autoarr.models import Activity, Job, Schedule
from autoarr.policy import Policy
from autoarr.settings import Settings
from tests.app.services_stage import set_policy
from tests.app.waiting import until

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Clock:
    """A wall clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> datetime:
        self.time += timedelta(seconds=seconds)
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock, and one kind of job, "look", that runs as often as the policy polls."""

    async def run(context: Context, job: JobRun) -> None:
        pass

    monkeypatch.setitem(registry._handlers, "look", registry.Handler(run=run, max_attempts=1, timeout_s=1))
    look = {"look": Scheduled(every_s=lambda policy: policy.poll_every_s, at_once=True)}
    monkeypatch.setattr(schedules, "SCHEDULES", look)
    return Clock()


@pytest.fixture
async def engines(database_url: URL, settings: Settings, clock: Clock) -> AsyncIterator[list[JobEngine]]:
    """Those of three replicas, each with connections of its own; none is started."""
    contexts = [Context(settings, Database(database_url)) for _ in range(3)]
    yield [JobEngine(context, now=clock) for context in contexts]
    for context in contexts:
        await context.database.close()


async def run_all(engines: list[JobEngine], clock: Clock) -> list[datetime]:
    return list(await asyncio.gather(*(run_schedules(engine, clock()) for engine in engines)))


async def end_jobs(engine: JobEngine) -> list[Job]:
    """Give the jobs that were queued since the last time, and finish them."""
    async with engine.context.database.writing.begin() as session:
        jobs = list(await session.scalars(select(Job).where(Job.state == "queued")))
        await session.execute(update(Job).values(state="finished"))
    return jobs


async def read_schedule(engine: JobEngine) -> Schedule:
    async with engine.context.database.sessions() as session:
        return (await session.scalars(select(Schedule))).one()


async def test_each_run_once(engines: list[JobEngine], clock: Clock) -> None:
    for _ in range(4):
        await run_all(engines, clock)
        (job,) = await end_jobs(engines[0])
        assert (job.kind, job.key, job.actor, job.payload) == ("look", "all", "system", {})
        await run_all(engines, clock)
        assert await end_jobs(engines[0]) == []
        clock.move(60)


async def test_a_slow_replica_queues_nothing_again(engines: list[JobEngine], clock: Clock) -> None:
    """It read the table before another moved the schedule on, and the job has ended meanwhile."""
    await run_schedules(engines[0], clock())
    await end_jobs(engines[0])
    stale = await read_schedule(engines[1])
    await run_schedules(engines[0], clock.move(60))
    assert len(await end_jobs(engines[0])) == 1

    await schedules._run(engines[1], stale, timedelta(seconds=60), clock())

    assert await end_jobs(engines[0]) == []


async def test_missed_runs_become_one_and_keep_the_rhythm(engines: list[JobEngine], clock: Clock) -> None:
    await run_schedules(engines[0], clock())
    await end_jobs(engines[0])
    clock.move(10 * 60 + 13)

    await run_all(engines, clock)

    assert len(await end_jobs(engines[0])) == 1
    schedule = await read_schedule(engines[0])
    assert schedule.next_run_at == START + timedelta(minutes=11)
    assert schedule.last_run_at == clock()
    assert await run_schedules(engines[1], clock.move(40)) == START + timedelta(minutes=11)
    assert await end_jobs(engines[0]) == []


async def test_a_run_still_under_way_is_not_doubled(engines: list[JobEngine], clock: Clock) -> None:
    await run_schedules(engines[0], clock())
    await run_schedules(engines[0], clock.move(60))

    assert len(await end_jobs(engines[0])) == 1


@pytest.mark.parametrize(("every", "following"), [(10, 40), (3600, 60)])
async def test_follows_the_policy(engines: list[JobEngine], clock: Clock, every: int, following: int) -> None:
    """A shorter interval counts from now; a longer one after the run that is due next."""
    await run_schedules(engines[0], clock())
    await set_policy(engines[0].context, poll_every_s=every)
    clock.move(30)

    found = await run_all(engines, clock)

    assert set(found) == {START + timedelta(seconds=following)}
    schedule = await read_schedule(engines[0])
    assert (schedule.every_s, schedule.next_run_at) == (every, START + timedelta(seconds=following))


async def test_switched_off(engines: list[JobEngine], clock: Clock) -> None:
    await run_schedules(engines[0], clock())
    await end_jobs(engines[0])
    async with engines[0].context.database.writing.begin() as session:
        await session.execute(update(Schedule).values(enabled=False))

    assert await run_schedules(engines[0], clock.move(600)) == clock() + timedelta(days=1)
    assert await end_jobs(engines[0]) == []


async def test_leaves_no_trail(engines: list[JobEngine], clock: Clock) -> None:
    """An installation where nothing happens doesn't fill its database with that."""
    for _ in range(5):
        await run_schedules(engines[0], clock())
        await end_jobs(engines[0])
        clock.move(60)

    async with engines[0].context.database.sessions() as session:
        assert len((await session.scalars(select(Job))).all()) == 1
        assert (await session.scalars(select(Activity))).all() == []


@pytest.fixture
async def started(engines: list[JobEngine]) -> AsyncIterator[JobEngine]:
    """An engine by the real clock, which doesn't wait at its start."""
    engine = JobEngine(engines[0].context, schedule_delay_s=0)
    engine.start()
    yield engine
    await engine.close()


async def test_started_engine_runs_what_is_due(started: JobEngine) -> None:
    async def finished() -> bool:
        async with started.context.database.sessions() as session:
            return await session.scalar(select(Job.state)) == "finished"

    await until(finished)


async def test_policy_change_counts_at_once(started: JobEngine) -> None:
    """Another replica says that it changed; this one doesn't wait for the run that was due."""

    def is_every(seconds: int) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            async with started.context.database.sessions() as session:
                return await session.scalar(select(Schedule.every_s)) == seconds

        return check

    await until(is_every(60))
    await set_policy(started.context, poll_every_s=10)
    await started.context.bus.publish("policy.changed")
    await until(is_every(10))


def test_catalogue_is_consistent() -> None:
    assert catalogue.SCHEDULES.keys() <= catalogue.MODULES.keys()
    for scheduled in catalogue.SCHEDULES.values():
        assert scheduled.every_s(Policy()) >= 10


@pytest.mark.parametrize("kind", sorted(catalogue.MODULES))
def test_each_kind_is_handled(kind: str) -> None:
    assert registry.find_handler(kind).max_attempts >= 1

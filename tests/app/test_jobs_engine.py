"""The queue of jobs: once each, on both databases, through crashes, and by several processes."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import exc, select, update
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncSession

from autoarr.actors import SYSTEM, Actor
from autoarr.context import Context
from autoarr.database import Database
from autoarr.jobs import registry, store
from autoarr.jobs.engine import CONCURRENCY, JobEngine, back_off
from autoarr.jobs.registry import JobRun
from autoarr.models import Activity, Job
from autoarr.settings import Settings
from tests.app.waiting import until

ADA = Actor(name="Ada", id=uuid.uuid4(), via="session")
Do = Callable[[Context, JobRun], Awaitable[dict[str, Any] | None]]


@pytest.fixture
def do(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set what jobs of the kind "test" do."""

    def do(run: Do, max_attempts: int = 3, timeout_s: float = 5.0, unfinished: Any = None) -> None:
        made = registry.Handler(run=run, max_attempts=max_attempts, timeout_s=timeout_s, unfinished=unfinished)
        monkeypatch.setitem(registry._handlers, "test", made)

    return do


@pytest.fixture
async def databases(database_url: URL) -> AsyncIterator[Callable[[], Database]]:
    """Connections to one migrated database, as replicas have them."""
    made: list[Database] = []

    def connect() -> Database:
        made.append(Database(database_url))
        return made[-1]

    yield connect
    for database in made:
        await database.close()


@pytest.fixture
def context(databases: Callable[[], Database], settings: Settings) -> Context:
    return Context(settings, databases())


@asynccontextmanager
async def running(context: Context, **options: Any) -> AsyncIterator[JobEngine]:
    """An engine that runs nothing by the clock, retries at once, and looks often."""
    given: dict[str, Any] = {"schedule_delay_s": 3600, "poll_s": 0.05, "back_off": lambda attempt: 0.0}
    engine = context.jobs = JobEngine(context, **given | options)
    engine.start()
    yield engine
    await engine.close()


async def enqueue(context: Context, key: str = "it", **options: Any) -> uuid.UUID:
    async with context.database.writing.begin() as session:
        return (await context.jobs.enqueue(session, "test", key, **({"actor": SYSTEM} | options))).id


async def read(context: Context, job_id: uuid.UUID) -> Job:
    async with context.database.sessions() as session:
        return await session.get_one(Job, job_id)


async def wait_for(context: Context, job_id: uuid.UUID, *states: str) -> Job:
    async def reached() -> bool:
        return (await read(context, job_id)).state in states

    await until(reached)
    return await read(context, job_id)


async def test_runs_and_keeps_the_result(context: Context, do: Callable[..., None]) -> None:
    seen: list[JobRun] = []

    async def run(context: Context, job: JobRun) -> dict[str, Any]:
        seen.append(job)
        return {"files": 3}

    do(run)
    async with running(context, poll_s=60):
        job_id = await enqueue(context, payload={"path": "/tv"}, actor=ADA)
        job = await wait_for(context, job_id, "finished", "failed")

    assert (job.state, job.result, job.error, job.attempts) == ("finished", {"files": 3}, None, 1)
    assert job.finished_at is not None
    assert seen == [
        JobRun(
            id=job_id,
            kind="test",
            key="it",
            payload={"path": "/tv"},
            attempt=1,
            actor=Actor(name="Ada", id=ADA.id, via="job"),
        )
    ]


async def test_one_active_job_of_a_kind_and_key(context: Context, do: Callable[..., None]) -> None:
    runs = 0

    async def run(context: Context, job: JobRun) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(0.05)

    do(run)
    # Of many at once, too.
    ids = set(await asyncio.gather(*(enqueue(context) for _ in range(8))))
    assert len(ids) == 1
    async with running(context):
        await wait_for(context, next(iter(ids)), "finished")
        again = await enqueue(context)
        assert again not in ids
        await wait_for(context, again, "finished")

    assert runs == 2


async def test_not_before_its_time_and_brought_forward(context: Context, do: Callable[..., None]) -> None:
    async def run(context: Context, job: JobRun) -> None:
        pass

    do(run)
    async with running(context):
        job_id = await enqueue(context, run_at=datetime.now(UTC) + timedelta(hours=1))
        await asyncio.sleep(0.15)
        assert (await read(context, job_id)).state == "queued"
        assert await enqueue(context) == job_id
        await wait_for(context, job_id, "finished")


async def test_rolled_back_is_not_queued(context: Context, do: Callable[..., None]) -> None:
    async def run(context: Context, job: JobRun) -> None:
        pass

    do(run)
    async with context.database.writing() as session:
        await context.jobs.enqueue(session, "test", "it", actor=SYSTEM)
        await session.rollback()
    async with context.database.sessions() as session:
        assert (await session.scalars(select(Job))).all() == []


async def test_unknown_kind(context: Context) -> None:
    async with context.database.writing() as session:
        with pytest.raises(LookupError):
            await context.jobs.enqueue(session, "nothing", "it", actor=SYSTEM)


async def test_retries_and_then_fails(context: Context, do: Callable[..., None]) -> None:
    waits: list[int] = []

    def wait(attempt: int) -> float:
        waits.append(attempt)
        return 0.0

    async def run(context: Context, job: JobRun) -> None:
        raise ValueError(f"not the {job.attempt}. time")

    do(run)
    async with running(context, back_off=wait):
        job = await wait_for(context, await enqueue(context, actor=ADA), "failed")

    assert (job.attempts, job.error) == (3, "ValueError: not the 3. time")
    assert waits == [1, 2]
    async with context.database.sessions() as session:
        (entry,) = await session.scalars(select(Activity))
    assert (entry.actor, entry.actor_id, entry.via, entry.action, entry.outcome) == (
        "Ada",
        ADA.id,
        "job",
        "job.failed",
        "failed",
    )
    assert (entry.subject, entry.cause) == (str(job.id), job.error)
    assert entry.request_id == job.id.hex


async def test_recovers_at_the_second_attempt(context: Context, do: Callable[..., None]) -> None:
    async def run(context: Context, job: JobRun) -> dict[str, Any]:
        if job.attempt == 1:
            raise OSError("gone")
        return {"attempt": job.attempt}

    do(run)
    async with running(context):
        job = await wait_for(context, await enqueue(context), "finished")

    assert (job.result, job.error) == ({"attempt": 2}, None)


@pytest.mark.parametrize("result", [{"a": object()}, {"a": "x" * 10}])
async def test_result_that_cannot_be_kept(context: Context, do: Callable[..., None], result: dict[str, Any]) -> None:
    async def run(context: Context, job: JobRun) -> dict[str, Any]:
        return result

    do(run, max_attempts=1)
    async with running(context):
        job = await wait_for(context, await enqueue(context), "finished", "failed")

    assert job.state == ("finished" if result == {"a": "x" * 10} else "failed")
    assert job.error is None or "JSON" in job.error


async def test_takes_too_long(context: Context, do: Callable[..., None]) -> None:
    async def run(context: Context, job: JobRun) -> None:
        await asyncio.sleep(60)

    do(run, max_attempts=1, timeout_s=0.05)
    async with running(context):
        job = await wait_for(context, await enqueue(context), "failed")

    assert job.error == "AutoArrError: it took longer than 0.05 s"


async def test_few_at_a_time(context: Context, do: Callable[..., None]) -> None:
    now_running, most = 0, 0
    full = asyncio.Event()

    async def run(context: Context, job: JobRun) -> None:
        nonlocal now_running, most
        now_running += 1
        most = max(most, now_running)
        if now_running == CONCURRENCY:
            full.set()
        await full.wait()
        # Time for one more, if it were taken.
        await asyncio.sleep(0.05)
        now_running -= 1

    do(run, timeout_s=60)
    ids = [await enqueue(context, f"it {number}") for number in range(3 * CONCURRENCY)]
    async with running(context, poll_s=60):
        for job_id in ids:
            await wait_for(context, job_id, "finished")

    assert most == CONCURRENCY


async def test_replicas_share_the_work(
    databases: Callable[[], Database], settings: Settings, do: Callable[..., None]
) -> None:
    """Three engines on three connections, and a bus each: no job runs twice."""
    runs: list[str] = []

    async def run(context: Context, job: JobRun) -> None:
        runs.append(job.key)
        await asyncio.sleep(0.01)

    do(run)
    contexts = [Context(settings, databases()) for _ in range(3)]
    async with running(contexts[0]), running(contexts[1]), running(contexts[2]):
        ids = [await enqueue(contexts[0], f"it {number}") for number in range(30)]
        for job_id in ids:
            await wait_for(contexts[1], job_id, "finished")

    assert sorted(runs) == sorted(f"it {number}" for number in range(30))


async def test_lease_is_renewed(databases: Callable[[], Database], settings: Settings, do: Callable[..., None]) -> None:
    """A job that takes several leases' time is not taken over while its process lives."""
    runs = 0

    async def run(context: Context, job: JobRun) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(1.2)

    do(run)
    contexts = [Context(settings, databases()) for _ in range(2)]
    async with running(contexts[0], lease_s=0.6), running(contexts[1], lease_s=0.6):
        job = await wait_for(contexts[0], await enqueue(contexts[0]), "finished")

    assert (runs, job.attempts) == (1, 1)


async def test_lost_lease_is_taken_up_and_fenced(context: Context, do: Callable[..., None]) -> None:
    """The first owner comes back after another took the job: it must change nothing."""

    async def run(context: Context, job: JobRun) -> dict[str, Any]:
        return {"by": job.attempt}

    do(run)
    database, now = context.database, datetime.now(UTC)
    job_id = await enqueue(context)
    lost = await store.claim(database, await read(context, job_id), "first", now - timedelta(seconds=1))
    assert lost is not None
    assert await store.claim(database, await read(context, job_id), "second", now) is not None

    assert not await store.renew(database, lost, now)
    assert not await store.finish(database, lost, {"by": "the first"}, now)
    assert not await store.fail(database, lost, "the first", now, None)
    assert not await store.hand_back(database, lost, now)
    assert (await read(context, job_id)).leased_by == "second"
    async with running(context):
        job = await wait_for(context, job_id, "finished")

    assert (job.result, job.attempts) == ({"by": 3}, 3)
    async with database.sessions() as session:
        assert (await session.scalars(select(Activity))).all() == []


async def test_only_one_claims(context: Context, do: Callable[..., None]) -> None:
    async def run(context: Context, job: JobRun) -> None:
        pass

    do(run)
    seen = await read(context, await enqueue(context))
    until = datetime.now(UTC) + timedelta(minutes=1)

    claims = await asyncio.gather(*(store.claim(context.database, seen, f"w{n}", until) for n in range(6)))

    assert len([claim for claim in claims if claim]) == 1


async def test_work_stops_when_another_has_the_job(
    context: Context, do: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    cancelled = asyncio.Event()
    began = asyncio.Event()

    async def run(context: Context, job: JobRun) -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    do(run)
    async with running(context, lease_s=0.3):
        job_id = await enqueue(context)
        await began.wait()
        async with context.database.writing.begin() as session:
            later = datetime.now(UTC) + timedelta(hours=1)
            taken = {"leased_by": "another", "attempts": 2, "leased_until": later}
            await session.execute(update(Job).where(Job.id == job_id).values(taken))
        await asyncio.wait_for(cancelled.wait(), 5)
        await asyncio.sleep(0.1)

    job = await read(context, job_id)
    assert (job.state, job.leased_by, job.attempts) == ("running", "another", 2)
    assert "job lost to another process" in caplog.messages


async def test_last_attempt_lost(context: Context, do: Callable[..., None]) -> None:
    """A process that ends in every attempt doesn't take down replica after replica for ever."""
    runs = 0

    async def run(context: Context, job: JobRun) -> None:
        nonlocal runs
        runs += 1

    told: list[tuple[uuid.UUID, str]] = []

    async def unfinished(session: AsyncSession, job_id: uuid.UUID, reason: str) -> None:
        told.append((job_id, reason))

    do(run, max_attempts=2, unfinished=unfinished)
    job_id = await enqueue(context)
    for _ in range(2):
        seen = await read(context, job_id)
        assert await store.claim(context.database, seen, "gone", datetime.now(UTC) - timedelta(seconds=1))
    async with running(context):
        job = await wait_for(context, job_id, "failed")

    assert (runs, job.error) == (0, "its process ended during the last attempt")
    assert told == [(job_id, job.error)]


async def test_kind_of_another_version(context: Context, do: Callable[..., None]) -> None:
    """A job that a newer version queued, before it was replaced by this one."""

    async def run(context: Context, job: JobRun) -> None:
        pass

    do(run)
    job_id = await enqueue(context)
    async with context.database.writing.begin() as session:
        await session.execute(update(Job).values(kind="of the future", max_attempts=1))
    async with running(context):
        job = await wait_for(context, job_id, "failed")
        other = await wait_for(context, await enqueue(context), "finished")

    assert job.error
    assert "of the future" in job.error
    assert other.state == "finished"


async def test_stop_hands_back(context: Context, settings: Settings, do: Callable[..., None]) -> None:
    context.settings = settings.model_copy(update={"shutdown_grace": 0})
    began = asyncio.Event()

    async def run(context: Context, job: JobRun) -> None:
        began.set()
        await asyncio.sleep(60 if job.attempt == 1 and not second else 0)

    second = False
    do(run)
    start = time.perf_counter()
    async with running(context):
        job_id = await enqueue(context)
        await asyncio.wait_for(began.wait(), 5)

    assert time.perf_counter() - start < 30
    job = await read(context, job_id)
    assert (job.state, job.attempts, job.leased_by, job.error) == ("queued", 0, None, None)
    second = True
    async with running(context):
        assert (await wait_for(context, job_id, "finished")).attempts == 1


async def test_stop_lets_a_job_end(context: Context, do: Callable[..., None]) -> None:
    began = asyncio.Event()

    async def run(context: Context, job: JobRun) -> None:
        began.set()
        await asyncio.sleep(0.1)

    do(run)
    async with running(context):
        job_id = await enqueue(context)
        await asyncio.wait_for(began.wait(), 5)

    assert (await read(context, job_id)).state == "finished"


async def test_database_away(
    context: Context, do: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The engine says so once, and goes on by itself."""

    async def run(context: Context, job: JobRun) -> None:
        pass

    do(run)
    real = store.read_due
    away = 0

    async def fail(session: Any) -> Any:
        nonlocal away
        away += 1
        raise ConnectionRefusedError("pa55")

    monkeypatch.setattr(store, "read_due", fail)
    async with running(context):
        job_id = await enqueue(context)

        async def noticed() -> bool:
            return away >= 3

        await until(noticed)
        monkeypatch.setattr(store, "read_due", real)
        await wait_for(context, job_id, "finished")

    said = [message for message in caplog.messages if message.startswith("jobs")]
    assert said == ["jobs wait: ConnectionRefusedError: pa55", "jobs go on"]


async def test_outcome_waits_for_the_database(
    context: Context, do: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(context: Context, job: JobRun) -> dict[str, Any]:
        return {}

    do(run)
    real, failures = store.finish, 0

    async def finish(*arguments: Any) -> bool:
        nonlocal failures
        failures += 1
        if failures < 3:
            raise exc.TimeoutError
        return await real(*arguments)

    monkeypatch.setattr(store, "finish", finish)
    async with running(context, lease_s=1):
        job = await wait_for(context, await enqueue(context), "finished")

    assert (failures, job.attempts) == (3, 1)


async def test_tells_the_bus(context: Context, do: Callable[..., None]) -> None:
    async def run(context: Context, job: JobRun) -> None:
        pass

    do(run)
    with context.bus.subscribe() as subscription:
        async with running(context):
            job_id = await enqueue(context)
            kinds = []
            async with asyncio.timeout(30):
                async for heard in subscription:
                    kinds.append(heard.kind)
                    if heard.kind == "job.changed":
                        break

    assert kinds == ["job.queued", "job.changed"]
    assert heard.data == {"id": str(job_id), "kind": "test", "state": "finished"}


def test_back_off_grows_up_to_a_bound() -> None:
    waits = [back_off(attempt) for attempt in (1, 2, 3, 4, 50)]

    assert all(3 < wait < 7 for wait in waits[:1])
    assert waits[:4] == sorted(waits[:4])
    assert 400 < waits[4] < 800

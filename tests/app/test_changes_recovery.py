"""What was interrupted is resolved by reading, never by guessing and never by writing again."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from autoarr.actors import SYSTEM
from autoarr.changes import executor
from autoarr.changes.jobs import queue_recovery
from autoarr.changes.ledger import mark
from autoarr.changes.recovery import LEASE, SETTLE, recover
from autoarr.changes.resources import write
from autoarr.context import Context
from autoarr.keys import KeyRing
from autoarr.models import Change, Job, Service
from tests.app.changes_stage import CASES, Case, FakeService, Stage, all_cases, stored
from tests.app.fakes import FakeRadarr, FakeSabnzbd, FakeSonarr, Request

LATER = SETTLE + timedelta(seconds=1)


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    """Without the clock's own recovery, which might be quicker than a test."""
    await stage.context.jobs.close()
    return stage


def go_away_after_the_writes(fake: FakeService, number: int = 1) -> None:
    """Nothing is answered any more, once so many writes are stored."""

    def leave(request: Request) -> None:
        if len(fake.writes) == number and not fake.is_write(request):
            fake.fail("", 503)

    fake.on_request = leave


async def interrupted(stage: Stage, state: str = "writing", **values: Any) -> Change:
    """A change whose process is gone: one that was made, put back to how it was stored before its end."""
    answer = await stage.apply()
    assert answer.status_code == 200, answer.text
    async with stage.context.database.writing.begin() as session:
        await session.execute(update(Change).values(state=state, finished_at=None, **values))
    (change,) = await stage.changes()
    return change


def test_more_time_than_a_change_may_take() -> None:
    assert timedelta(seconds=executor.DEADLINE) < SETTLE < LEASE


@all_cases
async def test_away_during_the_verification(stage: Stage, fake: FakeService, case: Case) -> None:
    go_away_after_the_writes(fake, 2 if case.resource == "misc" else 1)

    change = (await stage.apply()).json()

    assert (change["state"], change["finished_at"]) == ("unresolved", None)
    assert "It could not be read again" in change["error"]
    # While it is not known, nothing else is written there.
    fake.on_request = None
    fake.mend()
    writes = len(fake.writes)
    plan = await stage.preview()
    assert plan["already"]
    fake.fail("", 503)
    assert await recover(stage.context) == {"unresolved": 1}
    assert "could not be read again yet" in str((await stage.changes())[0].error)
    fake.mend()

    assert await recover(stage.context) == {"applied": 1}

    (row,) = await stage.changes()
    assert (row.state, row.error, row.finished_at is not None) == ("applied", None, True)
    assert row.fields[0]["found"] == row.fields[0]["after"]
    assert (await stage.finding()).verdict == "passed"
    assert len(fake.writes) == writes
    assert await recover(stage.context) == {}
    activities = [(entry.action, entry.actor) for entry in await stage.activities()]
    assert activities == [("change.unresolved", "Ada"), ("change.applied", "system")]
    assert (await stage.revert(change["id"])).json()["state"] == "applied"


async def test_no_other_write_while_it_is_not_known(stage: Stage, fake: FakeSonarr) -> None:
    fake.fail("config/naming", "hang", method="PUT")
    assert (await stage.apply()).json()["state"] == "unresolved"
    fake.mend()
    fake.requests.clear()

    answer = await stage.apply()

    assert (answer.status_code, fake.writes) == (409, [])
    assert "is not finished yet" in answer.json()["detail"]


async def test_a_write_without_an_answer_is_not_called_off_early(stage: Stage, fake: FakeSonarr) -> None:
    original = stored(fake)
    fake.fail("config/naming", "hang", method="PUT")
    change = (await stage.apply()).json()
    assert change["state"] == "unresolved"
    assert "So far, renameEpisodes is still false" in change["error"]

    assert await recover(stage.context) == {"unresolved": 1}
    assert await recover(stage.context, datetime.now(UTC) + LATER) == {"failed": 1}

    (row,) = await stage.changes()
    assert str(row.error).startswith("It was not written: renameEpisodes is still false")
    assert stored(fake) == original
    fake.mend()
    assert (await stage.apply()).json()["state"] == "applied"


async def test_a_write_that_arrives_late(stage: Stage, fake: FakeSonarr) -> None:
    fake.fail("config/naming", "hang", method="PUT")
    assert (await stage.apply()).json()["state"] == "unresolved"
    fake.state.config["naming"] |= stage.case.fields

    assert await recover(stage.context) == {"applied": 1}


async def test_nothing_was_written_before_the_end(stage: Stage, fake: FakeSonarr) -> None:
    await interrupted(stage, "prepared", created_at=stage.context.started_at - timedelta(seconds=5))
    fake.requests.clear()

    assert await recover(stage.context) == {"failed": 1}

    (row,) = await stage.changes()
    assert row.error == "Nothing was written: AutoArr ended first."
    assert fake.requests == []


@pytest.mark.parametrize("before_start", [True, False])
async def test_whose_process_may_still_work(stage: Stage, before_start: bool) -> None:
    """One from before our own start is alone on SQLite; of ours, only what is older than its time."""
    started = stage.context.started_at
    await interrupted(stage, created_at=started + timedelta(seconds=-5 if before_start else 5))
    now = started + timedelta(seconds=6)

    assert await recover(stage.context, now) == ({"applied": 1} if before_start else {"writing": 1})
    assert await recover(stage.context, now + LEASE) == ({} if before_start else {"applied": 1})


async def test_on_postgresql_others_may_work_from_before_our_start(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await interrupted(stage, created_at=stage.context.started_at - timedelta(seconds=5))
    monkeypatch.setattr(stage.context.database, "kind", "postgresql")

    assert await recover(stage.context) == {"writing": 1}


@pytest.mark.parametrize("case", [CASES[3]], ids=str, indirect=True)
async def test_half_of_it(stage: Stage, fake: FakeSabnzbd) -> None:
    original = stored(fake)
    change = await interrupted(stage, created_at=stage.context.started_at - LATER)
    fake.state.config["misc"]["cleanup_list"] = []

    assert await recover(stage.context) == {"partly_applied": 1}

    (row,) = await stage.changes()
    assert row.error == "cleanup_list is still []."
    assert (await stage.finding()).verdict == "failed"
    undone = (await stage.revert(str(change.id))).json()
    assert [item["field"] for item in undone["fields"]] == ["ignore_samples"]
    assert stored(fake) == original


@pytest.mark.parametrize("case", [CASES[1]], ids=str, indirect=True)
async def test_neither_of_both(stage: Stage, fake: FakeRadarr) -> None:
    await interrupted(stage, created_at=stage.context.started_at - LATER)
    fake.state.config["mediamanagement"]["minimumFreeSpaceWhenImporting"] = 300

    assert await recover(stage.context) == {"partly_applied": 1}
    (row,) = await stage.changes()
    assert row.error == "minimumFreeSpaceWhenImporting is 300, neither as before nor as written."


async def test_the_service_was_removed(stage: Stage) -> None:
    await interrupted(stage, created_at=stage.context.started_at - LATER)
    async with stage.context.database.writing.begin() as session:
        await session.delete(await session.get_one(Service, stage.service_id))

    assert await recover(stage.context) == {"unresolved": 1}
    (row,) = await stage.changes()
    assert (row.state, row.error) == ("unresolved", "The service was removed before it could be read again.")
    assert await recover(stage.context) == {}


async def test_another_key(stage: Stage) -> None:
    await interrupted(stage, created_at=stage.context.started_at - LATER)
    own, stage.context.keys = stage.context.keys, KeyRing(["x" * 32])

    assert await recover(stage.context) == {"unresolved": 1}
    assert "key" in str((await stage.changes())[0].error)
    stage.context.keys = own
    assert await recover(stage.context) == {"applied": 1}


async def test_a_writer_that_was_given_up_writes_nothing(
    stage: Stage, fake: FakeSonarr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It slept between storing the change and the write, for longer than anybody waits."""

    async def sleep_first(context: Context, change: Change) -> None:
        assert await recover(context, datetime.now(UTC) + LEASE + LATER) == {"failed": 1}
        await mark(context, change)

    monkeypatch.setattr(executor, "mark", sleep_first)

    answer = await stage.apply()

    assert (answer.status_code, fake.writes) == (409, [])
    assert "given up; nothing was written" in answer.json()["detail"]
    assert [change.state for change in await stage.changes()] == ["failed"]


async def test_a_writer_knows_better_than_recovery(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recovery that took a slow writer for a dead one is corrected by it."""

    async def sleep_first(*arguments: Any) -> None:
        assert await recover(stage.context, datetime.now(UTC) + LEASE + LATER) == {"failed": 1}
        await write(*arguments)

    monkeypatch.setattr(executor, "write", sleep_first)

    assert (await stage.apply()).json()["state"] == "applied"
    assert [change.state for change in await stage.changes()] == ["applied"]


async def test_recovery_is_queued_only_when_there_is_something(stage: Stage) -> None:
    async def queued() -> list[str]:
        async with stage.context.database.sessions() as session:
            query = select(Job.key).where(Job.kind == "changes-recovery", Job.key == "start")
            return list(await session.scalars(query))

    await queue_recovery(stage.context)
    assert await queued() == []
    await interrupted(stage)
    await queue_recovery(stage.context)
    assert await queued() == ["start"]


async def test_recovery_is_a_job(stage: Stage) -> None:
    await interrupted(stage, created_at=stage.context.started_at - LATER)
    context = stage.context
    context.jobs.start()
    async with context.database.writing.begin() as session:
        job = await context.jobs.enqueue(session, "changes-recovery", str(uuid.uuid4()), actor=SYSTEM)

    for _ in range(200):
        async with context.database.sessions() as session:
            done = await session.get_one(Job, job.id)
        if done.state == "finished":
            break
        await asyncio.sleep(0.02)
    assert (done.state, done.result) == ("finished", {"applied": 1})

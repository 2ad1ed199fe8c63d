"""What is to be told arrives: once where all is well, again where it is not, and not for ever."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from autoarr.actors import SYSTEM
from autoarr.context import Context
from autoarr.jobs.registry import JobRun
from autoarr.keys import KeyRing
from autoarr.models import Activity, Job, Notification, NotificationTarget
from autoarr.notifications import delivery, jobs, sending, targets
from autoarr.notifications.delivery import BACK_OFF, GIVEN_UP_AFTER, LEASE, RATE, RATE_TIME, deliver
from autoarr.notifications.outbox import KIND, notify
from autoarr.notifications.signing import message_id, read_secret, sign
from autoarr.upstream.http import HttpPolicy
from tests.app.certificates import self_signed
from tests.app.fakes import serve
from tests.app.receiver import SECRET, Clock, LocalReceiver, Plan, add_target, told
from tests.app.services_stage import context_of
from tests.app.waiting import until


@dataclass
class Stage:
    """An installation with one target."""

    context: Context
    receiver: LocalReceiver
    target: NotificationTarget
    clock: Clock

    async def tell(self, *numbers: int) -> None:
        """Something happens."""
        async with self.context.database.writing.begin() as session:
            for number in numbers:
                await notify(session, "audit.finished", f"event:{number}", "An audit", "It ended.", now=self.clock())

    async def deliver(self) -> dict[str, int]:
        """What its job does."""
        return await deliver(self.context, self.target.id, self.clock)

    async def one(self) -> Notification:
        """The only one."""
        (row,) = await told(self.context)
        return row

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.clock.time += by

    async def activities(self) -> list[Activity]:
        """Those of notifications, but for what made the stage."""
        query = select(Activity).where(Activity.action.like("notification.%")).order_by(Activity.id)
        async with self.context.database.sessions() as session:
            found = list(await session.scalars(query))
        return [row for row in found if not row.action.endswith(".created")]


@pytest.fixture
async def contexts(replicas: list[FastAPI], monkeypatch: pytest.MonkeyPatch) -> list[Context]:
    """Of two replicas that deliver nothing by themselves."""
    monkeypatch.setattr(sending, "POLICY", HttpPolicy(largest_answer=1000))
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    return [await context_of(app) for app in replicas]


@pytest.fixture
async def stage(contexts: list[Context], receiver: LocalReceiver) -> Stage:
    target = await add_target(contexts[0], f"{receiver.url}/hook")
    return Stage(contexts[0], receiver, target, Clock())


async def test_delivered_and_signed(stage: Stage) -> None:
    await stage.tell(1)
    assert await stage.deliver() == {"delivered": 1}

    (got,) = stage.receiver.got
    row = await stage.one()
    assert (row.state, row.attempts, row.error, row.next_at, row.leased_until) == ("delivered", 1, None, None, None)
    assert row.finished_at == stage.clock()
    assert (got.method, got.path, got.headers["content-type"]) == ("POST", "/hook", "application/json")
    identifier, timestamp = got.headers["webhook-id"], got.headers["webhook-timestamp"]
    assert identifier == message_id("event:1")
    assert got.headers["webhook-signature"] == sign(read_secret(SECRET), identifier, int(timestamp), got.raw)
    assert (got.body["type"], got.body["data"]["title"]) == ("audit.finished", "An audit")
    assert got.headers["user-agent"].startswith("AutoArr/")
    assert await stage.deliver() == {}


async def test_an_event_is_told_once(stage: Stage) -> None:
    await stage.tell(1)
    await stage.tell(1, 1)
    await stage.deliver()
    await stage.tell(1)
    await stage.deliver()

    assert len(stage.receiver.got) == 1


async def test_who_is_told(stage: Stage) -> None:
    url = stage.receiver.url
    await add_target(stage.context, f"{url}/wants", name="wants", events=["audit.finished", "test"])
    await add_target(stage.context, f"{url}/other", name="other", events=["recovery.asking"])
    await add_target(stage.context, f"{url}/off", name="off", enabled=False)
    await stage.tell(1)

    async with stage.context.database.sessions() as session:
        targets_told = set(await session.scalars(select(Notification.target_id)))
        named = await session.scalars(select(NotificationTarget.name).where(NotificationTarget.id.in_(targets_told)))
        assert sorted(named) == ["wants", "webhook"]


async def test_nothing_is_told_of_what_did_not_happen(stage: Stage) -> None:
    async with stage.context.database.writing() as session:
        await notify(session, "audit.finished", "event:1", "An audit", "It ended.")
        await session.rollback()

    assert await told(stage.context) == []


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (Plan(500), "it failed with status 500"),
        (Plan(503, {"Content-Type": "text/html"}, b"<html><title>Away</title></html>"), "it failed with status 503"),
        (Plan(429), "it was asked too often"),
        (Plan(None), "no answer within 0.3 s"),
    ],
    ids=["500", "503", "429", "silent"],
)
async def test_tried_again_later(stage: Stage, monkeypatch: pytest.MonkeyPatch, plan: Plan, why: str) -> None:
    stage.receiver.plans = [plan]
    await stage.tell(1)
    with monkeypatch.context() as impatient:
        if plan.status is None:
            impatient.setattr(sending, "POLICY", HttpPolicy(read=0.3))
        assert await stage.deliver() == {"queued": 1}

    row = await stage.one()
    assert (row.state, row.attempts, row.next_at) == ("queued", 1, stage.clock() + BACK_OFF[0])
    assert row.error is not None
    assert row.error.startswith(why)
    assert await stage.deliver() == {}
    stage.move(BACK_OFF[0])
    assert await stage.deliver() == {"delivered": 1}
    assert (await stage.one()).error is None
    first, second = stage.receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.raw == second.raw
    assert await stage.activities() == []


async def test_nobody_listens(stage: Stage) -> None:
    async with stage.context.database.writing.begin() as session:
        target = await session.get_one(NotificationTarget, stage.target.id)
        await targets.update(
            session, stage.context.keys, SYSTEM, target, url="http://127.0.0.1:1/hook-secret", secret=SECRET
        )
    await stage.tell(1)

    assert await stage.deliver() == {"queued": 1}
    assert (await stage.one()).error == (
        "no connection to 127.0.0.1:1: connection refused; check that it runs, its port, and any firewall between"
    )


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("asked", "waits"), [("7", 7), ("0", 1), ("999999", 6 * 3600)])
async def test_retry_after(stage: Stage, status: int, asked: str, waits: float) -> None:
    stage.receiver.plans = [Plan(status, {"Retry-After": asked})]
    await stage.tell(1)
    await stage.deliver()

    assert (await stage.one()).next_at == stage.clock() + timedelta(seconds=waits)


async def test_one_that_is_asked_too_often_rests(stage: Stage) -> None:
    """The others wait as well, without an attempt of their own."""
    stage.receiver.plans = [Plan(429, {"Retry-After": "30"})]
    await stage.tell(1, 2, 3)
    await stage.deliver()

    assert len(stage.receiver.got) == 1
    rest = stage.clock() + timedelta(seconds=30)
    assert [(row.attempts, row.next_at) for row in await told(stage.context)] == [(1, rest), (0, rest), (0, rest)]
    stage.move(timedelta(seconds=30))
    assert await stage.deliver() == {"delivered": 3}


async def test_one_that_is_away_does_not_hold_up_others(stage: Stage) -> None:
    """A notification with a long back-off lets later ones pass."""
    stage.receiver.plans = [Plan(500), Plan(500)]
    await stage.tell(1)
    await stage.deliver()
    stage.move(BACK_OFF[0])
    await stage.deliver()
    await stage.tell(2)
    assert await stage.deliver() == {"delivered": 1}
    assert [row.state for row in await told(stage.context)] == ["queued", "delivered"]


async def test_given_up_after_some_attempts(stage: Stage) -> None:
    stage.receiver.usual = Plan(500)
    await stage.tell(1)
    for wait in (*BACK_OFF, timedelta(0)):
        await stage.deliver()
        stage.move(wait)

    row = await stage.one()
    assert (row.state, row.attempts, row.next_at) == ("failed", len(BACK_OFF) + 1, None)
    assert row.error == "it failed with status 500; see its own log"
    assert len(stage.receiver.got) == len(BACK_OFF) + 1
    assert await stage.deliver() == {}
    (activity,) = await stage.activities()
    assert (activity.action, activity.outcome, activity.subject) == ("notification.failed", "failed", "webhook")
    assert activity.message == "webhook was not told of audit.finished: it failed with status 500; see its own log"


async def test_given_up_after_a_day(stage: Stage) -> None:
    await stage.tell(1)
    stage.move(GIVEN_UP_AFTER)

    assert await stage.deliver() == {}
    row = await stage.one()
    assert (row.state, row.error) == ("failed", "it could not be delivered in time")
    assert stage.receiver.got == []


async def test_not_for_ever_where_processes_die(stage: Stage) -> None:
    """Attempts that nobody noted the end of count as well."""
    await stage.tell(1)
    async with stage.context.database.writing.begin() as session:
        values = {"attempts": len(BACK_OFF) + 1, "error": "no answer"}
        await session.execute(update(Notification).values(values))

    assert await stage.deliver() == {}
    row = await stage.one()
    assert (row.state, row.error) == ("failed", "no answer")
    assert stage.receiver.got == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_refused_is_not_repeated(stage: Stage, status: int) -> None:
    stage.receiver.plans = [Plan(status, body=b'{"message": "It is not wanted at /hook."}')]
    await stage.tell(1, 2)

    assert await stage.deliver() == {"failed": 1, "delivered": 1}
    refused, other = await told(stage.context)
    assert (refused.state, refused.attempts, refused.next_at) == ("failed", 1, None)
    assert refused.error is not None
    assert "It is not wanted" in refused.error
    assert other.state == "delivered"
    assert [row.action for row in await stage.activities()] == ["notification.failed"]


async def test_one_that_is_gone_is_asked_no_more(stage: Stage) -> None:
    stage.receiver.usual = Plan(410)
    await stage.tell(1, 2)
    await stage.deliver()
    await stage.tell(3)
    await stage.deliver()

    assert len(stage.receiver.got) == 1
    first, second = await told(stage.context)
    assert (first.state, second.state, second.error) == ("failed", "failed", "the target was switched off")
    async with stage.context.database.sessions() as session:
        assert not (await session.get_one(NotificationTarget, stage.target.id)).enabled
    assert [row.action for row in await stage.activities()] == ["notification.failed", "notification.target.changed"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(stage: Stage, status: int) -> None:
    elsewhere = LocalReceiver()
    with serve(elsewhere):
        stage.receiver.plans = [Plan(status, {"Location": f"{elsewhere.url}/elsewhere"})]
        await stage.tell(1)
        assert await stage.deliver() == {"failed": 1}

    assert elsewhere.got == []
    assert (await stage.one()).error == (
        "it redirects to http://127.0.0.1/elsewhere; check the address; where it redirects to, give that one"
    )


async def test_an_answer_that_never_ends(stage: Stage) -> None:
    """No more of it is read than is needed to say why."""
    stage.receiver.plans = [Plan(500, body=b"x" * 100_000), Plan(200, body=b"x" * 100_000)]
    await stage.tell(1, 2)
    await stage.deliver()
    stage.move(BACK_OFF[0])

    assert await stage.deliver() == {"delivered": 2}


async def test_rate(stage: Stage) -> None:
    """What is too much waits; it is not lost, and no attempt is counted."""
    await stage.tell(*range(RATE + 5))
    assert await stage.deliver() == {"delivered": RATE}
    assert await stage.deliver() == {}
    waiting = [row for row in await told(stage.context) if row.state == "queued"]
    assert [row.attempts for row in waiting] == [0] * 5
    stage.move(RATE_TIME)
    assert await stage.deliver() == {"delivered": 5}
    assert [got.body["data"]["id"] for got in stage.receiver.got] == [f"event:{n}" for n in range(RATE + 5)]


async def test_a_target_has_a_rate_of_its_own(stage: Stage) -> None:
    other = await add_target(stage.context, f"{stage.receiver.url}/other", name="other")
    await stage.tell(*range(RATE + 1))
    await stage.deliver()

    assert await deliver(stage.context, other.id, stage.clock) == {"delivered": RATE}


async def test_what_was_under_way_when_a_process_died(stage: Stage) -> None:
    await stage.tell(1)
    assert await delivery._claim(stage.context, stage.target.id, stage.clock())

    assert await stage.deliver() == {}
    stage.move(LEASE)
    assert await stage.deliver() == {"delivered": 1}
    assert (await stage.one()).attempts == 2


@pytest.mark.parametrize(("second", "state"), [(200, "delivered"), (500, "queued")])
async def test_one_that_was_slow_changes_nothing_any_more(stage: Stage, second: int, state: str) -> None:
    """Its lease ended, another process sent it, and what the slow one has to say is of an old attempt."""
    await stage.tell(1)

    def meanwhile(got: Any) -> None:
        stage.receiver.on_request = None
        stage.move(LEASE)
        asyncio.run_coroutine_threadsafe(stage.deliver(), loop).result(10)

    loop = asyncio.get_running_loop()
    stage.receiver.on_request = meanwhile
    stage.receiver.plans = [Plan(404), Plan(second)]

    assert await stage.deliver() == {"taken over": 1}
    row = await stage.one()
    assert (row.state, row.attempts) == (state, 2)
    assert "404" not in str(row.error)


async def test_two_replicas_do_not_send_the_same(stage: Stage, contexts: list[Context]) -> None:
    await stage.tell(*range(RATE))
    counts = await asyncio.gather(*(deliver(contexts[n % 2], stage.target.id, stage.clock) for n in range(4)))

    assert sum(count.get("delivered", 0) for count in counts) == RATE
    identifiers = [got.headers["webhook-id"] for got in stage.receiver.got]
    assert len(identifiers) == len(set(identifiers)) == RATE


async def test_switched_off_meanwhile(stage: Stage) -> None:
    await stage.tell(1)
    async with stage.context.database.writing.begin() as session:
        target = await session.get_one(NotificationTarget, stage.target.id)
        await targets.update(session, stage.context.keys, SYSTEM, target, url=None, secret=None, enabled=False)

    assert await stage.deliver() == {}
    row = await stage.one()
    assert (row.state, row.error, stage.receiver.got) == ("failed", "the target was switched off", [])


async def test_removed_meanwhile(stage: Stage) -> None:
    await stage.tell(1)
    async with stage.context.database.writing.begin() as session:
        await targets.remove(session, SYSTEM, await session.get_one(NotificationTarget, stage.target.id))

    assert await stage.deliver() == {}
    assert await told(stage.context) == []


async def test_keys_that_are_lost(stage: Stage) -> None:
    """It waits for them as for anything else."""
    await stage.tell(1)
    keys, stage.context.keys = stage.context.keys, KeyRing(["k" * 40])
    assert await stage.deliver() == {"queued": 1}
    assert "can't be read" in str((await stage.one()).error)
    stage.context.keys = keys
    stage.move(BACK_OFF[0])

    assert await stage.deliver() == {"delivered": 1}


async def test_no_text_shows_the_address(stage: Stage) -> None:
    """Even where the receiver repeats it."""
    said = json.dumps({"message": f"No webhook at /secret/{SECRET} with sig=querysecret&b=1, {SECRET}"}).encode()
    stage.receiver.usual = Plan(404, body=said)
    url = f"{stage.receiver.url}/secret/{SECRET}?sig=querysecret&b=1"
    target = await add_target(stage.context, url, name="other")
    await stage.tell(1)
    await deliver(stage.context, target.id, stage.clock)
    stage.receiver.usual = Plan(302, {"Location": f"/secret/{SECRET}"})
    result = await targets.try_target(stage.context, target)

    (row,) = [row for row in await told(stage.context) if row.target_id == target.id]
    assert "No webhook at ***" in str(row.error)
    texts = [row.error, result.detail, *(activity.message for activity in await stage.activities())]
    for text in texts:
        assert "secret" not in str(text)
        assert SECRET.removeprefix("whsec_") not in str(text)


async def test_tls_that_is_not_trusted(contexts: list[Context], tmp_path: Path) -> None:
    receiver = LocalReceiver()
    with serve(receiver, certificate=self_signed(tmp_path)):
        target = await add_target(contexts[0], f"{receiver.url}/hook")
        stage = Stage(contexts[0], receiver, target, Clock())
        await stage.tell(1)
        assert await stage.deliver() == {"queued": 1}

    assert receiver.got == []
    assert str((await stage.one()).error).startswith("its certificate is not trusted: self-signed certificate")


def job_run(**payload: str) -> JobRun:
    return JobRun(id=uuid.uuid4(), kind=KIND, key="all", payload=payload, attempt=1, actor=SYSTEM)


async def test_the_clock_finds_what_is_due(stage: Stage) -> None:
    """Also where the job that was queued with the event failed."""
    stage.clock.time = delivery.utc_now()
    await stage.tell(1)
    async with stage.context.database.writing.begin() as session:
        await session.execute(update(Job).where(Job.kind == KIND).values(state="failed"))

    assert await jobs.run(stage.context, job_run()) == {"targets": 1}
    async with stage.context.database.sessions() as session:
        (job,) = await session.scalars(select(Job).where(Job.kind == KIND, Job.state == "queued"))
    assert job.key == str(stage.target.id)
    assert await jobs.run(stage.context, job_run(**job.payload)) == {"delivered": 1}
    assert await jobs.run(stage.context, job_run()) == {"targets": 0}


async def test_by_itself(replicas: list[FastAPI], receiver: LocalReceiver) -> None:
    """From the event to the receiver, in running applications."""
    context: Context = replicas[0].state.context
    await add_target(context, f"{receiver.url}/hook")
    async with context.database.writing.begin() as session:
        await notify(session, "audit.finished", "event:1", "An audit", "It ended.")
        # As what happens mostly does, so that the queue is looked at.
        await context.jobs.enqueue(session, "retention", "now", actor=SYSTEM)

    async def delivered() -> bool:
        return [row.state for row in await told(context)] == ["delivered"]

    await until(delivered, 20)
    assert len(receiver.got) == 1

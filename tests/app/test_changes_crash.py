"""A process killed at any step of a write: afterwards the service is as before or as wanted, and AutoArr says which."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from autoarr.changes import executor
from autoarr.changes.executor import STEPS
from autoarr.changes.ledger import mark
from autoarr.changes.recovery import LEASE, recover
from autoarr.context import Context
from autoarr.models import Change
from tests.app.changes_stage import stored
from tests.app.conftest import Start
from tests.app.fakes import FakeSonarr, serve
from tests.app.installation import Installation

pytestmark = pytest.mark.thorough

WRITTEN_FROM = STEPS.index("written")
STORED_FROM = STEPS.index("prepared")


@pytest.fixture
def fake() -> Iterator[FakeSonarr]:
    """Sonarr, served by the test, so that it outlives AutoArr."""
    fake = FakeSonarr()
    with serve(fake):
        yield fake


@pytest.fixture
def installation(start: Start, made_data_dir: Path, database_url: URL) -> Installation:
    """One on each kind of database."""
    return Installation(start, made_data_dir, database_url)


@pytest.mark.parametrize("operation", ["apply", "revert"])
@pytest.mark.parametrize("step", STEPS)
async def test_killed(installation: Installation, fake: FakeSonarr, operation: str, step: str) -> None:
    original = stored(fake)
    async with installation.running(fake) as stage:
        await stage.prepare()
        plan = await stage.preview()
        path, body = f"findings/{stage.finding_id}/apply", {"fingerprint": plan["fingerprint"]}
        known = 0
        if operation == "revert":
            change = (await stage.apply()).json()
            path, body, known = f"changes/{change['id']}/revert", {}, 1
        finding, service, client = stage.finding_id, stage.service_id, stage.client
    before = stored(fake)

    await installation.crash(f"{operation}.{step}", path, client, body)

    reached = STEPS.index(step)
    written = reached >= WRITTEN_FROM
    after = stored(fake)
    assert (after != before) is written
    async with installation.running(fake) as stage:
        stage.finding_id, stage.service_id = finding, service
        # In the time in which a request may still be under way, and another replica at work, nothing is concluded.
        # The job that each start queues may be looking just now.
        for _ in range(50):
            if not await recover(stage.context, datetime.now(UTC) + LEASE * 2):
                break

        rows = [row for row in await stage.changes() if reached < STORED_FROM or row.reverts_id or known == 0]
        states = [row.state for row in rows]
        assert stored(fake) == after
        if reached < STORED_FROM:
            assert len(states) == known
        else:
            assert states == ["applied" if written else "failed"]
            assert all(row.finished_at for row in rows)
        passed = written if operation == "apply" else not written
        assert ((await stage.finding()).verdict == "passed") is passed
        assert (stored(fake) == original) is not passed
        assert len(fake.writes) == known + written

        # Nothing is in the way of going on, from either.
        if not passed:
            assert (await stage.apply()).json()["state"] == "applied"
        newest = (await stage.client.get("/api/v1/changes", params={"state": "applied"})).json()["items"]
        last = max((item for item in newest if item["reverts_id"] is None), key=lambda item: item["created_at"])
        assert (await stage.revert(last["id"])).json()["state"] == "applied"
        assert stored(fake) == original


async def test_a_new_start_looks_at_once(installation: Installation, fake: FakeSonarr) -> None:
    """On SQLite, where nobody else can be at work, what was written is known as soon as AutoArr runs again."""
    async with installation.running(fake) as stage:
        await stage.prepare()
        body = {"fingerprint": (await stage.preview())["fingerprint"]}
        path, client = f"findings/{stage.finding_id}/apply", stage.client
        sqlite = stage.context.database.kind == "sqlite"
    await installation.crash("apply.written", path, client, body)

    async with installation.running(fake) as stage:
        (row,) = await stage.changes()
        for _ in range(300):
            (row,) = await stage.changes()
            if row.finished_at or not sqlite:
                break
            await asyncio.sleep(0.02)
    assert row.state == ("applied" if sqlite else "writing")


async def test_two_replicas(installation: Installation, fake: FakeSonarr, monkeypatch: pytest.MonkeyPatch) -> None:
    """One has stored its change and is about to write: the other one can't, whatever it is asked."""
    prepared, go_on = asyncio.Event(), asyncio.Event()

    async def wait_first(context: Context, change: Change) -> None:
        prepared.set()
        await go_on.wait()
        await mark(context, change)

    async with installation.running(fake) as one, installation.running(fake) as two:
        await one.prepare()
        two.finding_id, two.service_id = one.finding_id, one.service_id
        fingerprint = (await one.preview())["fingerprint"]
        monkeypatch.setattr(executor, "mark", wait_first)
        first = asyncio.create_task(one.apply(fingerprint))
        await prepared.wait()

        second = await two.apply(fingerprint)

        go_on.set()
        assert (second.status_code, fake.writes) == (409, [])
        assert "another change of it is not finished yet" in second.json()["detail"]
        assert (await first).json()["state"] == "applied"
        assert len(fake.writes) == 1
        monkeypatch.undo()
        change = (await first).json()["id"]
        answers = await asyncio.gather(*(stage.revert(change) for stage in (one, two, one, two)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert len(fake.writes) == 2

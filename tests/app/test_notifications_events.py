"""What AutoArr tells of by itself: audits, and services that go away and come back; once for each change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from autoarr.actors import SYSTEM
from autoarr.audits.runner import fail_audit, run_audit
from autoarr.context import Context
from autoarr.dashboard.observations import keep
from autoarr.dashboard.poll import poll_all
from autoarr.models import Audit, Service
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.http import HttpPolicy
from tests.app.fakes import FakeSonarr
from tests.app.receiver import add_target, told
from tests.app.services_stage import add_service, context_of

GOOD = {"version": {"application": "Sonarr", "version": "4", "capabilities": {}}}
BAD = {"version": UpstreamError("Sonarr", Cause.CONNECT, "nobody listens")}
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
async def contexts(replicas: list[FastAPI]) -> list[Context]:
    contexts = [await context_of(app) for app in replicas]
    await add_target(contexts[0], "http://127.0.0.1:1/hook")
    return contexts


async def events(context: Context) -> list[str]:
    return [row.event for row in await told(context)]


async def test_a_service_that_goes_away(contexts: list[Context], sonarr: FakeSonarr) -> None:
    """Told once, however often it is asked, and by whichever replica."""
    for context in contexts:
        context.upstreams.policy = HttpPolicy(attempts=1, failures=1000)
    await add_service(contexts[0], sonarr, "sonarr")
    await poll_all(contexts[0])
    assert await events(contexts[0]) == []
    sonarr.fail("", 500)
    for context in contexts * 2:
        await poll_all(context)
    assert await events(contexts[0]) == ["service.unreachable"]
    sonarr.mend()
    for context in contexts * 2:
        await poll_all(context)
    sonarr.fail("", 500)
    await poll_all(contexts[1])

    assert await events(contexts[0]) == ["service.unreachable", "service.reachable", "service.unreachable"]
    away, back, _ = await told(contexts[0])
    assert away.body["title"] == "Sonarr is away"
    assert away.body["message"].startswith("Sonarr doesn't answer as it should: it failed with status 500")
    assert back.body["title"] == "Sonarr is back"
    assert set(back.body["data"]) == {"service_id", "service", "kind"}
    assert len({row.event_id for row in await told(contexts[0])}) == 3


async def test_answers_that_were_overtaken_tell_nothing(contexts: list[Context], sonarr: FakeSonarr) -> None:
    service: Service = await add_service(contexts[0], sonarr, "sonarr")
    database = contexts[0].database

    async def seen(results: dict[str, Any], seconds: int) -> None:
        assert await keep(database, service, results, START + timedelta(seconds=seconds))

    await seen(GOOD, 10)
    await seen(BAD, 5)
    await seen(GOOD, 11)
    assert await events(contexts[0]) == []
    await seen(BAD, 12)
    assert await events(contexts[0]) == ["service.unreachable"]


async def audit(context: Context) -> Audit:
    row = Audit(state="queued", created_at=datetime.now(UTC), counts={}, created_by="Ada")
    async with context.database.writing.begin() as session:
        session.add(row)
    return row


async def test_an_audit(contexts: list[Context], sonarr: FakeSonarr) -> None:
    """Once, also where its job is run again."""
    context = contexts[0]
    await add_service(context, sonarr, "sonarr")
    row = await audit(context)
    for _ in range(2):
        await run_audit(context, row.id, None, SYSTEM)

    (found,) = await told(context)
    assert (found.event, found.event_id) == ("audit.finished", f"audit.finished:{row.id}")
    assert found.body["message"].startswith("An audit found ")
    assert found.body["data"].keys() == {"audit_id", "score", "failed", "passed", "unknown", "ignored"}


async def test_an_audit_that_failed(contexts: list[Context]) -> None:
    row = await audit(contexts[0])
    await fail_audit(contexts[0], row.id, "the service is gone", SYSTEM)

    (found,) = await told(contexts[0])
    assert (found.body["title"], found.body["message"]) == ("An audit failed", "The service is gone.")

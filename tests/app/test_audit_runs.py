"""Whole audits of stand-ins: what is found, what lasts, and what happens when something is away. On both engines."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import URL

from autoarr.actors import SYSTEM, Actor
from autoarr.app import create_app
from autoarr.audits import jobs, runner
from autoarr.audits.model import Snapshot
from autoarr.audits.snapshot import take_snapshot
from autoarr.context import Context
from autoarr.jobs.registry import JobRun
from autoarr.models import Activity, Audit, Finding, Service
from autoarr.settings import Settings
from tests.app.changes_stage import FakeService, add_service
from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr

ADA = Actor(name="Ada", via="session")


@pytest.fixture
async def context(database_url: URL, settings: Settings, made_data_dir: Path) -> AsyncIterator[Context]:
    """A started application's, on a database of each kind."""
    app = create_app(settings.model_copy(update={"database_url": database_url}))
    async with app.router.lifespan_context(app):
        yield app.state.context


async def audit(context: Context, service_id: uuid.UUID | None = None, **options: Any) -> dict[str, Any]:
    return await runner.run_audit(context, uuid.uuid4(), service_id, ADA, **options)


async def findings(context: Context, service_id: uuid.UUID | None = None, rule: str | None = None) -> list[Finding]:
    query = select(Finding).order_by(Finding.rule, Finding.subject)
    if service_id:
        query = query.where(Finding.service_id == service_id)
    if rule:
        query = query.where(Finding.rule == rule)
    async with context.database.sessions() as session:
        return list(await session.scalars(query))


async def finding(context: Context, rule: str) -> Finding:
    (found,) = await findings(context, rule=rule)
    return found


async def test_whole_audit(
    context: Context, sonarr: FakeSonarr, radarr: FakeRadarr, plex: FakePlex, sabnzbd: FakeSabnzbd
) -> None:
    fakes: dict[str, FakeService] = {"sonarr": sonarr, "radarr": radarr, "plex": plex, "sabnzbd": sabnzbd}
    for kind, fake in fakes.items():
        await add_service(context, kind, fake)
    sonarr.state.config["naming"]["renameEpisodes"] = False
    sonarr.state.health.append({"source": "S", "type": "warning", "message": "Indexers unavailable", "wikiUrl": "x"})

    with context.bus.subscribe() as events:
        result = await audit(context)
        async with asyncio.timeout(30):
            event = await anext(event async for event in events if event.kind == "audit.finished")

    assert event.data == {"id": result["audit_id"], "score": result["score"]}
    found = await findings(context)
    unknown = {(one.rule, one.unknown_because) for one in found if one.verdict == "unknown"}
    assert {rule for rule, _ in unknown} == {
        "trash.custom-formats",
        "trash.naming",
        "trash.quality-profile",
        "trash.quality-size",
    }
    assert {why for _, why in unknown} == {"no TRaSH data: set AUTOARR_TRASH_SOURCE"}
    failed = {one.rule for one in found if one.verdict == "failed"}
    # What a fresh installation of each is not.
    assert {"arr.rename", "arr.health", "arr.recycle-bin", "sabnzbd.password", "plex.scan-on-change"} <= failed
    assert {one.rule for one in found if one.verdict == "passed"} >= {
        "arr.completed-download-handling",
        "cross.category-known",
        "cross.category-distinct",
        "plex.empty-trash",
        "sabnzbd.sorting",
    }
    assert all((one.fix is None) or one.verdict == "failed" for one in found)
    async with context.database.sessions() as session:
        stored = await session.get_one(Audit, uuid.UUID(result["audit_id"]))
        noted = (await session.scalars(select(Activity).where(Activity.action == "audit.finished"))).one()
    assert (stored.state, stored.score, stored.created_by) == ("finished", result["score"], "Ada")
    assert 0 < result["score"] < 100
    assert stored.counts["failed"] == sum(1 for one in found if one.verdict == "failed")
    assert {stored.counts[key] for key in ("passed", "unknown")} == {
        sum(1 for one in found if one.verdict == verdict) for verdict in ("passed", "unknown")
    }
    assert len(stored.counts["services"]) == 4
    assert (noted.actor, noted.outcome) == ("Ada", "succeeded")


async def test_nothing_secret_and_nothing_needless_is_read(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd
) -> None:
    sonarr.state.config["host"]["password"] = "hunter2-sonarr"
    sabnzbd.state.config["misc"]["password"] = "hunter2-sabnzbd"
    for kind, fake in (("sonarr", sonarr), ("sabnzbd", sabnzbd)):
        await add_service(context, kind, fake)

    await audit(context)

    async with context.database.sessions() as session:
        snapshot = await read(context, [service.id for service in await session.scalars(select(Service))])
    text = repr([seen.parts for seen in snapshot.services])
    for secret in ("hunter2", sonarr.api_key, sabnzbd.api_key):
        assert secret not in text
    assert not [one for one in sonarr.requests if "series" in one.path or "episode" in one.path]
    assert not sonarr.writes
    assert not sabnzbd.writes


async def read(context: Context, scope: list[uuid.UUID]) -> Snapshot:
    async with context.database.sessions() as session:
        services = list(await session.scalars(select(Service)))
    return await take_snapshot(context, services, set(scope))


async def test_fixed_finding_passes_and_keeps_its_age(context: Context, sonarr: FakeSonarr) -> None:
    service_id = await add_service(context, "sonarr", sonarr)
    sonarr.state.config["naming"]["renameEpisodes"] = False
    first = await audit(context)
    before = await finding(context, "arr.rename")
    assert (before.verdict, before.found, before.wanted) == ("failed", False, True)
    assert before.fix == {"resource": "config/naming", "fields": {"renameEpisodes": True}}

    sonarr.state.config["naming"]["renameEpisodes"] = True
    second = await audit(context, service_id)

    after = await finding(context, "arr.rename")
    assert (after.verdict, after.found, after.fix, after.id) == ("passed", True, None, before.id)
    assert after.first_seen_at == before.first_seen_at
    assert after.last_seen_at > before.last_seen_at
    assert str(after.audit_id) == second["audit_id"] != first["audit_id"]
    assert second["score"] > first["score"]


async def test_ignored_stays_ignored_and_is_out_of_the_score(context: Context, sonarr: FakeSonarr) -> None:
    await add_service(context, "sonarr", sonarr)
    sonarr.state.config["naming"]["renameEpisodes"] = False
    first = await audit(context)
    async with context.database.writing.begin() as session:
        values = {"ignored_because": "on purpose", "ignored_by": "Ada", "ignored_at": datetime.now(UTC)}
        await session.execute(update(Finding).where(Finding.rule == "arr.rename").values(values))

    second = await audit(context)

    kept = await finding(context, "arr.rename")
    assert (kept.verdict, kept.ignored_because, kept.ignored_by) == ("failed", "on purpose", "Ada")
    assert second["score"] > first["score"]
    assert second["counts"]["ignored"] == 1
    assert second["counts"]["failed"] == first["counts"]["failed"] - 1


async def test_what_is_gone_is_removed(context: Context, sonarr: FakeSonarr) -> None:
    service_id = await add_service(context, "sonarr", sonarr)
    sonarr.state.health.append({"source": "S", "type": "error", "message": "Broken"})
    await audit(context)
    assert {one.subject for one in await findings(context, service_id, "arr.health")} == {"Broken"}

    sonarr.state.health.clear()
    await audit(context)

    (healthy,) = await findings(context, service_id, "arr.health")
    assert (healthy.subject, healthy.verdict) == ("", "passed")


async def test_service_that_is_away_leaves_its_findings_unknown(
    context: Context, sonarr: FakeSonarr, sabnzbd: FakeSabnzbd
) -> None:
    service_id = await add_service(context, "sonarr", sonarr)
    await add_service(context, "sabnzbd", sabnzbd)
    sonarr.state.health.append({"source": "S", "type": "error", "message": "Broken"})
    sonarr.state.config["naming"]["renameEpisodes"] = False
    await audit(context)
    before = {(one.rule, one.subject): one for one in await findings(context, service_id)}

    sonarr.fail("", 401)
    result = await audit(context)

    after = {(one.rule, one.subject): one for one in await findings(context, service_id)}
    assert after.keys() >= before.keys()
    # Of these, nothing was to be said before.
    assert {rule for rule, _ in after.keys() - before.keys()} == {"arr.hardlinks", "arr.propers-and-repacks"}
    for key, one in after.items():
        if key[0].startswith(("service.", "trash.")):
            continue
        assert one.verdict == "unknown"
        assert one.fix is None
        assert one.unknown_because
        assert "My sonarr: " in one.unknown_because
        if old := before.get(key):
            assert (one.title, one.severity, one.first_seen_at) == (old.title, old.severity, old.first_seen_at)
    assert result["counts"]["services"][str(service_id)]["failed"] == 0
    # The other one is judged all the same, but for what depends on the first.
    others = {one.rule: one.verdict for one in await findings(context) if one.service_id != service_id}
    assert others["sabnzbd.fail-hopeless-jobs"] == "passed"
    assert set(others.values()) >= {"passed", "failed"}


async def test_one_part_away(context: Context, sonarr: FakeSonarr) -> None:
    await add_service(context, "sonarr", sonarr)
    sonarr.fail("config/naming", "html")

    await audit(context)

    assert (await finding(context, "arr.rename")).verdict == "unknown"
    assert (await finding(context, "arr.completed-download-handling")).verdict == "passed"


async def test_a_service_has_a_deadline(context: Context, sonarr: FakeSonarr, plex: FakePlex) -> None:
    await add_service(context, "sonarr", sonarr)
    await add_service(context, "plex", plex)
    sonarr.fail("config/host", "hang")

    await audit(context, deadline=3)

    late = await finding(context, "arr.authentication")
    assert (late.verdict, late.unknown_because) == ("unknown", "My sonarr: no answer within 3 s")
    assert (await finding(context, "arr.completed-download-handling")).verdict == "passed"
    assert (await finding(context, "plex.empty-trash")).verdict == "passed"


async def test_limited_to_one_service(context: Context, sonarr: FakeSonarr, radarr: FakeRadarr) -> None:
    one = await add_service(context, "sonarr", sonarr)
    other = await add_service(context, "radarr", radarr)

    result = await audit(context, one)

    assert await findings(context, one)
    assert not await findings(context, other)
    assert list(result["counts"]["services"]) == [str(one)]
    # Of the other, only what rules about this one need.
    assert {request.path for request in radarr.requests} == {"/api/v3/downloadclient"}


async def test_switched_off_service(context: Context, sonarr: FakeSonarr) -> None:
    service_id = await add_service(context, "sonarr", sonarr)
    await audit(context)
    async with context.database.writing.begin() as session:
        await session.execute(update(Service).values(enabled=False))

    result = await audit(context)

    assert result["score"] is None
    assert {(one.verdict, one.unknown_because) for one in await findings(context, service_id)} == {
        ("unknown", "the service is switched off")
    }
    with pytest.raises(runner.NothingToAudit):
        await audit(context, service_id)


async def test_service_removed_meanwhile(context: Context, sonarr: FakeSonarr, monkeypatch: pytest.MonkeyPatch) -> None:
    service_id = await add_service(context, "sonarr", sonarr)

    async def take_and_remove(*arguments: Any, **options: Any) -> Snapshot:
        snapshot = await take_snapshot(*arguments, **options)
        async with context.database.writing.begin() as session:
            await session.execute(delete(Service).where(Service.id == service_id))
        return snapshot

    monkeypatch.setattr(runner, "take_snapshot", take_and_remove)

    assert (await audit(context))["score"] is None


async def test_older_reading_overrules_nothing(
    context: Context, sonarr: FakeSonarr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change was made and read again while an audit still worked with what it had read before."""
    await add_service(context, "sonarr", sonarr)
    sonarr.state.config["naming"]["renameEpisodes"] = False
    sonarr.state.health.append({"source": "S", "type": "error", "message": "Broken"})
    await audit(context)

    async def take_and_change(*arguments: Any, **options: Any) -> Snapshot:
        snapshot = await take_snapshot(*arguments, **options)
        async with context.database.writing.begin() as session:
            values = {"verdict": "passed", "last_seen_at": datetime.now(UTC)}
            await session.execute(update(Finding).where(Finding.rule.in_(("arr.rename", "arr.health"))).values(values))
        return snapshot

    monkeypatch.setattr(runner, "take_snapshot", take_and_change)
    sonarr.state.health.clear()
    await audit(context)

    assert (await finding(context, "arr.rename")).verdict == "passed"
    assert {one.subject for one in await findings(context, rule="arr.health")} == {"", "Broken"}


async def test_repeated_after_a_crash(
    context: Context, sonarr: FakeSonarr, radarr: FakeRadarr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two services' findings the process dies; the job is run again, and then once more for nothing."""
    for kind, fake in (("sonarr", sonarr), ("radarr", radarr)):
        await add_service(context, kind, fake)
    job = JobRun(id=uuid.uuid4(), kind="audit", key="all", payload={}, attempt=1, actor=SYSTEM)
    keep, calls = runner._keep, 0

    async def die(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("killed")
        await keep(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(runner, "_keep", die)
        with pytest.raises(RuntimeError):
            await jobs.run(context, job)
    half = await findings(context)
    assert half

    await jobs.run(context, job)
    whole = await findings(context)
    await jobs.run(context, job)

    assert {one.id for one in half} < {one.id for one in whole}
    assert [one.last_seen_at for one in await findings(context)] == [one.last_seen_at for one in whole]
    async with context.database.sessions() as session:
        (stored,) = await session.scalars(select(Audit))
        assert (stored.id, stored.state, stored.created_by) == (job.id, "finished", "system")
        noted = select(func.count()).select_from(Activity).where(Activity.action == "audit.finished")
        assert await session.scalar(noted) == 1


async def test_audit_fails_for_good_at_the_last_attempt(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(runner, "take_snapshot", fail)
    job = JobRun(id=uuid.uuid4(), kind="audit", key="all", payload={}, attempt=jobs.MAX_ATTEMPTS, actor=SYSTEM)

    with pytest.raises(RuntimeError):
        await jobs.run(context, job)

    async with context.database.sessions() as session:
        stored = await session.get_one(Audit, job.id)
    assert (stored.state, stored.error) == ("failed", "an unexpected error; the logs tell more")


async def test_abandoned_audit_ends(context: Context) -> None:
    async with context.database.writing.begin() as session:
        lost = await runner.add_audit(session, uuid.uuid4(), None, "Ada")
        lost.state = "running"

    await audit(context)

    async with context.database.sessions() as session:
        stored = await session.get_one(Audit, lost.id)
    assert (stored.state, stored.error) == ("failed", runner.ABANDONED)


async def test_two_audits_at_the_same_time(context: Context, sonarr: FakeSonarr) -> None:
    service_id = await add_service(context, "sonarr", sonarr)

    await asyncio.gather(audit(context), audit(context, service_id), audit(context))

    found = [(one.rule, one.subject) for one in await findings(context)]
    assert len(found) == len(set(found)) > 10


async def test_values_that_no_database_takes(context: Context, sonarr: FakeSonarr) -> None:
    await add_service(context, "sonarr", sonarr)
    sonarr.state.health.append({"source": "a\0", "type": "error", "message": "\0half"})
    sonarr.state.collections["rootfolder"][0]["path"] = "/\0tv"

    await audit(context)

    health = await finding(context, "arr.health")
    assert (health.subject, health.title, health.found) == ("half", "half", "a")
    assert (await finding(context, "cross.root-folder-in-plex")).subject == "/tv"


async def test_certificate_that_is_not_verified(context: Context, sonarr: FakeSonarr) -> None:
    await add_service(context, "sonarr", sonarr)
    async with context.database.writing.begin() as session:
        await session.execute(update(Service).values(tls_insecure=True))

    await audit(context)

    found = await finding(context, "service.certificate")
    assert (found.verdict, found.severity, found.fix) == ("failed", "warning", None)

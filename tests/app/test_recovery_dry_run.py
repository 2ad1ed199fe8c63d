"""A dry run: what a policy would have done about the failures of the last weeks, and that it does nothing itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from autoarr.context import Context
from autoarr.models import Activity, Attempt, Option, Recovery, Search
from autoarr.policy import Policy, QuietHours
from autoarr.recovery.dry_run import DAYS, dry_run
from autoarr.recovery.hindsight import DryAction, DryRun
from tests.app.fakes import FakeRadarr, FakeSabnzbd, FakeSonarr
from tests.app.fakes.sabnzbd_data import history_slot, slot
from tests.app.recovery_services import ENCRYPTED, MISSING
from tests.app.services_stage import context_with, set_policy

if TYPE_CHECKING:
    import httpx2
    from fastapi import FastAPI

PATH = "/api/v1/policy/dry-run"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AUTO = Policy(mode="auto", native_grace_min=30)


@pytest.fixture
async def context(app: FastAPI, sonarr: FakeSonarr, radarr: FakeRadarr, sabnzbd: FakeSabnzbd) -> Context:
    """Of an application with one of each."""
    return await context_with(app, sonarr=sonarr, radarr=radarr, sabnzbd=sabnzbd)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def event(radarr: FakeRadarr, kind: str, movie: int, at: datetime, download: str, **data: str) -> None:
    """Have Radarr's history tell of it."""
    title = f"Film.{movie}"
    radarr.add_history(kind, movieId=movie, downloadId=download, sourceTitle=title, date=iso(at), data=data)


def fail(sabnzbd: FakeSabnzbd, download: str, at: datetime, message: str = MISSING) -> None:
    """Have SABnzbd's history tell of a failure."""
    moment = int(at.timestamp())
    entry = history_slot(1, nzo_id=download, status="Failed", fail_message=message, completed=moment, retry=True)
    sabnzbd.state.history.insert(0, entry)
    sabnzbd.state.history.sort(key=lambda one: -one["completed"])


def lose(radarr: FakeRadarr, sabnzbd: FakeSabnzbd, movie: int, at: datetime, message: str = MISSING) -> str:
    """A movie that Radarr grabbed, and that failed."""
    download = f"SABnzbd_nzo_{movie}"
    event(radarr, "grabbed", movie, at - timedelta(hours=1), download)
    fail(sabnzbd, download, at, message)
    return download


async def the_one(context: Context, policy: Policy = AUTO) -> DryAction:
    answer = await dry_run(context, policy, NOW)
    (one,) = answer.downloads
    assert answer.actions == {one.action: 1}
    return one


async def test_nothing_failed(context: Context) -> None:
    answer = await dry_run(context, AUTO, NOW)
    assert (answer.total, answer.downloads, answer.actions, answer.searches_peak, answer.away) == (0, [], {}, {}, {})
    assert answer.since == NOW - timedelta(days=DAYS)
    assert answer.unknown


async def test_what_its_owner_did_not_handle_is_searched_for_after_its_time(
    context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    failed = NOW - timedelta(days=20)
    download = lose(radarr, sabnzbd, 3, failed)
    one = await the_one(context)
    assert (one.action, one.failure, one.service, one.download_id) == ("search", "missing", "Radarr", download)
    assert one.at == failed + timedelta(minutes=30)
    assert one.failed_at == failed
    assert one.message == MISSING


async def test_what_its_owner_found_again_is_left_alone(
    context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    failed = NOW - timedelta(days=20)
    download = lose(radarr, sabnzbd, 3, failed)
    event(radarr, "downloadFailed", 3, failed + timedelta(minutes=1), download, message=MISSING)
    event(radarr, "grabbed", 3, failed + timedelta(minutes=2), "another")
    event(radarr, "downloadFolderImported", 3, failed + timedelta(hours=2), "another")
    one = await the_one(context)
    assert (one.action, one.at) == ("recovered", failed + timedelta(hours=2))


async def test_what_its_owner_found_too_late_would_have_been_searched_for(
    context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    failed = NOW - timedelta(days=20)
    download = lose(radarr, sabnzbd, 3, failed)
    event(radarr, "downloadFailed", 3, failed + timedelta(minutes=1), download, message=MISSING)
    event(radarr, "grabbed", 3, failed + timedelta(days=2), "another")
    one = await the_one(context)
    assert (one.action, one.at) == ("search", failed + timedelta(minutes=31))


async def test_what_its_owner_noted_too_late_would_not_have_been_waited_for(
    context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    failed = NOW - timedelta(days=20)
    download = lose(radarr, sabnzbd, 3, failed)
    event(radarr, "downloadFailed", 3, failed + timedelta(hours=2), download, message=MISSING)
    one = await the_one(context)
    assert (one.action, one.at) == ("search", failed + timedelta(minutes=30))


async def test_a_bad_release_is_blocklisted_and_searched_for(
    context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    lose(radarr, sabnzbd, 3, NOW - timedelta(days=2), ENCRYPTED)
    answer = await dry_run(context, AUTO, NOW)
    assert answer.actions == {"blocklist": 1}
    assert answer.searches_peak == {"Radarr": 1}


@pytest.mark.parametrize(
    ("message", "action", "proposed"),
    [
        ("Unpacking failed, disk full", "retry", None),
        ("Etwas ganz anderes", "ask", "search"),
        ("Post-processing was aborted", "ask", "retry"),
    ],
)
async def test_what_is_not_the_release_s_fault_is_never_blocklisted(
    context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd, message: str, action: str, proposed: str | None
) -> None:
    lose(radarr, sabnzbd, 3, NOW - timedelta(days=2), message)
    answer = await dry_run(context, AUTO, NOW)
    assert [(one.action, one.proposed) for one in answer.downloads] == [(action, proposed)]
    assert answer.searches_peak == {}


async def test_the_policy_counts(context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd) -> None:
    failed = NOW - timedelta(days=2)
    lose(radarr, sabnzbd, 3, failed)
    asked = await the_one(context, AUTO.model_copy(update={"failures": {"missing": "ask"}}))
    assert (asked.action, asked.proposed) == ("ask", "search")
    late = await the_one(context, AUTO.model_copy(update={"native_grace_min": 120}))
    assert late.at == failed + timedelta(hours=2)
    local = failed.astimezone()
    hours = QuietHours(start=(local - timedelta(hours=1)).time(), end=(local + timedelta(hours=5)).time())
    quiet = await the_one(context, AUTO.model_copy(update={"quiet_hours": hours}))
    assert (quiet.action, quiet.at) == ("search", failed + timedelta(hours=5))
    watched = await the_one(context, AUTO.model_copy(update={"mode": "observe"}))
    assert watched.action == "wait"


async def test_the_peak_is_of_any_hour(context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd) -> None:
    first = NOW - timedelta(days=3)
    for movie, minutes in enumerate((0, 59, 61, 110, 600), 1):
        lose(radarr, sabnzbd, movie, first + timedelta(minutes=minutes))
    answer = await dry_run(context, AUTO, NOW)
    assert (answer.total, answer.actions, answer.searches_peak) == (5, {"search": 5}, {"Radarr": 3})
    moments = [one.failed_at for one in answer.downloads]
    assert moments == sorted(moments, reverse=True)


async def test_what_is_too_long_ago_or_of_this_moment(
    context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    lose(radarr, sabnzbd, 1, NOW - timedelta(days=DAYS, minutes=1))
    lose(radarr, sabnzbd, 2, NOW - timedelta(minutes=1))
    long_ago = int((NOW - timedelta(days=DAYS + 1)).timestamp())
    sabnzbd.state.queue.append(slot(1, labels=["DUPLICATE"], status="Paused", time_added=long_ago))
    one = await the_one(context)
    assert (one.action, one.download_id) == ("wait", "SABnzbd_nzo_2")


async def test_what_could_not_be_known_is_said(context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd) -> None:
    lose(radarr, sabnzbd, 1, NOW - timedelta(days=2))
    radarr.fail("config/downloadclient", 404)
    answer = await dry_run(context, AUTO, NOW)
    assert any("Radarr" in sentence for sentence in answer.unknown)
    radarr.fail("", 500)
    answer = await dry_run(context, AUTO, NOW)
    assert list(answer.away) == ["Radarr"]
    assert answer.total == 0


async def test_nothing_is_written(context: Context, radarr: FakeRadarr, sabnzbd: FakeSabnzbd) -> None:
    async def count() -> list[int]:
        async with context.database.sessions() as session:
            tables = (Recovery, Attempt, Search, Activity, Option)
            return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    lose(radarr, sabnzbd, 1, NOW - timedelta(days=2))
    lose(radarr, sabnzbd, 2, NOW - timedelta(days=1), ENCRYPTED)
    lose(radarr, sabnzbd, 3, NOW - timedelta(days=1), "Unpacking failed, disk full")
    before = await count()
    answer = await dry_run(context, AUTO, NOW)
    assert answer.total == 3
    assert await count() == before
    assert (radarr.writes, sabnzbd.writes) == ([], [])


async def ask(client: httpx2.AsyncClient, body: Any = None) -> httpx2.Response:
    return await client.post(PATH, json=body) if body is not None else await client.post(PATH)


async def test_over_the_api(
    context: Context, admin: httpx2.AsyncClient, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    lose(radarr, sabnzbd, 1, datetime.now(UTC) - timedelta(days=2))
    await set_policy(context, mode="observe", native_grace_min=60)
    usual = await ask(admin)
    assert usual.status_code == 200, usual.text
    answer = DryRun.model_validate(usual.json())
    assert (answer.policy.mode, answer.policy.native_grace_min) == ("auto", 60)
    assert answer.actions == {"search": 1}
    other = (await ask(admin, {"mode": "ask"})).json()
    assert (other["policy"]["mode"], other["actions"]) == ("ask", {"ask": 1})
    assert (await ask(admin, {"mode": "always"})).status_code == 422
    async with context.database.sessions() as session:
        assert (await session.get(Option, "policy")).value["mode"] == "observe"  # type: ignore[union-attr]


async def test_only_administrators_may(requester: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    assert (await ask(requester)).status_code == 403
    assert (await ask(client)).status_code == 401

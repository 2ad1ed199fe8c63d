"""The dashboard: what is kept, with its age; merged figures that say what they lack."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from autoarr.context import Context
from autoarr.dashboard import poll
from autoarr.dashboard.blocks import QUEUE_ROWS
from autoarr.dashboard.merging import MAXIMUM_ROWS
from autoarr.dashboard.observations import Block, Failure, describe, keep
from autoarr.models import Audit, Finding, Observation, Service
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.http import HttpPolicy
from tests.app.fakes import FakeRadarr, FakeSabnzbd, FakeSonarr
from tests.app.fakes.sabnzbd_data import slot
from tests.app.services_stage import add_service, context_of, set_policy

if TYPE_CHECKING:
    from fastapi import FastAPI

PATH = "/api/v1/dashboard"
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
async def context(app: FastAPI) -> Context:
    """Of an application whose jobs don't poll by themselves."""
    return await context_of(app)


async def look(admin: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await admin.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    dashboard: dict[str, Any] = answer.json()
    return dashboard


def seen(age: float | None = None, failure: str | None = None) -> Observation:
    return Observation(
        service_id=uuid.uuid4(),
        block="missing",
        data=None if age is None else {"total": 7},
        observed_at=None if age is None else NOW - timedelta(seconds=age),
        failed_at=NOW if failure else None,
        failure={"cause": failure, "detail": "it failed"} if failure else None,
    )


FAILED = Failure(cause=Cause.TIMEOUT, detail="it failed")


@pytest.mark.parametrize(
    ("observation", "state", "age", "failure"),
    [
        (None, "unknown", None, None),
        (seen(failure="timeout"), "unknown", None, FAILED),
        (seen(0), "fresh", 0.0, None),
        (seen(-3), "fresh", 0.0, None),
        (seen(179.9), "fresh", 179.9, None),
        (seen(180), "stale", 180.0, None),
        (seen(1, failure="timeout"), "stale", 1.0, FAILED),
    ],
    ids=["never asked", "never answered", "just now", "another clock", "in time", "too old", "failed since"],
)
def test_how_much_an_observation_is_worth(
    observation: Observation | None, state: str, age: float | None, failure: Failure | None
) -> None:
    block = describe(observation, NOW, 60)

    assert (block.state, block.age_s, block.failure) == (state, age, failure)
    # Without an answer there is no figure that could be taken for one.
    assert block.data == (None if age is None else {"total": 7})


async def test_before_the_first_answer_everything_is_unknown(admin: httpx2.AsyncClient, context: Context) -> None:
    for kind, fake in (("sonarr", FakeSonarr()), ("sabnzbd", FakeSabnzbd())):
        await add_service(context, fake, kind, url="http://nobody.invalid")

    dashboard = await look(admin)

    assert [service["name"] for service in dashboard["services"]] == ["Sabnzbd", "Sonarr"]
    for service in dashboard["services"]:
        assert service["state"] == "unknown"
        assert all(block == Block(state="unknown").model_dump() for block in service["blocks"].values())
    assert dashboard["figures"] == {
        "queue": {"total": None, "complete": False, "missing": ["Sabnzbd", "Sonarr"], "stale": []},
        "missing": {"total": None, "complete": False, "missing": ["Sonarr"], "stale": []},
        "health": {"total": None, "complete": False, "missing": ["Sabnzbd", "Sonarr"], "stale": []},
        "sessions": {"total": None, "complete": True, "missing": [], "stale": []},
    }
    assert (dashboard["queue"], dashboard["queue_truncated"]) == ([], False)
    assert dashboard["audit"] == {
        "state": "unknown",
        "finished_at": None,
        "age_s": None,
        "score": None,
        "findings": None,
    }


async def test_after_a_failure_what_was_seen_is_stale_with_its_age(
    admin: httpx2.AsyncClient, context: Context, sonarr: FakeSonarr, radarr: FakeRadarr
) -> None:
    sonarr.episodes_missing = 5
    radarr.movies_missing = 2
    service = await add_service(context, sonarr, "sonarr")
    await add_service(context, radarr, "radarr")
    context.upstreams.policy = HttpPolicy(attempts=1)
    await poll.poll_all(context)
    assert (await look(admin))["figures"]["missing"] == {"total": 7, "complete": True, "missing": [], "stale": []}
    async with context.database.writing.begin() as session:
        row = await session.get_one(Observation, (service.id, "missing"))
        row.observed_at = datetime.now(UTC) - timedelta(seconds=50)
    sonarr.fail("", 401)

    await poll.poll_all(context)
    dashboard = await look(admin)

    shown = {service["name"]: service for service in dashboard["services"]}
    assert (shown["Sonarr"]["state"], shown["Radarr"]["state"]) == ("stale", "fresh")
    block = shown["Sonarr"]["blocks"]["missing"]
    assert (block["state"], block["data"], block["failure"]["cause"]) == ("stale", {"total": 5}, "authentication")
    assert 50 <= block["age_s"] < 60
    assert dashboard["figures"]["missing"] == {"total": 7, "complete": False, "missing": [], "stale": ["Sonarr"]}
    assert sonarr.api_key not in str(dashboard)
    assert dashboard["activity"][0]["action"] == "service.unreachable"


async def test_unknown_is_not_added_as_zero(admin: httpx2.AsyncClient, context: Context, sonarr: FakeSonarr) -> None:
    await add_service(context, sonarr, "sonarr", name="One")
    await poll.poll_all(context)
    await add_service(context, sonarr, "sonarr", name="Two", url="http://nobody.invalid")

    assert (await look(admin))["figures"]["missing"] == {"total": 0, "complete": False, "missing": ["Two"], "stale": []}


async def test_a_download_is_one_row_whoever_tells_of_it(
    admin: httpx2.AsyncClient, context: Context, sonarr: FakeSonarr, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    sabnzbd.state.queue = [
        slot(0, nzo_id="SABnzbd_nzo_movie", filename="Movie.2026", mb="2048", mbleft="1024"),
        slot(1, nzo_id="SABnzbd_nzo_pack", filename="Show.S01"),
        slot(2, nzo_id="SABnzbd_nzo_other", filename="By.hand"),
    ]
    sonarr.add_to_queue(episodes=10, downloadId="SABnzbd_nzo_pack", title="Show.S01.1080p")
    sonarr.add_to_queue(episodes=1, downloadId="SABnzbd_nzo_done", trackedDownloadState="importBlocked")
    sonarr.add_to_queue(episodes=1, downloadId=None, status="delay", trackedDownloadState=None)
    sonarr.add_to_queue(episodes=1, downloadId=None, status="delay", trackedDownloadState=None)
    radarr.add_to_queue(downloadId="SABnzbd_nzo_movie", title="Movie.2026.1080p", errorMessage="stalled")
    for kind, fake in (("sonarr", sonarr), ("radarr", radarr), ("sabnzbd", sabnzbd)):
        await add_service(context, fake, kind)
    await poll.poll_all(context)

    dashboard = await look(admin)

    rows = [
        (row["download_id"], row["count"], row["status"], row["client"], row["managers"]) for row in dashboard["queue"]
    ]
    assert rows == [
        ("SABnzbd_nzo_movie", 1, "Downloading", "Sabnzbd", ["Radarr"]),
        ("SABnzbd_nzo_pack", 10, "Downloading", "Sabnzbd", ["Sonarr"]),
        ("SABnzbd_nzo_other", 1, "Downloading", "Sabnzbd", []),
        ("SABnzbd_nzo_done", 1, "importBlocked", None, ["Sonarr"]),
        (None, 1, "delay", None, ["Sonarr"]),
        (None, 1, "delay", None, ["Sonarr"]),
    ]
    movie = dashboard["queue"][0]
    assert (movie["title"], movie["message"]) == ("Movie.2026.1080p", "stalled")
    assert (movie["size_bytes"], movie["left_bytes"]) == (2 * 2**30, 2**30)
    assert dashboard["figures"]["queue"] == {"total": 6, "complete": True, "missing": [], "stale": []}
    assert not dashboard["queue_truncated"]
    # The downloads are shown once, not with each service as well.
    [block] = [service["blocks"]["queue"] for service in dashboard["services"] if service["kind"] == "sonarr"]
    assert block["data"] == {"total": 13}


async def test_two_that_wait_for_one_download_share_its_row(
    admin: httpx2.AsyncClient, context: Context, sonarr: FakeSonarr
) -> None:
    sonarr.add_to_queue(episodes=2, downloadId="x")
    for name in ("A", "B"):
        await add_service(context, sonarr, "sonarr", name=name)
    await poll.poll_all(context)

    [row] = (await look(admin))["queue"]

    assert (row["managers"], row["count"], row["client"]) == (["A", "B"], 4, None)


async def test_a_long_queue_is_cut_and_says_so(
    admin: httpx2.AsyncClient, context: Context, sabnzbd: FakeSabnzbd
) -> None:
    sabnzbd.queued = QUEUE_ROWS + 500
    await add_service(context, sabnzbd, "sabnzbd")
    await poll.poll_all(context)

    dashboard = await look(admin)

    assert len(dashboard["queue"]) == MAXIMUM_ROWS
    assert dashboard["queue_truncated"]
    assert dashboard["services"][0]["blocks"]["queue"]["data"]["total"] == QUEUE_ROWS + 500


async def test_the_audit_and_recent_activity_are_shown(admin: httpx2.AsyncClient, context: Context) -> None:
    service = await add_service(context, FakeSonarr(), "sonarr", url="http://nobody.invalid", enabled=False)
    now = datetime.now(UTC)

    def audit(state: str, hours: float, score: float | None, service_id: uuid.UUID | None = None) -> Audit:
        then = now - timedelta(hours=hours)
        finished = then if state == "finished" else None
        return Audit(state=state, created_at=then, finished_at=finished, score=score, counts={}, service_id=service_id)

    def finding(subject: str, verdict: str, severity: str, ignored: bool = False) -> Finding:
        return Finding(
            service_id=service.id,
            rule="r",
            subject=subject,
            verdict=verdict,
            severity=severity,
            title="t",
            reason="r",
            source="s",
            ignored_at=now if ignored else None,
            first_seen_at=now,
            last_seen_at=now,
        )

    async with context.database.writing.begin() as session:
        session.add_all(
            [audit("finished", 30, 10.0), audit("finished", 20, 80.0), audit("finished", 2, 1.0, service.id)]
        )
        session.add_all([audit("running", 1, None), audit("failed", 1, None)])
        session.add_all([finding("a", "failed", "error"), finding("b", "failed", "error")])
        session.add_all([finding("c", "failed", "warning", ignored=True), finding("d", "passed", "notice")])

    dashboard = await look(admin)

    assert dashboard["audit"] | {"finished_at": None} == {
        "state": "fresh",
        "finished_at": None,
        "age_s": pytest.approx(20 * 3600, abs=60),
        "score": 80.0,
        "findings": {"error": 2, "warning": 0, "notice": 0},
    }
    assert dashboard["services"] == []

    await set_policy(context, audit_every_h=1)
    assert (await look(admin))["audit"]["state"] == "stale"

    for _ in range(12):
        await admin.put("/api/v1/policy", json={"poll_every_s": 30})
        await admin.put("/api/v1/policy", json={})
    dashboard = await look(admin)
    assert [entry["action"] for entry in dashboard["activity"]] == ["policy.changed"] * 10


async def test_it_is_for_administrators(client: httpx2.AsyncClient, requester: httpx2.AsyncClient) -> None:
    assert (await client.get(PATH)).status_code == 401
    assert (await requester.get(PATH)).status_code == 403


async def test_nobody_is_asked_unless_it_is_wanted(
    admin: httpx2.AsyncClient, context: Context, sonarr: FakeSonarr
) -> None:
    await add_service(context, sonarr, "sonarr")

    await look(admin)
    assert sonarr.requests == []

    assert (await look(admin, refresh=True))["services"][0]["state"] == "fresh"
    asked = len(sonarr.requests)
    assert asked
    await look(admin, refresh=True)
    assert len(sonarr.requests) == asked


async def test_a_refresh_answers_what_there_is_at_its_deadline(
    admin: httpx2.AsyncClient, context: Context, sonarr: FakeSonarr, radarr: FakeRadarr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll, "REFRESH_DEADLINE", 0.5)
    sonarr.fail("", "hang")
    await add_service(context, sonarr, "sonarr")
    await add_service(context, radarr, "radarr")

    dashboard = await look(admin, refresh=True)

    assert {service["name"]: service["state"] for service in dashboard["services"]} == {
        "Radarr": "fresh",
        "Sonarr": "unknown",
    }


async def fill(context: Context, first: int, count: int) -> None:
    """Services with full blocks, as a poll would leave them."""
    items = [
        {
            "title": f"Release.{n}",
            "count": 1,
            "status": "downloading",
            "size_bytes": 1,
            "left_bytes": 1,
            "message": None,
        }
        for n in range(100)
    ]
    for number in range(first, first + count):
        service: Service = await add_service(
            context, FakeSonarr(), "sonarr", url="http://nobody.invalid", name=f"Sonarr {number}"
        )
        await keep(
            context.database,
            service,
            {
                "version": {"application": "Sonarr", "version": "4", "capabilities": {}},
                "health": {"total": 0, "issues": []},
                "missing": {"total": 10},
                "disk": {"folders": []},
                "queue": {
                    "total": 100,
                    "items": [{**item, "download_id": f"{number}-{n}"} for n, item in enumerate(items)],
                },
            },
        )


async def test_twenty_services_are_shown_about_as_quickly_as_none(admin: httpx2.AsyncClient, context: Context) -> None:
    """In relation to a request that does next to nothing on the same machine at the same moment."""

    times: dict[str, list[float]] = {PATH: [], "/api/v1/policy": []}

    await fill(context, 0, 20)

    dashboard = await look(admin)
    assert len(dashboard["services"]) == 20
    assert dashboard["figures"]["missing"]["total"] == 200
    assert dashboard["figures"]["queue"]["total"] == 2000
    assert (len(dashboard["queue"]), dashboard["queue_truncated"]) == (MAXIMUM_ROWS, True)
    # In turns, and of many: what else runs on the machine slows some of them down.
    for _ in range(30):
        for path, taken in times.items():
            began = time.perf_counter()
            assert (await admin.get(path)).status_code == 200
            taken.append(time.perf_counter() - began)
    assert min(times[PATH]) < 15 * min(times["/api/v1/policy"])


async def test_both_databases_show_the_same(replicas: list[FastAPI]) -> None:
    from autoarr.dashboard.view import look as look_at

    one, other = [await context_of(app) for app in replicas]
    await fill(one, 0, 2)
    gone = await add_service(one, FakeRadarr(), "radarr", url="http://nobody.invalid")
    await keep(one.database, gone, {"version": UpstreamError("Radarr", Cause.DNS, "no such name")})

    async with other.database.sessions() as session:
        dashboard = await look_at(session)

    assert [(service.name, service.state) for service in dashboard.services] == [
        ("Radarr", "unknown"),
        ("Sonarr 0", "fresh"),
        ("Sonarr 1", "fresh"),
    ]
    assert dashboard.services[0].blocks["version"].failure == Failure(cause=Cause.DNS, detail="no such name")
    assert dashboard.figures["missing"].model_dump() == {
        "total": 20,
        "complete": False,
        "missing": ["Radarr"],
        "stale": [],
    }
    assert dashboard.activity[0].action == "service.unreachable"

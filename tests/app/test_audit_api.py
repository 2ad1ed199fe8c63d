"""Audits, findings and rules over the API."""

from __future__ import annotations

import asyncio
import copy
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from autoarr.actors import SYSTEM
from autoarr.audits import runner
from autoarr.audits.rules import RULES
from autoarr.changes import resources
from autoarr.context import Context
from autoarr.models import Activity, Audit, Service
from tests.app.audit_world import make_folder
from tests.app.changes_stage import FakeService, add_service
from tests.app.fakes import FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, sabnzbd_data

SEVERITIES = ["error", "warning", "notice"]


@pytest.fixture
def context(app: FastAPI) -> Context:
    """The application's."""
    found: Context = app.state.context
    return found


async def get(client: httpx2.AsyncClient, path: str, /, expected: int = 200, **query: Any) -> Any:
    answer = await client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def start(admin: httpx2.AsyncClient, body: Any = None) -> dict[str, Any]:
    answer = await admin.post("/api/v1/audits", json=body or {})
    assert answer.status_code == 202, answer.text
    audit: dict[str, Any] = answer.json()
    return audit


async def finished(admin: httpx2.AsyncClient, audit_id: str) -> dict[str, Any]:
    """Wait for an audit's end."""
    async with asyncio.timeout(30):
        while True:
            audit: dict[str, Any] = await get(admin, f"audits/{audit_id}")
            if audit["state"] in ("finished", "failed"):
                return audit
            await asyncio.sleep(0.05)


async def test_audit_from_request_to_findings(
    context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr, plex: FakePlex
) -> None:
    services = {
        str(await add_service(context, "sonarr", sonarr)): "sonarr",
        str(await add_service(context, "plex", plex)): "plex",
    }
    sonarr.state.config["downloadclient"]["enableCompletedDownloadHandling"] = False

    queued = await start(admin)

    assert (queued["state"], queued["service_id"], queued["created_by"]) == ("queued", None, "Ada")
    assert (queued["score"], queued["services"], queued["failed"]) == (None, [], 0)
    audit = await finished(admin, queued["id"])
    assert audit["state"] == "finished", audit
    assert {one["service_id"] for one in audit["services"]} == services.keys()
    assert 0 < audit["score"] < 100
    page = await get(admin, "findings", verdict="failed", page_size=200)
    assert page["total"] == audit["failed"] == len(page["items"])
    order = [(SEVERITIES.index(one["severity"]), one["title"]) for one in page["items"]]
    assert order == sorted(order)
    assert {one["service_id"]: one["kind"] for one in page["items"]} == services
    first = next(one for one in page["items"] if one["rule"] == "arr.completed-download-handling")
    assert first["call"] == 'PUT /api/v3/config/downloadclient/1 {..., "enableCompletedDownloadHandling": true}'
    assert first["fix"] == {"resource": "config/downloadclient", "fields": {"enableCompletedDownloadHandling": True}}
    assert (first["found"], first["wanted"], first["service_name"]) == (False, True, "My sonarr")
    assert first["audit_id"] == audit["id"]
    assert await get(admin, f"findings/{first['id']}") == first
    async with context.database.sessions() as session:
        actions = set(await session.scalars(select(Activity.action)))
    assert {"audit.requested", "audit.finished"} <= actions


async def test_an_audit_of_one_service_at_a_time(
    context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr
) -> None:
    service_id = str(await add_service(context, "sonarr", sonarr))
    sonarr.fail("config/host", "hang")  # so that it is still under way

    first = await start(admin, {"service_id": service_id})
    again = await start(admin, {"service_id": service_id})
    other = await start(admin)

    assert first["id"] == again["id"] != other["id"]
    assert first["service_id"] == service_id
    listed = await get(admin, "audits")
    assert [one["id"] for one in listed["items"]] == [other["id"], first["id"]]
    assert [one["id"] for one in (await get(admin, "audits", service_id=service_id))["items"]] == [first["id"]]


async def test_what_cannot_be_audited(context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr) -> None:
    service_id = await add_service(context, "sonarr", sonarr)
    async with context.database.writing.begin() as session:
        await session.execute(update(Service).values(enabled=False))

    for body, status in (
        ({"service_id": str(uuid.uuid4())}, 404),
        ({"service_id": str(service_id)}, 409),
        ({"service_id": "x"}, 422),
        ({"other": 1}, 422),
        (None, 422),
    ):
        answer = await admin.post("/api/v1/audits", json=body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    async with context.database.sessions() as session:
        assert not list(await session.scalars(select(Audit)))


async def test_every_fix_fixes(
    context: Context,
    admin: httpx2.AsyncClient,
    sonarr: FakeSonarr,
    radarr: FakeRadarr,
    plex: FakePlex,
    sabnzbd: FakeSabnzbd,
    tmp_path: Path,
) -> None:
    """What a fix says, the services take as it is, and the next audit finds it done."""
    fakes: dict[str, FakeService] = {"sonarr": sonarr, "radarr": radarr, "plex": plex, "sabnzbd": sabnzbd}
    services = {await add_service(context, kind, fake): kind for kind, fake in fakes.items()}
    spoil(sonarr, radarr, plex, sabnzbd)
    object.__setattr__(context.settings, "trash_source", str(make_folder(tmp_path / "trash", guides(sonarr, radarr))))
    await runner.run_audit(context, uuid.uuid4(), None, SYSTEM)
    before = {one["id"]: one for one in (await get(admin, "findings", verdict="failed", page_size=200))["items"]}
    fixable = {key: one for key, one in before.items() if one["fix"]}
    by_person = {
        *("arr.authentication", "arr.recycle-bin", "arr.repack-scored", "arr.health"),
        *("sabnzbd.password", "cross.category-known", "cross.category-distinct", "cross.root-folder-in-plex"),
        "service.certificate",
    }
    stored_long_ago = {"arr.minimum-free-space"}  # today's versions refuse whole objects with less
    assert {one["rule"] for one in fixable.values()} == {rule.id for rule in RULES} - by_person - stored_long_ago

    for one in fixable.values():
        client = await context.upstreams.client(uuid.UUID(one["service_id"]))
        fix = one["fix"]
        await resources.write(client, fix["resource"], await resources.read(client, fix["resource"]), fix["fields"])
    await runner.run_audit(context, uuid.uuid4(), None, SYSTEM)

    after = {one["id"]: one for one in (await get(admin, "findings", page_size=200))["items"]}
    assert [after[key] for key in fixable if after[key]["verdict"] != "passed"] == []
    assert len(services) == 4


def spoil(sonarr: FakeSonarr, radarr: FakeRadarr, plex: FakePlex, sabnzbd: FakeSabnzbd) -> None:
    """Set everything that a fix can set right to something else."""
    for fake in (sonarr, radarr):
        config, collections = fake.state.config, fake.state.collections
        config["downloadclient"] |= {"enableCompletedDownloadHandling": False, "autoRedownloadFailed": False}
        config["mediamanagement"] |= {
            "copyUsingHardlinks": False,
            "downloadPropersAndRepacks": "preferAndUpgrade",
            "rescanAfterRefresh": "never",
            "skipFreeSpaceCheckWhenImporting": True,
        }
        config["host"]["certificateValidation"] = "disabled"
        config["naming"] |= {"renameEpisodes": False} if fake is sonarr else {"renameMovies": False}
        client = collections["downloadclient"][0]
        client |= {"removeCompletedDownloads": False, "removeFailedDownloads": False}
        torrents = copy.deepcopy(client) | {
            "id": 9,
            "name": "Torrents",
            "protocol": "torrent",
            "implementation": "Other",
        }
        collections["downloadclient"].append(torrents)
        for entry in client["fields"]:
            if entry["name"] == "movieCategory":
                entry["value"] = ""
        profile = collections["qualityprofile"][0]
        profile |= {"name": "TRaSH's", "upgradeAllowed": False}
        profile["formatItems"] = [{"format": 1, "name": "Repack", "score": 1}]
    sonarr.state.config["mediamanagement"]["episodeTitleRequired"] = "always"
    misc = sabnzbd.state.config["misc"]
    switches = (
        "fail_hopeless_jobs",
        "safe_postproc",
        "enable_recursive",
        "flat_unpack",
        "deobfuscate_final_filenames",
        "fulldisk_autoresume",
        "action_on_unwanted_extensions",
    )
    misc |= dict.fromkeys(switches, 0)
    misc |= {"ignore_samples": 1, "unwanted_extensions": [], "history_retention_option": "all-delete"}
    misc["download_free"] = ""
    sabnzbd.state.config["sorters"].append(sabnzbd_data.sorter("Shows", 0))
    sabnzbd.state.config["servers"][0] |= {"ssl": 0, "port": 119}
    for category in sabnzbd.state.config["categories"]:
        category["dir"] = "flat/*"
    for preference in plex.state.preferences:
        if preference["type"] == "bool":
            preference["value"] = preference["id"] in ("ScheduledLibraryUpdatesEnabled", "allowMediaDeletion")
        elif preference["id"] in ("secureConnections", "GenerateBIFBehavior"):
            preference["value"] = 2 if preference["type"] == "int" else "asap"


def guides(sonarr: FakeSonarr, radarr: FakeRadarr) -> dict[str, Any]:
    """Recommendations that neither follows."""
    files: dict[str, Any] = {}
    for kind, sizes, fake in (("sonarr", "series", sonarr), ("radarr", "movie", radarr)):
        definition = fake.state.collections["qualitydefinition"][0]
        size = {"quality": definition["quality"]["name"], "min": 1, "preferred": 5, "max": 9}
        files[f"{kind}/quality-size/{sizes}.json"] = {"qualities": [size]}
        files[f"{kind}/cf/repack.json"] = {"trash_id": "repack", "trash_scores": {"default": 5}}
        profile = fake.state.collections["qualityprofile"][0]
        cutoff = next(
            item for item in profile["items"] if (item.get("id") or item["quality"]["id"]) == profile["cutoff"]
        )
        files[f"{kind}/quality-profiles/x.json"] = {
            "trash_id": "0" * 32,
            "name": "TRaSH's",
            "upgradeAllowed": True,
            "cutoff": cutoff.get("name") or cutoff["quality"]["name"],
            "minFormatScore": 3,
            "cutoffFormatScore": 400,
            "formatItems": {"Repack": "repack"},
        }
    episode = {"default": "{Series Title} S{season:00}E{episode:00}"}
    files["sonarr/naming/x.json"] = {
        "episodes": {"standard": episode, "daily": episode, "anime": episode},
        "series": {"default": "{Series Title} guides"},
        "season": {"default": "{season} guides"},
    }
    files["radarr/naming/x.json"] = {
        "file": {"standard": "{Movie Title} guides"},
        "folder": {"default": "{Movie Title} folder"},
    }
    return files


async def test_filters(context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr, plex: FakePlex) -> None:
    service_id = await add_service(context, "sonarr", sonarr)
    await add_service(context, "plex", plex)
    await runner.run_audit(context, uuid.uuid4(), None, SYSTEM)
    everything = (await get(admin, "findings", page_size=200))["items"]

    queries: tuple[dict[str, Any], ...] = (
        {"verdict": "passed"},
        {"severity": "error"},
        {"kind": "plex"},
        {"service_id": str(service_id)},
        {"rule": "arr.rename"},
        {"rule": "nothing"},
        {"verdict": "failed", "kind": "sonarr", "severity": "notice"},
        {"ignored": "true"},
    )
    for query in queries:
        expected = [
            one["id"]
            for one in everything
            if all(one[name] == value for name, value in query.items() if name != "ignored")
            and (query.get("ignored") != "true" or one["ignored_at"])
        ]
        found = (await get(admin, "findings", page_size=200, **query))["items"]
        assert [one["id"] for one in found] == expected, query
    assert (await get(admin, "findings", ignored="false"))["total"] == len(everything)
    second = await get(admin, "findings", page=2, page_size=5)
    assert [one["id"] for one in second["items"]] == [one["id"] for one in everything[5:10]]
    assert second["total"] == len(everything)
    for name, value in (("verdict", "x"), ("kind", "x"), ("service_id", "x"), ("rule", "a\0"), ("page", 0)):
        await get(admin, "findings", 422, **{name: value})


async def test_ignore(context: Context, admin: httpx2.AsyncClient, sonarr: FakeSonarr) -> None:
    await add_service(context, "sonarr", sonarr)
    await runner.run_audit(context, uuid.uuid4(), None, SYSTEM)
    found = (await get(admin, "findings", rule="arr.recycle-bin"))["items"][0]
    path = f"findings/{found['id']}/ignore"

    with context.bus.subscribe() as events:
        answer = await admin.post(f"/api/v1/{path}", json={"reason": "the disk is snapshotted"})
        async with asyncio.timeout(30):
            # What runs by the clock is told of as well.
            event = await anext(one async for one in events if one.kind == "finding.changed")

    assert answer.status_code == 200, answer.text
    assert event.data == {"id": found["id"]}
    ignored = answer.json()
    assert (ignored["ignored_because"], ignored["ignored_by"]) == ("the disk is snapshotted", "Ada")
    assert ignored["ignored_at"]
    assert await get(admin, f"findings/{found['id']}") == ignored
    assert (await get(admin, "findings", ignored=True))["total"] == 1

    answer = await admin.delete(f"/api/v1/{path}")

    assert answer.json() == found
    async with context.database.sessions() as session:
        query = select(Activity).where(Activity.action.like("finding.%")).order_by(Activity.id)
        noted = list(await session.scalars(query))
    assert [(one.action, one.cause, one.actor) for one in noted] == [
        ("finding.ignored", "the disk is snapshotted", "Ada"),
        ("finding.unignored", None, "Ada"),
    ]


async def test_nothing_there(admin: httpx2.AsyncClient) -> None:
    for path in (f"audits/{uuid.uuid4()}", f"findings/{uuid.uuid4()}"):
        await get(admin, path, 404)
    await get(admin, "findings/x", 422)
    ignore = f"/api/v1/findings/{uuid.uuid4()}/ignore"
    assert (await admin.post(ignore, json={"reason": "x"})).status_code == 404
    assert (await admin.delete(ignore)).status_code == 404
    for body in ({}, {"reason": ""}, {"reason": "x" * 2001}, {"reason": "a\0b"}, {"reason": "x", "more": 1}):
        assert (await admin.post(ignore, json=body)).status_code == 422, body
    surrogate = b'{"reason": "\\ud800"}'
    json_type = {"content-type": "application/json"}
    assert (await admin.post(ignore, content=surrogate, headers=json_type)).status_code == 422


async def test_rules(admin: httpx2.AsyncClient) -> None:
    page = await get(admin, "rules", page_size=200)

    assert [one["id"] for one in page["items"]] == [rule.id for rule in RULES]
    assert page["total"] == len(RULES)
    rename = next(one for one in page["items"] if one["id"] == "arr.rename")
    assert rename["sources"] == [
        "https://trash-guides.info/Sonarr/Sonarr-recommended-naming-scheme/",
        "https://trash-guides.info/Radarr/Radarr-recommended-naming-scheme/",
    ]
    assert (await get(admin, "rules", page=2, page_size=3))["items"] == page["items"][3:6]
    assert (await get(admin, "rules", page=1000))["items"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "audits"),
        ("POST", "audits"),
        ("GET", f"audits/{uuid.UUID(int=1)}"),
        ("GET", "rules"),
        ("GET", "findings"),
        ("GET", f"findings/{uuid.UUID(int=1)}"),
        ("POST", f"findings/{uuid.UUID(int=1)}/ignore"),
        ("DELETE", f"findings/{uuid.UUID(int=1)}/ignore"),
    ],
)
async def test_for_administrators_only(
    client: httpx2.AsyncClient, requester: httpx2.AsyncClient, method: str, path: str
) -> None:
    assert (await client.request(method, f"/api/v1/{path}", json={"reason": "x"})).status_code == 401
    assert (await requester.request(method, f"/api/v1/{path}", json={"reason": "x"})).status_code == 403

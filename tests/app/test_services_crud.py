"""Services: added, shown, changed and removed, without their keys ever coming back."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import select

from autoarr.context import Context
from autoarr.models import Activity, Change, Job, Observation, Service
from autoarr.services import registry
from autoarr.upstream.connection import Connection
from autoarr.upstream.http import HttpPolicy

if TYPE_CHECKING:
    from fastapi import FastAPI

KEY = "0123456789abcdef0123456789abcdef"
SONARR = {"kind": "sonarr", "name": "Sonarr", "url": "http://sonarr:8989/", "api_key": KEY}
PATH = "/api/v1/services"


class Network:
    """In place of the network: what answers is what the test says, and with which connections it was asked is noted."""

    def __init__(self) -> None:
        self.version: str | None = None
        self.asked: list[Connection] = []

    def transport(self, connection: Connection) -> httpx2.AsyncBaseTransport:
        def answer(request: httpx2.Request) -> httpx2.Response:
            self.asked.append(connection)
            if self.version is None:
                raise httpx2.ConnectError("refused")
            return httpx2.Response(200, json={"appName": "Sonarr", "version": self.version, "branch": "main"})

        return httpx2.MockTransport(answer)


@pytest.fixture(autouse=True)
async def network(app: FastAPI) -> Network:
    """No service of these tests is there, unless one says so; and no job asks any."""
    context: Context = app.state.context
    await context.jobs.close()
    network = Network()
    context.upstreams.transport = network.transport
    context.upstreams.policy = HttpPolicy(attempts=1)
    return network


async def add(admin: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await admin.post(PATH, json=SONARR | fields)
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def entries(app: FastAPI, action: str) -> list[Activity]:
    context: Context = app.state.context
    async with context.database.sessions() as session:
        return list(await session.scalars(select(Activity).where(Activity.action == action).order_by(Activity.id)))


async def test_a_service_is_added_though_it_is_away(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    view = await add(admin, path_mappings=[{"remote": "/tv", "local": "/data/tv"}])

    assert (await admin.get(f"{PATH}/{view['id']}")).json() == view
    assert uuid.UUID(view.pop("id")).version == 4
    assert view.pop("created_at") == view.pop("updated_at")
    assert view == {
        "kind": "sonarr",
        "name": "Sonarr",
        "url": "http://sonarr:8989",
        "api_key_set": True,
        "enabled": True,
        "tls_ca": None,
        "tls_insecure": False,
        "warning": None,
        "path_mappings": [{"remote": "/tv", "local": "/data/tv"}],
        "version": None,
        "capabilities": {},
        "discovered_at": None,
    }
    [entry] = await entries(app, "service.created")
    assert (entry.actor, entry.via, entry.subject, entry.outcome) == ("Ada", "session", "Sonarr", "succeeded")


async def test_a_service_that_answers_is_shown_with_its_version(admin: httpx2.AsyncClient, network: Network) -> None:
    network.version = "4.0.16"

    view = await add(admin)

    assert (view["version"], view["capabilities"]) == ("4.0.16", {"branch": "main"})
    assert datetime.fromisoformat(view["discovered_at"]).tzinfo
    assert [(asked.api_key, asked.url) for asked in network.asked] == [(KEY, "http://sonarr:8989")]


async def test_a_service_that_is_switched_off_is_not_asked(
    admin: httpx2.AsyncClient, app: FastAPI, network: Network
) -> None:
    view = await add(admin, enabled=False)

    assert network.asked == []
    assert await polls(app) == []

    await admin.patch(f"{PATH}/{view['id']}", json={"enabled": True})

    assert len(network.asked) == 1
    assert await polls(app) == [{"service_id": view["id"]}]


async def polls(app: FastAPI) -> list[dict[str, Any]]:
    context: Context = app.state.context
    async with context.database.sessions() as session:
        return list(await session.scalars(select(Job.payload).where(Job.kind == "poll", Job.key != "all")))


async def test_an_unverified_certificate_is_warned_of_in_every_view(admin: httpx2.AsyncClient) -> None:
    view = await add(admin, url="https://sonarr", tls_insecure=True)

    [listed] = (await admin.get(PATH)).json()["items"]
    assert "not verified" in view["warning"]
    assert listed == view


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "lidarr"},
        {"name": ""},
        {"name": "a\x00b"},
        {"name": None},
        {"url": "ftp://sonarr"},
        {"url": "http://ada:hunter2@sonarr"},
        {"api_key": ""},
        {"api_key": "with space"},
        {"api_key": "key\r\nHost: evil"},
        {"api_key": "ü"},
        {"api_key": "a" * 513},
        {"tls_ca": "no certificate"},
        {"tls_insecure": "maybe"},
        {"path_mappings": [{"remote": "/tv", "local": "/tv"}] * 51},
        {"path_mappings": [{"remote": "", "local": "/tv"}]},
        {"path_mappings": [{"remote": "/\x00", "local": "/tv"}]},
        {"path_mappings": [{"remote": "/tv"}]},
        {"id": str(uuid.UUID(int=1))},
    ],
    ids=str,
)
async def test_what_is_wrong_is_refused_and_not_repeated(admin: httpx2.AsyncClient, wrong: dict[str, Any]) -> None:
    answer = await admin.post(PATH, json=SONARR | wrong)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
    assert KEY not in answer.text
    assert "hunter2" not in answer.text
    assert (await admin.get(PATH)).json()["total"] == 0


async def test_half_a_character_is_refused(admin: httpx2.AsyncClient) -> None:
    """JSON can say half of a surrogate pair, which no database takes."""
    for field in ("name", "url", "api_key", "tls_ca"):
        body = str(SONARR | {field: "half"}).replace("'", '"').replace("half", "\\ud800")
        answer = await admin.post(PATH, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, field


async def test_names_are_unique_without_case(admin: httpx2.AsyncClient) -> None:
    await add(admin, name="Straße")
    other = await add(admin, name="Other")

    taken = await admin.post(PATH, json=SONARR | {"name": "STRASSE"})
    renamed = await admin.patch(f"{PATH}/{other['id']}", json={"name": "strasse"})

    assert (taken.status_code, renamed.status_code) == (409, 409)
    assert "name" in taken.json()["detail"]
    assert (await admin.get(PATH)).json()["total"] == 2


async def test_of_two_at_once_with_one_name_one_wins(admin: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(admin.post(PATH, json=SONARR) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_name_that_grows_when_folded_fits(admin: httpx2.AsyncClient) -> None:
    await add(admin, name="ΐ" * 64)


async def test_the_list_is_paged_and_filtered(admin: httpx2.AsyncClient) -> None:
    for kind, name in [("radarr", "b"), ("sonarr", "C"), ("plex", "a"), ("radarr", "D")]:
        await add(admin, kind=kind, name=name)

    async def names(**query: Any) -> tuple[int, list[str]]:
        page = (await admin.get(PATH, params=query)).json()
        return page["total"], [item["name"] for item in page["items"]]

    assert await names() == (4, ["a", "b", "C", "D"])
    assert await names(kind="radarr") == (2, ["b", "D"])
    assert await names(page=2, page_size=3) == (4, ["D"])
    assert (await admin.get(PATH, params={"kind": "lidarr"})).status_code == 422


async def test_a_change_keeps_what_it_does_not_name(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    before = await add(admin, path_mappings=[{"remote": "/tv", "local": "/data/tv"}])

    answer = await admin.patch(f"{PATH}/{before['id']}", json={"name": "Series", "enabled": False, "url": None})

    after = answer.json()
    assert answer.status_code == 200
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == before | {"name": "Series", "enabled": False}
    [entry] = await entries(app, "service.changed")
    assert entry.subject == "Series"
    assert entry.data == {
        "id": before["id"],
        "fields": ["enabled", "name"],
        "name": {"before": "Sonarr", "after": "Series"},
        "enabled": {"before": True, "after": False},
    }


async def test_a_change_of_nothing_is_none(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    before = await add(admin)

    after = (await admin.patch(f"{PATH}/{before['id']}", json={"name": "Sonarr"})).json()

    assert after == before
    assert await entries(app, "service.changed") == []


async def test_null_removes_a_certificate_and_nothing_else(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    from tests.app.test_services_address import ONE

    view = await add(admin, url="https://sonarr", tls_ca=ONE)
    assert view["tls_ca"] == ONE

    view = (await admin.patch(f"{PATH}/{view['id']}", json=dict.fromkeys(("tls_ca", "name", "api_key")))).json()

    assert (view["tls_ca"], view["name"]) == (None, "Sonarr")
    assert await stored_key(app, view["id"]) == KEY


async def stored_key(app: FastAPI, service_id: str) -> str:
    context: Context = app.state.context
    async with context.database.sessions() as session:
        service = await session.get_one(Service, uuid.UUID(service_id))
    return context.keys.decrypt(service.api_key_encrypted)


@pytest.mark.parametrize("url", ["http://evil:8989", "http://sonarr:8990", "https://sonarr:8989", "http://sonarr"])
async def test_a_stored_key_goes_nowhere_else(admin: httpx2.AsyncClient, network: Network, url: str) -> None:
    view = await add(admin)
    network.asked.clear()

    refused = await admin.patch(f"{PATH}/{view['id']}", json={"url": url})

    assert refused.status_code == 422
    assert "API key again" in refused.json()["detail"]
    assert network.asked == []
    assert (await admin.get(f"{PATH}/{view['id']}")).json() == view

    accepted = await admin.patch(f"{PATH}/{view['id']}", json={"url": url, "api_key": "another"})

    assert accepted.json()["url"] == url
    assert [asked.api_key for asked in network.asked] == ["another"]


async def test_another_url_base_keeps_the_key_and_drops_what_was_known(
    admin: httpx2.AsyncClient, app: FastAPI, network: Network
) -> None:
    network.version = "4.0.16"
    view = await add(admin)
    assert view["version"] == "4.0.16"
    context: Context = app.state.context
    async with context.database.writing.begin() as session:
        session.add(Observation(service_id=uuid.UUID(view["id"]), block="queue", data={"total": 3}))
    network.version = None

    view = (await admin.patch(f"{PATH}/{view['id']}", json={"url": "http://sonarr:8989/base"})).json()

    assert (view["url"], view["version"], view["discovered_at"]) == ("http://sonarr:8989/base", None, None)
    assert await stored_key(app, view["id"]) == KEY
    async with context.database.sessions() as session:
        assert (await session.scalars(select(Observation))).all() == []


async def test_a_removed_service_keeps_its_changes_and_activity(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    view = await add(admin)
    service_id = uuid.UUID(view["id"])
    context: Context = app.state.context
    async with context.database.writing.begin() as session:
        session.add(Observation(service_id=service_id, block="queue", data={"total": 3}))
        session.add(
            Change(
                service_id=service_id,
                service_name="Sonarr",
                state="applied",
                resource="config/naming",
                fields=[],
                pre_image_encrypted="",
                wanted_encrypted="",
                actor="Ada",
                created_at=datetime.now(UTC),
            )
        )

    removed = await admin.delete(f"{PATH}/{view['id']}")

    assert (removed.status_code, removed.content) == (204, b"")
    assert (await admin.get(PATH)).json()["total"] == 0
    async with context.database.sessions() as session:
        [change] = await session.scalars(select(Change))
        assert (change.service_id, change.service_name) == (None, "Sonarr")
        assert (await session.scalars(select(Observation))).all() == []
    assert len(await entries(app, "service.created")) == len(await entries(app, "service.deleted")) == 1
    await add(admin)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test")])
async def test_what_is_not_there_is_not_found(admin: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await admin.request(method, f"{PATH}/{uuid.uuid4()}{path}", json={} if method == "PATCH" else None)

    assert answer.status_code == 404


async def test_services_are_for_administrators(
    client: httpx2.AsyncClient, requester: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    view = await add(admin)
    calls = [
        ("GET", PATH),
        ("POST", PATH),
        ("POST", f"{PATH}/test"),
        ("GET", f"{PATH}/{view['id']}"),
        ("PATCH", f"{PATH}/{view['id']}"),
        ("DELETE", f"{PATH}/{view['id']}"),
        ("POST", f"{PATH}/{view['id']}/test"),
    ]
    for method, path in calls:
        body = SONARR if method == "POST" else {} if method == "PATCH" else None
        assert (await client.request(method, path, json=body)).status_code == 401
        assert (await requester.request(method, path, json=body)).status_code == 403
    assert (await admin.get(PATH)).json()["total"] == 1


async def test_the_enabled_ones_by_name(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    await add(admin, name="b")
    await add(admin, name="A", enabled=True)
    await add(admin, name="c", enabled=False)
    context: Context = app.state.context

    async with context.database.sessions() as session:
        assert [service.name for service in await registry.list_enabled(session)] == ["A", "b"]


async def test_changes_are_published(admin: httpx2.AsyncClient, app: FastAPI) -> None:
    context: Context = app.state.context
    with context.bus.subscribe() as subscription:
        view = await add(admin)
        await admin.patch(f"{PATH}/{view['id']}", json={"name": "b"})
        await admin.delete(f"{PATH}/{view['id']}")
        events = aiter(subscription)
        got: list[Any] = []
        while len(got) < 3:
            event = await asyncio.wait_for(anext(events), 5)
            got += [event.data] if event.kind == "service.changed" else []

    assert got == [{"id": view["id"]}] * 3


async def test_no_key_is_in_an_answer_the_log_or_the_file(
    admin: httpx2.AsyncClient, app: FastAPI, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    other = "fedcba9876543210fedcba9876543210"
    view = await add(admin)
    one = f"{PATH}/{view['id']}"
    texts = [
        str(view),
        (await admin.post(PATH, json=SONARR)).text,
        (await admin.patch(one, json={"api_key": other})).text,
        (await admin.patch(one, json={"api_key": f"{other} {KEY}"})).text,
        (await admin.post(f"{one}/test")).text,
        (await admin.post(f"{PATH}/test", json={k: v for k, v in SONARR.items() if k != "name"})).text,
        (await admin.get(one)).text,
        (await admin.get(PATH)).text,
        caplog.text,
    ]
    assert await stored_key(app, view["id"]) == other
    context: Context = app.state.context
    await context.database.close()  # writes everything into the file
    texts += [file.read_bytes().decode("latin-1") for file in data_dir.glob("autoarr.db*")]  # noqa: ASYNC240 -- nothing else runs

    assert "service.changed" in "".join(texts)
    for secret in (KEY, other):
        assert secret not in "".join(texts)

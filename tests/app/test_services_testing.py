"""The test of a service: what it is, or the cause why not."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from autoarr.context import Context
from autoarr.models import Service
from autoarr.services import testing
from autoarr.upstream.http import HttpPolicy
from tests.app.fakes import Fake, FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, Fault, serve

if TYPE_CHECKING:
    from fastapi import FastAPI

PATH = "/api/v1/services"


@pytest.fixture(autouse=True)
async def _quick(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time-outs are short, and no job asks meanwhile."""
    context: Context = app.state.context
    context.upstreams.policy = HttpPolicy(connect=2, read=1.5, attempts=2, first_wait=0.001)
    monkeypatch.setattr(testing, "DISCOVERY_DEADLINE", 1.0)
    await context.jobs.close()


def address(kind: str, fake: Fake[Any], **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "url": fake.url, "api_key": fake.api_key, **fields}


async def try_out(admin: httpx2.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await admin.post(f"{PATH}/test", json=body)
    assert answer.status_code == 200, answer.text
    assert body["api_key"] not in answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_each_kind_says_what_it_is(
    admin: httpx2.AsyncClient, sonarr: FakeSonarr, radarr: FakeRadarr, plex: FakePlex, sabnzbd: FakeSabnzbd
) -> None:
    fakes: dict[str, Fake[Any]] = {"sonarr": sonarr, "radarr": radarr, "plex": plex, "sabnzbd": sabnzbd}
    names = {"sonarr": "Sonarr", "radarr": "Radarr", "plex": "Plex Media Server", "sabnzbd": "SABnzbd"}
    for kind, fake in fakes.items():
        result = await try_out(admin, address(kind, fake))

        assert result["ok"], result
        assert (result["cause"], result["application"]) == (None, names[kind])
        assert result["version"] in result["detail"]
        assert result["latency_ms"] > 0
        assert not fake.writes
    assert (await admin.get(PATH)).json()["total"] == 0


@pytest.mark.parametrize("kind", ["sonarr", "radarr", "plex", "sabnzbd"])
async def test_a_wrong_key_is_told_by_each_kind(
    admin: httpx2.AsyncClient, request: pytest.FixtureRequest, kind: str
) -> None:
    fake = request.getfixturevalue(kind)

    result = await try_out(admin, address(kind, fake, api_key="wrong-key"))

    assert (result["ok"], result["cause"]) == (False, "authentication")
    assert "key" in result["advice"]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (401, "authentication"),
        (403, "authentication"),
        (404, "wrong_url_base"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "server_error"),
        ("html", "wrong_url_base"),
        ("redirect", "wrong_url_base"),
        ("not JSON", "invalid_answer"),
        ("truncated", "invalid_answer"),
        ("disconnect", None),
        ("hang", "timeout"),
    ],
)
async def test_each_cause_is_named(
    admin: httpx2.AsyncClient, sonarr: FakeSonarr, fault: Fault | int, cause: str | None
) -> None:
    sonarr.fail("", fault)

    result = await try_out(admin, address("sonarr", sonarr))

    assert not result["ok"]
    # A connection that ends within an answer is told as the one or the other.
    assert result["cause"] == cause or (cause is None and result["cause"] in ("connect", "invalid_answer"))
    assert result["detail"]
    assert result["advice"]
    assert (result["application"], result["version"], result["latency_ms"]) == (None, None, None)


async def test_another_application_is_named(
    admin: httpx2.AsyncClient, radarr: FakeRadarr, sabnzbd: FakeSabnzbd
) -> None:
    result = await try_out(admin, address("sonarr", radarr))
    assert result["cause"] == "unexpected_application"
    assert "Radarr" in result["detail"]

    assert (await try_out(admin, address("plex", sabnzbd)))["cause"] in ("unexpected_application", "wrong_url_base")
    assert (await try_out(admin, address("sabnzbd", radarr)))["cause"] in ("unexpected_application", "wrong_url_base")


async def test_a_wrong_url_base_is_told(admin: httpx2.AsyncClient) -> None:
    fake = FakeSonarr(url_base="/sonarr")
    with serve(fake):
        right = await try_out(admin, address("sonarr", fake))
        without = await try_out(admin, address("sonarr", fake, url=fake.url.removesuffix("/sonarr")))
        wrong = await try_out(admin, address("sonarr", fake, url=f"{fake.url}/api/v3"))

    assert right["ok"]
    assert (without["cause"], wrong["cause"]) == ("wrong_url_base", "wrong_url_base")


async def test_where_nothing_listens_is_told_from_a_name_nobody_knows(
    admin: httpx2.AsyncClient, sonarr: FakeSonarr
) -> None:
    with serve(FakeSonarr()) as url:
        pass
    assert (await try_out(admin, address("sonarr", sonarr, url=url)))["cause"] == "connect"
    assert (await try_out(admin, address("sonarr", sonarr, url="http://nobody.invalid")))["cause"] == "dns"
    assert (await try_out(admin, address("sonarr", sonarr, url=sonarr.url.replace("http", "https"))))["cause"] == "tls"


async def test_a_test_ends_at_its_deadline(
    admin: httpx2.AsyncClient, app: FastAPI, sonarr: FakeSonarr, monkeypatch: pytest.MonkeyPatch
) -> None:
    context: Context = app.state.context
    context.upstreams.policy = HttpPolicy()  # the usual patience, far beyond the deadline
    monkeypatch.setattr(testing, "DEADLINE", 0.2)
    sonarr.fail("", "hang")
    began = time.monotonic()

    result = await try_out(admin, address("sonarr", sonarr))

    assert (result["cause"], result["detail"]) == ("timeout", "no answer within 0.2 s")
    assert time.monotonic() - began < 12


async def test_a_kept_service_is_tested_with_its_key_and_what_it_says_is_kept(
    admin: httpx2.AsyncClient, sonarr: FakeSonarr
) -> None:
    sonarr.fail("", 503)
    added = (await admin.post(PATH, json=address("sonarr", sonarr, name="Sonarr"))).json()
    assert added["version"] is None
    one = f"{PATH}/{added['id']}"

    failed = (await admin.post(f"{one}/test")).json()

    assert (failed["ok"], failed["cause"]) == (False, "server_error")
    assert (await admin.get(one)).json() == added

    sonarr.mend()
    result = (await admin.post(f"{one}/test")).json()
    view = (await admin.get(one)).json()

    assert result["ok"]
    assert view["version"] == result["version"] == sonarr.state.status["version"]
    assert view["capabilities"] == result["capabilities"] != {}
    assert (datetime.now(UTC) - datetime.fromisoformat(view["discovered_at"])).total_seconds() < 60
    assert view["updated_at"] == added["updated_at"]


async def test_an_open_breaker_does_not_hide_the_cause(
    admin: httpx2.AsyncClient, app: FastAPI, sonarr: FakeSonarr
) -> None:
    context: Context = app.state.context
    context.upstreams.policy = HttpPolicy(attempts=1, failures=1)
    sonarr.fail("", 500)
    added = (await admin.post(PATH, json=address("sonarr", sonarr, name="Sonarr"))).json()
    sonarr.mend()

    for _ in range(2):
        assert (await admin.post(f"{PATH}/{added['id']}/test")).json()["ok"]


async def test_a_key_that_cannot_be_decrypted_is_told(
    admin: httpx2.AsyncClient, app: FastAPI, sonarr: FakeSonarr
) -> None:
    context: Context = app.state.context
    added = (await admin.post(PATH, json=address("sonarr", sonarr, name="Sonarr"))).json()
    async with context.database.writing.begin() as session:
        service = await session.get_one(Service, uuid.UUID(added["id"]))
        service.api_key_encrypted = "damaged"
        service.updated_at = datetime.now(UTC)
    sonarr.requests.clear()

    result = (await admin.post(f"{PATH}/{added['id']}/test")).json()

    assert (result["ok"], result["cause"]) == (False, "unreadable_key")
    assert "again" in result["advice"]
    assert sonarr.requests == []


async def test_a_version_that_no_database_takes_is_cleaned(admin: httpx2.AsyncClient, sonarr: FakeSonarr) -> None:
    sonarr.state.status["version"] = "4.0\x00" + "1" * 200

    added = (await admin.post(PATH, json=address("sonarr", sonarr, name="Sonarr"))).json()

    assert added["version"] == "4.0" + "1" * 61

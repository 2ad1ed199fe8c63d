"""No secret shows: one run through everything with marked secrets, which are then looked for wherever anything goes."""

from __future__ import annotations

import asyncio
import io
import logging
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from autoarr.app import create_app
from autoarr.keys import KEY_FILE
from autoarr.logs import configure_logging
from autoarr.notifications import sending
from autoarr.upstream.http import HttpPolicy
from tests.app.accounts import bearer, client_of
from tests.app.changes_stage import add_finding
from tests.app.fakes import Fake, FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr, serve
from tests.app.messages_stub import KEY, MessagesStub, Refuse, Say
from tests.app.receiver import LocalReceiver, Plan
from tests.app.waiting import until

if TYPE_CHECKING:
    from fastapi import FastAPI

    from autoarr.context import Context
    from autoarr.settings import Settings

pytestmark = [pytest.mark.usefixtures("cheap_passwords"), pytest.mark.thorough]


def mark() -> str:
    return uuid.uuid4().hex


class Marks:
    """Secrets by what they are."""

    def __init__(self) -> None:
        self.password, self.next_password, self.wrong_password, self.other_password = (mark() for _ in range(4))
        self.keys = {kind: mark() for kind in ("sonarr", "radarr", "plex", "sabnzbd")}
        self.wrong_key, self.unsaved_key, self.url_password, self.queried = (mark() for _ in range(4))
        # What the services know and AutoArr reads, keeps and writes back.
        self.server_password, self.sabnzbd_password, self.client_key = (mark() for _ in range(3))
        # Whom AutoArr tells of things, and with what.
        self.hook, self.hook_query, self.hook_key, self.topic, self.token, self.refused_hook = (
            mark() for _ in range(6)
        )
        self.chat_key = KEY
        self.tokens: dict[str, str] = {}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        values = vars(self)
        yield from {name: value for name, value in values.items() if isinstance(value, str)}.items()
        yield from self.keys.items()
        yield from self.tokens.items()


class Run:
    """An application, what it answered, and what it told listeners."""

    def __init__(self, app: FastAPI, data_dir: Path, messages_api: MessagesStub) -> None:
        self.app = app
        self.context: Context = app.state.context
        self.data_dir = data_dir
        self.messages_api = messages_api
        self.marks = Marks()
        self.log = io.StringIO()
        self.answers: list[tuple[str, str]] = []
        self.events: list[str] = []
        self.client = client_of(app)
        self.headers: dict[str, str] = {}

    async def ask(self, method: str, path: str, expected: int | None = None, **options: Any) -> httpx2.Response:
        answer = await self.client.request(method, path, **{"headers": self.headers} | options)
        assert expected in (None, answer.status_code), answer.text
        self.answers.append((f"{method} {path}", f"{answer.headers.multi_items()}\n{answer.text}"))
        return answer

    async def listen(self) -> None:
        with self.context.bus.subscribe() as subscription:
            async for event in subscription:
                self.events.append(repr(event))

    def found_in(self, text: str | bytes) -> list[str]:
        """Which secrets are in there."""
        given = text.encode() if isinstance(text, str) else text
        return [name for name, secret in self.marks if secret.encode() in given]


@pytest.fixture
async def run(
    messages_api: MessagesStub,
    settings: Settings,
    migrated_database: Path,
    made_data_dir: Path,
    own_root_logger: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Run]:
    shutil.copy(migrated_database, made_data_dir)
    # As `autoarr serve` logs, at its wordiest.
    configure_logging(settings.model_copy(update={"log_level": "DEBUG"}))
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    app = create_app(settings)
    run = Run(app, made_data_dir, messages_api)
    handler.setStream(run.log)
    monkeypatch.setattr(sending, "POLICY", HttpPolicy(read=1))
    run.context.upstreams.policy = HttpPolicy(connect=1, read=1, attempts=2, first_wait=0.01, failures=1000)
    async with app.router.lifespan_context(app), run.client:
        listening = asyncio.create_task(run.listen())
        await asyncio.sleep(0)
        yield run
        listening.cancel()


def stand_ins(marks: Marks) -> dict[str, Fake[Any]]:
    keys = marks.keys
    sabnzbd = FakeSabnzbd(api_key=keys["sabnzbd"], queued=3)
    sabnzbd.state.config["misc"] |= {"username": "someone", "password": marks.sabnzbd_password}
    sabnzbd.state.config["servers"][0] |= {"password": marks.server_password, "ssl": 0, "name": "news"}
    sonarr, radarr = FakeSonarr(api_key=keys["sonarr"], queued=3), FakeRadarr(api_key=keys["radarr"])
    for fake in (sonarr, radarr):
        (client,) = fake.state.collections["downloadclient"]
        next(field for field in client["fields"] if field["name"] == "apiKey")["value"] = marks.client_key
        fake.state.config["downloadclient"]["enableCompletedDownloadHandling"] = False
    return {"sonarr": sonarr, "radarr": radarr, "plex": FakePlex(api_key=keys["plex"]), "sabnzbd": sabnzbd}


async def log_in(run: Run) -> None:
    """Every way to use a password or a token, right and wrong."""
    marks = run.marks
    first = {"name": "ada", "password": marks.password}
    await run.ask("POST", "/auth/setup", 201, json=first)
    await run.ask("POST", "/auth/setup", 403, json=first | {"password": marks.other_password})
    await run.ask("POST", "/auth/login", 401, json=first | {"password": marks.wrong_password})
    await run.ask("POST", "/auth/login", 422, json=first | {"pass": marks.wrong_password})
    await run.ask("POST", "/auth/login", 422, content=f'{{"name": "ada", "password": "{marks.password}')
    tokens = (await run.ask("POST", "/auth/login", 200, json=first)).json()
    renewed = (await run.ask("POST", "/auth/refresh", 200, json={"refresh_token": tokens["refresh_token"]})).json()
    await run.ask("POST", "/auth/refresh", 401, json={"refresh_token": tokens["access_token"]})
    reused = (await run.ask("POST", "/auth/login", 200, json=first)).json()
    for expected in (200, 401):
        await run.ask("POST", "/auth/refresh", expected, json={"refresh_token": reused["refresh_token"]})
    by_cookie = await run.ask("POST", "/auth/login", 200, json=first | {"cookie": True})
    run.client.cookies.clear()
    marks.tokens |= {f"first {kind}": tokens[kind] for kind in ("access_token", "refresh_token")}
    marks.tokens |= {f"renewed {kind}": renewed[kind] for kind in ("access_token", "refresh_token")}
    marks.tokens |= {f"reused {kind}": reused[kind] for kind in ("access_token", "refresh_token")}
    marks.tokens |= {
        "cookie access": by_cookie.json()["access_token"],
        "cookie refresh": by_cookie.cookies.popitem()[1],
    }

    run.headers = bearer(renewed["access_token"])
    change = {"old": marks.wrong_password, "new": marks.next_password}
    await run.ask("POST", "/auth/password", 403, json=change)
    await run.ask("POST", "/auth/password", 200, json=change | {"old": marks.password})
    made = await run.ask("POST", "/api/v1/tokens", 201, json={"name": "phone", "role": "admin"})
    marks.tokens["API token"] = made.json()["token"]
    robin = {"name": "robin", "password": marks.other_password}
    await run.ask("POST", "/api/v1/users", 201, json=robin)
    await run.ask("POST", "/api/v1/users", 409, json=robin)
    run.headers = bearer(made.json()["token"])
    for path in ("/auth/me", "/auth/sessions", "/api/v1/tokens", "/api/v1/users", "/api/v1/nothing"):
        await run.ask("GET", path, params={"token": marks.queried, "apikey": marks.queried, "page": marks.queried})
        await run.ask("GET", path)


async def add_services(run: Run, fakes: dict[str, Fake[Any]]) -> dict[str, str]:
    """Add each, with tests that fail in every way; give the ids."""
    marks, ids = run.marks, {}
    for kind, fake in fakes.items():
        address = {"kind": kind, "url": fake.url, "api_key": marks.keys[kind]}
        service = address | {"name": kind}
        ids[kind] = (await run.ask("POST", "/api/v1/services", 201, json=service)).json()["id"]
        path = f"/api/v1/services/{ids[kind]}"
        await run.ask("POST", "/api/v1/services", 409, json=service)
        await run.ask("POST", "/api/v1/services", 422, json=service | {"kind": marks.unsaved_key})
        await run.ask("POST", "/api/v1/services", 422, json=service | {"api_key": f"a space {marks.unsaved_key}"})
        with_password = fake.url.replace("://", f"://someone:{marks.url_password}@")
        await run.ask("POST", "/api/v1/services", 422, json=service | {"url": with_password})
        await run.ask("POST", "/api/v1/services", 422, json=service | {"url": f"{fake.url}?key={marks.url_password}"})
        await run.ask("POST", "/api/v1/services/test", 200, json=address)
        await run.ask("POST", "/api/v1/services/test", 200, json=address | {"api_key": marks.wrong_key})
        for url in ("http://127.0.0.1:1", "https" + fake.url.removeprefix("http"), "http://sonarr.invalid"):
            body = address | {"url": url, "api_key": marks.unsaved_key}
            await run.ask("POST", "/api/v1/services/test", 200, json=body)
        for fault in (
            "hang",
            "html",
            "redirect",
            "truncated",
            "wrong content",
            "not JSON",
            "disconnect",
            401,
            429,
            500,
        ):
            fake.fail("", fault, retry_after=0) if fault == 429 else fake.fail("", fault)
            assert (await run.ask("POST", f"{path}/test", 200)).json()["cause"], fault
            fake.mend()
        await run.ask("PATCH", path, 200, json={"api_key": marks.wrong_key})
        assert (await run.ask("POST", f"{path}/test", 200)).json()["cause"] == "authentication"
        await run.ask("PATCH", path, 422, json={"url": "http://elsewhere.invalid"})
        await run.ask("PATCH", path, 200, json={"api_key": marks.keys[kind]})
        assert (await run.ask("POST", f"{path}/test", 200)).json()["ok"]
    return ids


async def audit(run: Run) -> None:
    started = (await run.ask("POST", "/api/v1/audits", 202, json={})).json()["id"]

    async def ended() -> bool:
        return bool((await run.ask("GET", f"/api/v1/audits/{started}")).json()["finished_at"])

    await until(ended, 30)
    await run.ask("GET", "/api/v1/findings", 200, params={"page_size": 200})


async def change(run: Run, fakes: dict[str, Fake[Any]], ids: dict[str, str]) -> None:
    """Write objects that hold secrets; let writes fail in every way."""
    client = {"removeFailedDownloads": False, "fields.tvCategory": "series"}
    wanted: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        (
            "sonarr",
            "config/downloadclient",
            {"enableCompletedDownloadHandling": True},
            {"path": "config/downloadclient"},
        ),
        ("sonarr", "downloadclient/1", client, {"path": "downloadclient"}),
        ("sonarr", "config/host", {"logLevel": "debug"}, {"path": "config/host"}),
        ("sabnzbd", "misc", {"ignore_samples": 1, "cleanup_list": ["nfo"]}, {"path": "set_config"}),
        ("sabnzbd", "servers/news", {"ssl": 1}, {"path": "set_config"}),
        ("plex", "prefs", {"fseventlibraryUpdatesEnabled": True}, {"path": "/:/prefs"}),
    ]
    for kind, resource, fields, write in wanted:
        fake = fakes[kind]
        finding = await add_finding(run.context, uuid.UUID(ids[kind]), resource, fields)
        path = f"/api/v1/findings/{finding}"
        method = {} if kind == "sabnzbd" else {"method": "PUT"}
        await run.ask("POST", f"{path}/apply", 409, json={"fingerprint": "0" * 64})
        for fault in (401, 500, "answer lost", "not stored", "stored, then disconnect"):
            plan = (await run.ask("POST", f"{path}/preview", 200)).json()
            fake.fail(fault=fault, times=1, **write, **method)
            made = await run.ask("POST", f"{path}/apply", json={"fingerprint": plan["fingerprint"]})
            fake.mend()
            if made.status_code == 200:
                await run.ask("POST", f"/api/v1/changes/{made.json()['id']}/revert", json={"preview": True})
                await run.ask("POST", f"/api/v1/changes/{made.json()['id']}/revert")
        plan = (await run.ask("POST", f"{path}/preview", 200)).json()
        made = await run.ask("POST", f"{path}/apply", json={"fingerprint": plan["fingerprint"]})
        await run.ask("POST", f"/api/v1/changes/{made.json().get('id', uuid.uuid4())}/revert")


async def add_targets(run: Run, receiver: LocalReceiver) -> None:
    """Add one of each kind, with tests that fail in every way."""
    marks, path = run.marks, "/api/v1/notifications/targets"
    targets = {
        "webhook": (f"/{marks.hook}?sig={marks.hook_query}", f"whsec_{marks.hook_key}"),
        "slack": (f"/{marks.hook}", None),
        "ntfy": (f"/{marks.topic}", marks.token),
        "gotify": (f"/{marks.hook}", marks.token),
    }
    for kind, (where, secret) in targets.items():
        target = {"kind": kind, "name": kind, "url": f"{receiver.url}{where}", "secret": secret}
        made = (await run.ask("POST", path, 201, json=target)).json()["id"]
        await run.ask("POST", path, 409, json=target)
        for wrong in (
            {"kind": marks.refused_hook},
            {"url": f"https://x.invalid/{marks.refused_hook}#"},
            {"url": f"https://someone:{marks.refused_hook}@x.invalid/"},
            {"secret": f"a space {marks.refused_hook}"},
            {"kind": "webhook", "secret": f"whsec_no base64 {marks.refused_hook}"},
            {"kind": "webhook", "secret": marks.refused_hook},
        ):
            await run.ask("POST", path, 422, json=target | wrong)
        for plan in (
            Plan(401, body=b"No", echo=True),
            Plan(404, {"Content-Type": "text/html"}, b"<html><title>", echo=True),
            Plan(302, {"Location": where}),
            Plan(500, body=b"No", echo=True),
            Plan(None),
        ):
            receiver.plans = [plan]
            assert not (await run.ask("POST", f"{path}/{made}/test", 200)).json()["ok"]
        assert (await run.ask("POST", f"{path}/{made}/test", 200)).json()["ok"]
        elsewhere = {"url": f"https://127.0.0.1:1{where}", "secret": secret}
        await run.ask("PATCH", f"{path}/{made}", 200, json=elsewhere)
        assert not (await run.ask("POST", f"{path}/{made}/test", 200)).json()["ok"]
        await run.ask("PATCH", f"{path}/{made}", 200, json={"url": f"{receiver.url}{where}", "secret": secret})
    receiver.plans = [Plan(500, body=b"No", echo=True), Plan(404, body=b"No", echo=True)]


async def chat(run: Run) -> None:
    """With a service that repeats the key, too."""
    said = f"invalid x-api-key: {run.marks.chat_key}"
    run.messages_api.script = [Say("Hello."), *(Refuse(status, "error", said) for status in (401, 400, 500))]
    for _ in range(4):
        await run.ask("POST", "/api/v1/chat", 200, json={"message": "Hello."})
    await run.ask("GET", "/api/v1/chat/status", 200)


async def look_at_everything(run: Run) -> None:
    for path in (
        *(
            "services",
            "dashboard",
            "dashboard?refresh=true",
            "audits",
            "changes",
            "jobs",
            "activity",
            "users",
            "tokens",
            "notifications",
            "notifications/targets",
        ),
        *("activity/export?format=csv", "activity/export?format=jsonl", "policy", "rules", "about", "findings"),
    ):
        separator = "&" if "?" in path else "?"
        await run.ask("GET", f"/api/v1/{path}{separator}page_size=200", 200)


async def fail_unexpectedly(run: Run) -> None:
    """A defect, with a traceback in the log: locals are not in there."""

    @run.app.get("/api/v1/defect")
    async def get_defect() -> None:
        text = run.marks.password
        raise RuntimeError(f"a text of {len(text)} characters")

    await run.ask("GET", "/api/v1/defect", 500)


async def test_nothing_shows_a_secret(run: Run) -> None:
    fakes = stand_ins(run.marks)
    with ExitStack() as stack:
        for fake in fakes.values():
            stack.enter_context(serve(fake))
        await log_in(run)
        ids = await add_services(run, fakes)
        receiver = LocalReceiver()
        stack.enter_context(serve(receiver))
        await add_targets(run, receiver)
        await audit(run)
        await chat(run)
        await change(run, fakes, ids)
        await audit(run)
        await look_at_everything(run)
        await fail_unexpectedly(run)
        stored = {file.name: file.read_bytes() for file in run.data_dir.iterdir() if file.name != KEY_FILE}
        key = (run.data_dir / KEY_FILE).read_text().strip()

    # That it is looked for where it could be: all of these were used.
    assert {fake.api_key for fake in fakes.values()} == set(run.marks.keys.values())
    assert all(len(fake.writes) >= 2 for kind, fake in fakes.items() if kind != "radarr")
    assert "a text of 32 characters" in run.log.getvalue()
    assert "autoarr.access" in run.log.getvalue()
    assert {"autoarr.db", "autoarr.db-wal"} <= stored.keys()
    assert b"service.created" in b"".join(stored.values())
    told = (await run.ask("GET", "/api/v1/notifications?page_size=200", 200)).json()["items"]
    assert {"audit.finished"} <= {item["event"] for item in told}
    assert len(run.messages_api.asked) >= 4
    assert run.marks.hook in {got.path.strip("/") for got in receiver.got}
    actions = {row["action"] for row in (await run.ask("GET", "/api/v1/activity?page_size=200")).json()["items"]}
    assert {"change.applied", "change.failed"} <= actions
    changes = (await run.ask("GET", "/api/v1/changes?page_size=200")).json()["items"]
    assert sum(row["reverts_id"] is not None and row["state"] == "applied" for row in changes) >= 6
    assert len(run.events) > 20

    shown_once = {
        "POST /auth/login": {name for name in run.marks.tokens if name != "API token" and "renewed" not in name},
        "POST /auth/refresh": {name for name in run.marks.tokens if "renewed" in name},
        "POST /api/v1/tokens": {"API token"},
    }
    for path, answer in run.answers:
        assert set(run.found_in(answer)) <= shown_once.get(path, set()), (path, answer)
        assert key not in answer, path
    for line in (*run.log.getvalue().splitlines(), *run.events):
        assert run.found_in(line) == [], line
        assert key not in line
    for name, content in stored.items():
        assert run.found_in(content) == [], name
        assert key.encode() not in content, name
    for kind, fake in fakes.items():
        others = [other for other, secret in run.marks.keys.items() if other != kind and secret in repr(fake.requests)]
        assert others == []

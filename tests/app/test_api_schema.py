"""The API is as its own description says, whatever it is asked: no failure, and no answer that is not described."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.types import Receive, Scope, Send

from autoarr.accounts import passwords, sessions, users
from autoarr.actors import SYSTEM, Role
from autoarr.app import create_app
from autoarr.context import Context
from autoarr.database import Database
from autoarr.keys import load_key_ring
from autoarr.models import ApiToken, Audit, Change, Instance
from autoarr.services import registry
from autoarr.settings import Settings
from autoarr.upstream.http import HttpPolicy
from tests.app.changes_stage import add_finding

configuration = pytest.importorskip("hypothesis.configuration")
schemathesis = pytest.importorskip("schemathesis")

# Else it makes a folder in the checkout.
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")

CONFIG: dict[str, Any] = {
    "seed": 1,
    "cache": {"enabled": False},
    "generation": {
        "deterministic": True,
        "database": "none",
        "no-shrink": True,
        "max-examples": 5,
        # The test brings the login itself; what becomes of others is in test_api_roles.py.
        "with-security-parameters": False,
    },
    # 502: what a service that can't be reached is to AutoArr; here none can.
    "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 502]}},
    "operations": [
        {
            # A certificate has to be one, a secret what its kind of receiver needs, and quiet hours a length: no
            # pattern says that.
            "include-path-regex": "^/api/v1/(services|notifications|policy|requests)",
            "checks": {"positive_data_acceptance": {"enabled": False}},
        },
    ],
}
ENDLESS = "/api/v1/events"
STOP = "/stop"


def refuse(connection: object) -> httpx2.AsyncBaseTransport:
    """In place of the network: no service can be reached, wherever a made-up address leads."""

    async def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    return httpx2.MockTransport(answer)


class World:
    """A running application, and rows that requests can name, made anew for each operation and caller."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create_app(settings)
        context: Context = self.app.state.context
        context.upstreams.transport = refuse
        context.upstreams.policy = HttpPolicy(attempts=1)
        self._made: dict[tuple[str, str | None], tuple[dict[str, str], dict[str, str]]] = {}

    def ask(self, case: Any, role: Role | None) -> None:
        """Send what was made up, half of the time with ids that exist, and check the answer."""
        key = case.operation.label, role
        if key not in self._made:
            self._made[key] = asyncio.run(self._make(role))
        headers, ids = self._made[key]
        if known := {name: value for name, value in ids.items() if _is_even(case.path_parameters.get(name))}:
            case.path_parameters |= known
        case.call_and_validate(headers=headers)

    async def _make(self, role: Role | None) -> tuple[dict[str, str], dict[str, str]]:
        # Not the application's own: that one runs on another event loop.
        context = Context(self.settings, Database(self.settings.database_url))
        context.keys = load_key_ring(self.settings)
        try:
            async with context.database.sessions() as session:
                context.instance_id = (await session.scalars(select(Instance.id))).one()
            return await _fill(context, role)
        finally:
            await context.database.close()


async def _fill(context: Context, role: Role | None) -> tuple[dict[str, str], dict[str, str]]:
    now = datetime.now(UTC)
    headers = {}
    async with context.database.writing.begin() as session:
        user = await users.add_user(session, uuid.uuid4().hex, "!", role or "requester")
        other = await users.add_user(session, uuid.uuid4().hex, "!", "requester")
        login = await sessions.open_session(session, user, "", "", now)
        another = await sessions.open_session(session, user, "", "", now)
        token = ApiToken(
            user_id=user.id, name="it", role="requester", hint="", token_hash=uuid.uuid4().hex, created_at=now
        )
        values: dict[str, Any] = {"url": "http://sonarr.invalid", "enabled": True, "tls_insecure": False}
        service = await registry.create(
            session,
            context.keys,
            SYSTEM,
            kind="sonarr",
            api_key="key",
            name=uuid.uuid4().hex,
            path_mappings=[],
            **values,
        )
        audit = Audit(state="queued", service_id=service.id, created_at=now, counts={})
        change = Change(
            service_id=service.id,
            service_name=service.name,
            state="applied",
            resource="config/naming",
            fields=[{"field": "renameEpisodes", "before": False, "after": True}],
            pre_image_encrypted=context.keys.encrypt(json.dumps({"id": 1, "renameEpisodes": False})),
            wanted_encrypted=context.keys.encrypt(
                json.dumps({"wanted": {"renameEpisodes": True}, "found": {"renameEpisodes": True}})
            ),
            actor="system",
            created_at=now,
        )
        session.add_all([token, audit, change])
        job = await context.jobs.enqueue(session, "poll", uuid.uuid4().hex, actor=SYSTEM)
        await session.flush()
    if role:
        headers["Authorization"] = f"Bearer {sessions.issue_tokens(context, login, 0, now).access}"
    finding_id = await add_finding(context, service.id, "config/naming", {"renameEpisodes": True})
    ids = {
        "user_id": other.id,
        "session_id": another.id,
        "token_id": token.id,
        "service_id": service.id,
        "audit_id": audit.id,
        "change_id": change.id,
        "finding_id": finding_id,
        "job_id": job.id,
    }
    return headers, {name: str(value) for name, value in ids.items()}


def _is_even(value: object) -> bool:
    try:
        return uuid.UUID(str(value)).int % 2 == 0
    except ValueError:
        return False


@pytest.fixture(scope="module")
def world(migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from schemathesis.python import asgi

    data_dir = tmp_path_factory.mktemp("fuzzed")
    shutil.copy(migrated_database, data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 4)
        world = World(Settings(data_dir=data_dir, ui_dir=data_dir / "dist"))
        served.app = world.app
        yield world
        asgi.get_client(served).get(STOP)


class Served:
    """The application of `world`: pytest collects the operations before there is one.

    It starts with the first request and stops with one for `STOP`, on the event loop of schemathesis, which would have
    it start and stop for each operation.
    """

    app: FastAPI | None = None
    _running: AsyncExitStack | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        assert self.app
        if self._running is None:
            self._running = AsyncExitStack()
            await self._running.enter_async_context(self.app.router.lifespan_context(self.app))
            await self.app.state.context.jobs.close()  # nothing happens but what is asked
        if scope["path"] == STOP:
            await self._running.aclose()
            self._running = None
        await self.app(scope, receive, send)


served: Any = Served()


def operations(*phases: str, examples: int) -> Any:
    """What is to be asked: every operation that comes to an end."""
    every = {name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing", "stateful")}
    config = CONFIG | {"phases": every, "generation": CONFIG["generation"] | {"max-examples": examples}}
    # To make the description touches nothing outside.
    description = create_app(Settings()).openapi()
    schema = schemathesis.openapi.from_dict(description, config=schemathesis.Config.from_dict(config))
    schema.app = served
    return schema.exclude(path=ENDLESS)


@operations("examples", "coverage", "fuzzing", examples=4).parametrize()  # type: ignore[untyped-decorator]  # importorskip
def test_administrator(case: Any, world: World) -> None:
    world.ask(case, "admin")


# Nearly everything is refused to the others before it is looked at.
@operations("fuzzing", examples=3).parametrize()  # type: ignore[untyped-decorator]
@pytest.mark.parametrize("role", [None, "requester"])
def test_others(case: Any, role: Role | None, world: World) -> None:
    world.ask(case, role)

"""A Sonarr, a Radarr and a SABnzbd that work together, with a clock of their own, and replicas of AutoArr."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from autoarr.context import Context
from autoarr.database import Database
from autoarr.keys import load_key_ring
from autoarr.models import Attempt, Option, Recovery, RecoveryStep, Search, Service
from autoarr.recovery.engine import Engine
from autoarr.recovery.intake import take
from autoarr.recovery.watch import KEY, look
from autoarr.settings import Settings
from autoarr.upstream.http import HttpPolicy
from tests.app.recovery_services import Services
from tests.app.services_stage import set_policy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy.engine import URL

    from autoarr.upstream.connection import Connection


class Killed(BaseException):
    """The process ends here, as by kill -9."""


class Line(httpx2.AsyncBaseTransport):
    """The way from one replica to one service."""

    def __init__(self, world: World, fake: Any, name: str) -> None:
        self._world, self._name = world, name
        self._inner = httpx2.ASGITransport(app=fake, raise_app_exceptions=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        world = self._world
        if self._name in world.away:
            raise httpx2.ConnectError("away", request=request)
        plan, world.next_write = (world.next_write, None) if request.method != "GET" else (None, world.next_write)
        if plan == "killed before":
            raise Killed
        if plan == "never arrives":
            raise httpx2.ReadError("broken", request=request)
        response = await self._inner.handle_async_request(request)
        if plan == "killed after":
            raise Killed
        if plan == "answer lost":
            await response.aread()
            raise httpx2.ReadError("broken", request=request)
        return response


class World(Services):
    """Everything; the replicas' clocks may be off by their `skews`.

    Attributes:
        away: names of services that can't be reached.
        next_write: what happens to the next write of any replica: `killed before`, `killed after`, `answer lost`,
            `never arrives`.
    """

    def __init__(self, url: URL, folder: Path) -> None:
        super().__init__()
        self.away: set[str] = set()
        self.next_write: str | None = None
        self.settings = Settings(data_dir=folder, database_url=url, secret_key=SecretStr("x" * 43))
        self.contexts: list[Context] = []
        self.skews: list[timedelta] = []
        self.ids: dict[str, uuid.UUID] = {}

    # Replicas.

    def add_replica(self) -> Context:
        """Start one more, or the only one again."""
        context = Context(self.settings, Database(self.settings.database_url))
        context.keys = load_key_ring(self.settings)
        context.instance_id = uuid.UUID(int=1)
        context.upstreams.policy = HttpPolicy(read=5, attempts=1, failures=10_000)

        def connect(connection: Connection) -> Line:
            return Line(self, self.fakes[connection.name], connection.name)

        context.upstreams.transport = connect
        self.contexts.append(context)
        self.skews.append(timedelta())
        return context

    async def stop(self, number: int = 0) -> None:
        """End one."""
        context = self.contexts.pop(number)
        self.skews.pop(number)
        await context.upstreams.close()
        await context.database.close()

    async def restart(self, number: int = 0) -> None:
        """End one and start another."""
        await self.stop(number)
        self.add_replica()

    async def add_services(self) -> None:
        """Save all three."""
        context = self.contexts[0]
        async with context.database.writing.begin() as session:
            for name, fake in self.fakes.items():
                service = Service(
                    kind=name,
                    name=name,
                    name_key=name,
                    url=f"http://{name}{fake.url_base}",
                    api_key_encrypted=context.keys.encrypt(fake.api_key),
                    created_at=self.now,
                    updated_at=self.now,
                )
                session.add(service)
                await session.flush()
                self.ids[name] = service.id

    async def set_policy(self, **fields: Any) -> None:
        """Choose."""
        await set_policy(self.contexts[0], **{"mode": "auto", **fields})

    async def watch(self, number: int = 0) -> None:
        """Have a replica look at the services, as its job does."""
        context, now = self.contexts[number], self.now + self.skews[number]
        found = await look(context, now)
        async with context.database.writing.begin() as session:
            for seen in found.seen:
                await take(session, seen, now)
            kept = await session.get(Option, KEY)
            moments = {**(kept.value if kept else {}), **{str(one): now.isoformat() for one in found.answered}}
            await session.merge(Option(key=KEY, value=moments, updated_at=now, updated_by="system"))

    async def run(self, number: int = 0) -> None:
        """Have a replica bring recoveries on; killed, it starts again."""
        skew = self.skews[number]
        try:
            await Engine(self.contexts[number], lambda: self.now + skew).run()
        except Killed:
            await self.restart(number)

    async def pass_time(self, minutes: float, step: float = 1.0, *, native: bool = True) -> None:
        """Let time pass, in which everybody does their work; unless `native`, nobody but AutoArr notes failures."""
        end = self.now + timedelta(minutes=minutes)
        while self.now < end:
            self.now = min(self.now + timedelta(minutes=step), end)
            self.work(native=native)
            await self.watch()
            await self.run()

    # What AutoArr has.

    async def all(self, table: type[Any], **wanted: Any) -> list[Any]:
        """Rows of a table."""
        async with self.contexts[0].database.sessions() as session:
            key = table.created_at if hasattr(table, "created_at") else table.id
            return list(await session.scalars(select(table).filter_by(**wanted).order_by(key)))

    async def recoveries(self) -> list[Recovery]:
        """All, the oldest first."""
        return await self.all(Recovery)

    async def the_one(self) -> Recovery:
        """The only one."""
        (recovery,) = await self.recoveries()
        return recovery

    async def steps(self, recovery: Recovery) -> list[str]:
        """What its timeline calls its steps."""
        return [step.step for step in await self.all(RecoveryStep, recovery_id=recovery.id)]

    async def attempts(self) -> list[tuple[str, str]]:
        """All writes and how they ended."""
        return [(one.action, one.state) for one in await self.all(Attempt)]

    async def searches(self) -> list[Search]:
        """The ledger."""
        return await self.all(Search)


async def make_world(url: URL, folder: Path, replicas: int = 1) -> World:
    """A world in which AutoArr knows the services, and may do everything.

    Args:
        url: of a database with the schema.
        folder: exists.
    """
    world = World(url, folder)
    for _ in range(replicas):
        world.add_replica()
    await world.add_services()
    await world.set_policy()
    return world


async def end_world(world: World) -> None:
    """End all replicas, and tell what the services' stand-ins were asked against their descriptions."""
    while world.contexts:
        await world.stop()
    violations = [violation for fake in world.fakes.values() for violation in fake.violations]
    assert violations == [], "\n".join(violations)


@pytest.fixture
async def recovery_world(sqlite_url: URL, made_data_dir: Path) -> AsyncIterator[World]:
    """AutoArr in auto mode, beside a Sonarr, a Radarr and a SABnzbd. On PostgreSQL it is in test_recovery_crash.py."""
    world = await make_world(sqlite_url, made_data_dir)
    yield world
    await end_world(world)

"""What things cost, as ratios: polls keep nothing, a large library costs what a small one does, a page reads a page."""

from __future__ import annotations

import gc
import sys
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import event, insert

from autoarr.context import Context
from autoarr.dashboard import poll
from autoarr.dashboard.blocks import QUEUE_ROWS
from autoarr.models import Activity, Finding
from autoarr.upstream.connection import Connection
from tests.app.fakes import Fake, FakePlex, FakeRadarr, FakeSabnzbd, FakeSonarr
from tests.app.services_stage import add_service, context_of

if TYPE_CHECKING:
    from fastapi import FastAPI

POLLS, WARM_UP = 200, 30
MOST_KEPT, GROWTH = 3, 1.05
PAGE_SIZE, ROWS = 20, 2000


class Wire(httpx2.AsyncBaseTransport):
    """A stand-in without a network between; it counts, and remembers nothing.

    Attributes:
        replays: whether equal requests get the first one's answer, for tests of many.
    """

    def __init__(self, fake: Fake[Any]) -> None:
        self.fake = fake
        fake.validated = False
        self.requests = self.received = 0
        self.replays = False
        self._inner = httpx2.ASGITransport(app=fake)
        self._answers: dict[str, tuple[httpx2.Headers, bytes]] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        asked = str(request.url)
        if not self.replays or asked not in self._answers:
            response = await self._inner.handle_async_request(request)
            self.fake.requests.clear()
            self._answers[asked] = response.headers, await response.aread()
        self.requests += 1
        headers, content = self._answers[asked]
        self.received += len(content)
        return httpx2.Response(200, headers=headers, content=content)


@pytest.fixture
async def context(app: FastAPI) -> Context:
    """Of an application whose jobs don't poll by themselves."""
    return await context_of(app)


async def connect(context: Context, fakes: dict[str, Fake[Any]], suffix: str = "") -> dict[str, Wire]:
    """Have the stand-ins connected, one of each kind; `suffix` makes their names others than those of the last."""
    wires = {kind: Wire(fake) for kind, fake in fakes.items()}

    def find(connection: Connection) -> Wire:
        return wires[connection.kind]

    context.upstreams.transport = find
    for kind, fake in fakes.items():
        fake.url = f"http://{kind}{fake.url_base}"
        await add_service(context, fake, kind, name=f"{kind}{suffix}")
    return wires


def library(episodes: int, movies: int, queued: int) -> dict[str, Fake[Any]]:
    """One of each kind, each with a part of it."""
    return {
        "sonarr": FakeSonarr(episodes_missing=episodes, queued=queued),
        "radarr": FakeRadarr(movies=movies, queued=queued),
        "sabnzbd": FakeSabnzbd(queued=queued),
        "plex": FakePlex(),
    }


def blocks() -> int:
    """How many small pieces of memory Python has given out."""
    gc.collect()
    return sys.getallocatedblocks()


def resident() -> int:
    """What this process has in memory, in pages."""
    return int(Path("/proc/self/statm").read_text().split()[1])


@pytest.mark.thorough
@pytest.mark.skipif(sys.gettrace() is not None, reason="what traces the lines keeps records of its own")
async def test_memory_stays_flat_over_polls(context: Context) -> None:
    for wire in (await connect(context, library(200_000, 50_000, queued=20))).values():
        wire.replays = True
    for _ in range(WARM_UP):
        assert await poll.poll_all(context) == {"answered": 4, "failed": 0}
    before, pages = blocks(), resident()
    for _ in range(POLLS):
        await poll.poll_all(context)
    # One object kept of each service's answers would be four of each poll.
    assert (blocks() - before) / POLLS < MOST_KEPT
    # What is large is no such piece.
    assert resident() / pages < GROWTH


async def test_a_large_library_costs_a_poll_what_a_small_one_does(context: Context) -> None:
    """But for its queue, which is read up to a limit."""
    fakes = library(200, 200, queued=QUEUE_ROWS)
    wires = await connect(context, fakes)

    async def cost() -> dict[str, tuple[int, int]]:
        for wire in wires.values():
            wire.requests = wire.received = 0
        assert await poll.poll_all(context) == {"answered": 4, "failed": 0}
        return {kind: (wire.requests, wire.received) for kind, wire in wires.items()}

    small = await cost()
    sonarr, radarr, sabnzbd = fakes["sonarr"], fakes["radarr"], fakes["sabnzbd"]
    assert isinstance(sonarr, FakeSonarr)
    assert isinstance(radarr, FakeRadarr)
    assert isinstance(sabnzbd, FakeSabnzbd)
    sonarr.episodes_missing = 200_000
    radarr.movies = radarr.movies_missing = 50_000
    sonarr.queued = radarr.queued = sabnzbd.queued = 20_000
    large = await cost()
    for kind, (requests, received) in small.items():
        assert large[kind][0] == requests
        assert large[kind][1] / received < 1.02, kind


async def test_a_poll_leaves_connections_for_requests(context: Context) -> None:
    for number in range(2):
        await connect(context, library(1, 1, queued=1), suffix=f" {number}")
    out = most = 0

    def on_checkout(*arguments: object) -> None:
        nonlocal out, most
        out += 1
        most = max(most, out)

    def on_checkin(*arguments: object) -> None:
        nonlocal out
        out -= 1

    pool = context.database.engine.sync_engine.pool
    event.listen(pool, "checkout", on_checkout)
    event.listen(pool, "checkin", on_checkin)
    assert await poll.poll_all(context) == {"answered": 8, "failed": 0}
    assert most == poll.CONNECTIONS["sqlite"]


class Reading:
    """The rows that became objects, the most of them that were there at one time, and the statements."""

    def __init__(self) -> None:
        self.loaded = self.statements = self.most = 0
        self._alive: weakref.WeakSet[Any] = weakref.WeakSet()

    def on_load(self, target: Any, context: object) -> None:
        self.loaded += 1
        self._alive.add(target)
        self.most = max(self.most, len(self._alive))

    def on_execute(self, *arguments: object) -> None:
        self.statements += 1


@contextmanager
def watching(context: Context, model: type[Finding] | type[Activity]) -> Iterator[Reading]:
    """Count what is read."""
    reading = Reading()
    listeners = (
        (model, "load", reading.on_load),
        (context.database.engine.sync_engine, "after_cursor_execute", reading.on_execute),
    )
    for target, name, listener in listeners:
        event.listen(target, name, listener)
    try:
        yield reading
    finally:
        for target, name, listener in listeners:
            event.remove(target, name, listener)


async def add_rows(context: Context, service_id: uuid.UUID, numbers: range) -> None:
    now = datetime.now(UTC)
    texts = {"title": "Title", "reason": "Reason", "source": "https://example.invalid"}
    found = {"verdict": "failed", "severity": "error", "first_seen_at": now, "last_seen_at": now, "rule": "rule"}
    findings = [{**texts, **found, "service_id": service_id, "subject": str(number)} for number in numbers]
    said = {"actor": "system", "via": "job", "action": "test", "outcome": "succeeded", "message": "It happened."}
    entries = [{**said, "at": now - timedelta(seconds=number)} for number in numbers]
    async with context.database.writing.begin() as session:
        await session.execute(insert(Finding), findings)
        await session.execute(insert(Activity), entries)


@pytest.mark.parametrize(("path", "model"), [("findings", Finding), ("activity", Activity)])
async def test_a_page_reads_no_more_than_a_page(
    context: Context, admin: httpx2.AsyncClient, path: str, model: type[Finding] | type[Activity]
) -> None:
    service = await add_service(context, FakeSonarr(), "sonarr", url="http://sonarr", enabled=False)
    statements = set()
    for numbers in (range(ROWS // 10), range(ROWS // 10, ROWS)):
        await add_rows(context, service.id, numbers)
        for page in (1, numbers.stop // PAGE_SIZE):
            with watching(context, model) as reading:
                answer = await admin.get(f"/api/v1/{path}?page={page}&page_size={PAGE_SIZE}")
            assert len(answer.json()["items"]) == PAGE_SIZE
            assert reading.loaded == PAGE_SIZE
            statements.add(reading.statements)
    assert len(statements) == 1


async def test_the_dashboard_reads_a_few_rows_of_a_long_log(context: Context, admin: httpx2.AsyncClient) -> None:
    service = await add_service(context, FakeSonarr(), "sonarr", url="http://sonarr", enabled=False)
    await add_rows(context, service.id, range(ROWS))
    for model, most in ((Activity, PAGE_SIZE), (Finding, 0)):
        with watching(context, model) as reading:
            assert (await admin.get("/api/v1/dashboard")).status_code == 200
        assert reading.loaded <= most


async def test_an_export_never_holds_the_whole_log(context: Context, admin: httpx2.AsyncClient) -> None:
    service = await add_service(context, FakeSonarr(), "sonarr", url="http://sonarr", enabled=False)
    await add_rows(context, service.id, range(ROWS))
    with watching(context, Activity) as reading:
        lines = (await admin.get("/api/v1/activity/export?format=jsonl")).text.splitlines()
    assert len(lines) >= ROWS
    assert reading.loaded >= ROWS
    # Two batches of it, while one is replaced by the next.
    assert reading.most <= ROWS / 2

"""A receiver of notifications on a port of this machine, and targets that lead to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from autoarr.actors import SYSTEM
from autoarr.models import Notification, NotificationTarget
from autoarr.notifications import targets
from tests.app.fakes import serve

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from autoarr.context import Context

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Got:
    """A request that came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """As JSON."""
        return json.loads(self.raw)


@dataclass
class Plan:
    """How a request is answered.

    Attributes:
        status: None for no answer, until the client leaves.
        echo: whether the body goes on with all that was sent.
    """

    status: int | None = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    echo: bool = False


class LocalReceiver:
    """Keeps what it gets.

    Attributes:
        plans: for the next requests, one each; after them `usual`.
        on_request: called with each request before it is answered.
        url: where it is served, once it is.
    """

    url = ""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.plans: list[Plan] = []
        self.usual = Plan()
        self.on_request: Callable[[Got], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = b""
        while (message := await receive())["type"] == "http.request":
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        got = Got(scope["method"], scope["path"], scope["query_string"].decode(), headers, raw)
        self.got.append(got)
        plan = self.plans.pop(0) if self.plans else self.usual
        if self.on_request:
            await asyncio.to_thread(self.on_request, got)
        if plan.status is None:
            await receive()
            return
        body = plan.body + (f" {got.path}?{got.query} {headers}".encode() if plan.echo else b"")
        encoded = [(name.lower().encode(), value.encode()) for name, value in plan.headers.items()]
        encoded.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": plan.status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def receiver() -> Iterator[LocalReceiver]:
    """One that is served."""
    receiver = LocalReceiver()
    with serve(receiver):
        yield receiver


async def add_target(context: Context, url: str, kind: str = "webhook", **values: Any) -> NotificationTarget:
    """Add one that wants all, unless it says otherwise."""
    fields: dict[str, Any] = {
        "name": kind,
        "events": [],
        "enabled": True,
        "secret": SECRET if kind == "webhook" else None,
    }
    async with context.database.writing.begin() as session:
        return await targets.create(session, context.keys, SYSTEM, kind=kind, url=url, **fields | values)


async def told(context: Context) -> list[Notification]:
    """All that was told or waits, the oldest first."""
    async with context.database.sessions() as session:
        return list(await session.scalars(select(Notification).order_by(Notification.id)))


class Clock:
    """A wall clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

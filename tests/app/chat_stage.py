"""Chatting with a scripted model, for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.fakes.serving import serve
from tests.app.messages_stub import KEY, MessagesStub

if TYPE_CHECKING:
    import httpx2
    from fastapi import FastAPI
    from starlette.types import Message

PATIENCE = 60.0
Event = dict[str, Any]


@pytest.fixture
def messages_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesStub]:
    """A stub of the Messages API, which the settings name; to be used before them, by `usefixtures`."""
    stub = MessagesStub()
    with serve(stub):
        monkeypatch.setenv("AUTOARR_ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("AUTOARR_ANTHROPIC_BASE_URL", stub.url)
        yield stub
        stub.go_on.set()


def read_events(text: str) -> list[Event]:
    """The events of a stream; each as its data, whose type is the event's name."""
    events = []
    for part in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in part.splitlines() if line and not line.startswith(":"))
        if lines:
            events.append(json.loads(lines["data"]))
            assert events[-1]["type"] == lines["event"]
    return events


class Heard:
    """A whole reply."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        assert events[0]["type"] == "started"
        assert [event["type"] in ("done", "error") for event in events] == [False] * (len(events) - 1) + [True]

    @property
    def conversation_id(self) -> str:
        return str(self.events[0]["conversation_id"])

    @property
    def last(self) -> Event:
        return self.events[-1]

    @property
    def text(self) -> str:
        return "".join(event["text"] for event in self.of("text"))

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["type"] == kind]


async def say(client: httpx2.AsyncClient, message: str, conversation_id: str | None = None) -> Heard:
    """Say something and hear the reply to its end."""
    body = {"message": message, "conversation_id": conversation_id}
    answer = await client.post("/api/v1/chat", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return Heard(read_events(answer.text))


async def look(client: httpx2.AsyncClient, conversation_id: str) -> dict[str, Any]:
    """A conversation as it is kept."""
    answer = await client.get(f"/api/v1/chat/{conversation_id}")
    assert answer.status_code == 200, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


class Line:
    """A reply that is heard as it comes, and that can be left, as over a network."""

    def __init__(
        self, app: FastAPI, client: httpx2.AsyncClient, message: str, conversation_id: str | None = None
    ) -> None:
        body = json.dumps({"message": message, "conversation_id": conversation_id}).encode()
        self._coming: asyncio.Queue[Message] = asyncio.Queue()
        self._coming.put_nowait({"type": "http.request", "body": body, "more_body": False})
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self.events: list[Event] = []
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/v1/chat",
            "raw_path": b"/api/v1/chat",
            "root_path": "",
            "query_string": b"",
            "scheme": "http",
            "http_version": "1.1",
            "headers": [
                (b"authorization", client.headers["authorization"].encode()),
                (b"content-type", b"application/json"),
            ],
            "client": ("192.0.2.1", 40000),
            "server": ("autoarr", 80),
        }
        self.task = asyncio.create_task(app(scope, self._coming.get, self._sent.put))

    async def hear(self, kind: str) -> Event:
        """Wait for the next event of a kind."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self._sent.get()
                new = read_events(message.get("body", b"").decode()) if "body" in message else []
                self.events += new
                for event in new:
                    if event["type"] == kind:
                        return event

    async def leave(self) -> None:
        """Close the connection, and wait until the application is done with it."""
        self._coming.put_nowait({"type": "http.disconnect"})
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({self.task})

    async def end(self) -> None:
        """Wait for the end."""
        async with asyncio.timeout(PATIENCE):
            await self.task

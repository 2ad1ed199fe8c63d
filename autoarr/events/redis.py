"""The bus of several replicas, over Redis' publish and subscribe."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from autoarr.errors import describe
from autoarr.events.bus import QUEUE_LENGTH, Bus, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from redis.asyncio import Redis

QUIET_S = 10.0
"""Seconds without a word after which Redis is asked whether it is still there, and after which it is not."""
RECONNECT_S = 1.0

log = logging.getLogger(__name__)


class RedisBus(Bus):
    """Events reach this process's own listeners at once, and those of the other replicas through Redis.

    Without Redis, listeners still hear what happens in their own process; once it is back they are told that they
    missed something. Events tell that something changed, never what: whoever hears one looks it up.

    Args:
        channel: called when Redis is first needed; installations that share a Redis have different ones.
    """

    def __init__(self, url: str, channel: Callable[[], str], secrets: list[str]) -> None:
        super().__init__()
        self._url = url
        self._channel = channel
        self._secrets = secrets
        self._origin = uuid.uuid4().hex
        self._outbox: asyncio.Queue[str] = asyncio.Queue(QUEUE_LENGTH)
        self._tasks: list[asyncio.Task[None]] = []
        self._unsent: str | None = None
        self._failing = {"_receive"}
        self._said = False

    @property
    def degraded(self) -> bool:
        """Whether events don't reach the other replicas now, or theirs not this one."""
        return bool(self._failing)

    async def start(self) -> None:
        """Connect, in the background."""
        self._tasks = [asyncio.create_task(self._keep(work)) for work in (self._receive, self._send)]

    async def close(self) -> None:
        """Disconnect."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def publish(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """Tell every listener here, and soon those elsewhere."""
        event = Event(kind=kind, data=data or {})
        self.deliver(event)
        if self._outbox.full():
            self._outbox.get_nowait()
        fields = {"id": event.id, "kind": kind, "at": event.at.isoformat(), "data": event.data}
        self._outbox.put_nowait(json.dumps({"origin": self._origin, **fields}))

    async def _keep(self, work: Callable[[Redis], Any]) -> None:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        while True:
            try:
                # It neither tries again nor reconnects by itself: nobody would learn that events were lost.
                async with Redis.from_url(self._url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=3) as client:
                    await work(client)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the next try may go well
                self._fails(work.__name__, error)
            await asyncio.sleep(RECONNECT_S)

    def _fails(self, part: str, error: Exception) -> None:
        self._failing.add(part)
        if not self._said:
            log.warning("events stay in this process: %s", describe(error, self._secrets))
            self._said = True

    def _works(self, part: str) -> None:
        self._failing.discard(part)
        if self._said and not self._failing:
            log.warning("events reach every replica again")
            self._said = False
            self.deliver(Event(kind="lagged", data={}))

    async def _receive(self, client: Redis) -> None:
        async with client.pubsub() as listener:
            await listener.subscribe(self._channel())
            quiet = False
            while True:
                message = await listener.get_message(timeout=QUIET_S)
                if message is None:
                    if quiet:
                        raise ConnectionError(f"no answer within {QUIET_S:g} s")
                    await listener.ping()
                elif message["type"] == "subscribe":
                    self._works("_receive")
                elif message["type"] == "message":
                    self._hear(message["data"])
                quiet = message is None

    def _hear(self, text: bytes) -> None:
        with suppress(ValueError, KeyError, TypeError):  # what is not ours is nothing to us
            told = json.loads(text)
            if told["origin"] != self._origin:
                at = datetime.fromisoformat(told["at"])
                self.deliver(Event(kind=told["kind"], data=dict(told["data"]), id=told["id"], at=at))

    async def _send(self, client: Redis) -> None:
        while True:
            self._unsent = self._unsent or await self._outbox.get()
            await client.publish(self._channel(), self._unsent)
            self._unsent = None
            self._works("_send")


def url_passwords(url: str) -> list[str]:
    """What no log may show of a Redis URL."""
    from urllib.parse import unquote, urlsplit

    password = urlsplit(url).password
    return [password, unquote(password)] if password else []

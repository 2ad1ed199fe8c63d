"""Events and where they go."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable, Iterator, Mapping

QUEUE_LENGTH = 256
"""Events that wait for one slow listener; the oldest are dropped beyond that, and the listener is told so."""
MAXIMUM_PER_OWNER = 10
"""Connections one user may listen on: a browser's tabs, and some programs."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        kind: what, such as ``finding.changed``; ``lagged`` says that events before it were dropped.
        data: JSON-able; never a secret.
    """

    kind: str
    data: Mapping[str, Any]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class TooManyListeners(Exception):
    """One user listens often enough already."""


class Subscription:
    """One listener's events, in order.

    Args:
        owner: who listens; None for a part of the application.
    """

    def __init__(self, owner: Hashable | None = None) -> None:
        self.owner = owner
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_LENGTH)
        self._lagged = False

    def put(self, event: Event | None) -> None:
        """Add an event, or the end; never waits."""
        if self._waiting.full():
            self._waiting.get_nowait()
            self._lagged = True
        self._waiting.put_nowait(event)

    async def get(self) -> Event | None:
        """Wait for the next event; None when there will be no more."""
        if self._lagged:
            self._lagged = False
            return Event(kind="lagged", data={})
        return await self._waiting.get()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self.get()) is not None:
            yield event


class Bus:
    """The events of one process. `publish` never fails and never waits for a listener.

    Attributes:
        ended: whether the application stops.
    """

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self.ended = False

    @property
    def degraded(self) -> bool:
        """Whether events don't reach the other replicas now, or theirs not this one."""
        return False

    async def start(self) -> None:
        """Begin to take part."""

    async def close(self) -> None:
        """Take part no longer."""

    def end(self) -> None:
        """Let every listener come to its end: the application stops."""
        self.ended = True
        for subscription in self._subscriptions:
            subscription.put(None)

    async def publish(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """Tell every listener."""
        self.deliver(Event(kind=kind, data=data or {}))

    def deliver(self, event: Event) -> None:
        """Hand an event to this process's listeners."""
        for subscription in list(self._subscriptions):
            subscription.put(event)

    def has_room(self, owner: Hashable) -> bool:
        """Whether one more listener of a user is accepted."""
        return sum(subscription.owner == owner for subscription in self._subscriptions) < MAXIMUM_PER_OWNER

    @contextmanager
    def subscribe(self, owner: Hashable | None = None) -> Iterator[Subscription]:
        """Listen, from now on.

        Raises:
            TooManyListeners: this owner has `MAXIMUM_PER_OWNER` already.
        """
        if owner is not None and not self.has_room(owner):
            raise TooManyListeners
        subscription = Subscription(owner)
        self._subscriptions.add(subscription)
        if self.ended:
            subscription.put(None)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

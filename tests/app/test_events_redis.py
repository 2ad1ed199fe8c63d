"""The bus of several replicas; on a real Redis where AUTOARR_TEST_REDIS_URL names one."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from autoarr.context import Context
from autoarr.database import Database
from autoarr.events import redis
from autoarr.events.bus import QUEUE_LENGTH, Event, Subscription
from autoarr.events.redis import RedisBus
from autoarr.settings import Settings
from tests.app.relay import Relay
from tests.app.waiting import until


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a second to pass."""
    monkeypatch.setattr(redis, "RECONNECT_S", 0.02)
    monkeypatch.setattr(redis, "QUIET_S", 0.3)


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    url = os.environ.get("AUTOARR_TEST_REDIS_URL")
    if not url:
        pytest.skip("AUTOARR_TEST_REDIS_URL names no Redis")
    server = urlsplit(url)
    relay = Relay(server.hostname or "", server.port or 6379)
    await relay.open()
    yield relay
    await relay.shut()


@pytest.fixture
def channel() -> str:
    return f"autoarr-test:{uuid.uuid4()}"


@asynccontextmanager
async def bus_on(port: int, channel: str) -> AsyncIterator[RedisBus]:
    bus = RedisBus(f"redis://:@127.0.0.1:{port}/0", lambda: channel, [])
    await bus.start()
    yield bus
    await bus.close()


def is_degraded(bus: RedisBus, wanted: bool) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return bus.degraded is wanted

    return check


async def hear(subscription: Subscription) -> Event:
    async with asyncio.timeout(30):
        event = await subscription.get()
    assert event is not None
    return event


async def is_silent(subscription: Subscription) -> bool:
    try:
        async with asyncio.timeout(0.15):
            await subscription.get()
    except TimeoutError:
        return True
    return False


async def test_reaches_the_others_once(relay: Relay, channel: str) -> None:
    async with bus_on(relay.port, channel) as one, bus_on(relay.port, channel) as two, bus_on(relay.port, "x") as third:
        for bus in (one, two, third):
            await until(is_degraded(bus, False))
        with one.subscribe() as own, two.subscribe() as other, third.subscribe() as elsewhere:
            await one.publish("finding.changed", {"id": 7})

            here, there = await hear(own), await hear(other)

            assert here == there
            assert (there.kind, there.data) == ("finding.changed", {"id": 7})
            assert await is_silent(own)
            assert await is_silent(other)
            assert await is_silent(elsewhere)


async def test_goes_on_while_redis_is_away(relay: Relay, channel: str, caplog: pytest.LogCaptureFixture) -> None:
    async with bus_on(relay.port, channel) as one, bus_on(relay.port, channel) as two:
        for bus in (one, two):
            await until(is_degraded(bus, False))
        with one.subscribe() as own, two.subscribe() as other:
            await relay.shut()
            for bus in (one, two):
                await until(is_degraded(bus, True))
            await one.publish("told", {"number": 1})
            assert (await hear(own)).data == {"number": 1}
            await relay.open()
            for bus in (one, two):
                await until(is_degraded(bus, False))
            await one.publish("told", {"number": 2})

            heard = [await hear(other)]
            while heard[-1].data != {"number": 2}:
                heard.append(await hear(other))
            assert "lagged" in [event.kind for event in heard]
            assert [event.kind for event in (await hear(own), await hear(own))] == ["lagged", "told"]
    messages = [message for message in caplog.messages if message.startswith("events")]
    assert len(messages) == 4  # each of the two that it is away, and that it is back
    assert messages.count("events reach every replica again") == 2


async def test_notices_a_redis_that_answers_no_more(relay: Relay, channel: str) -> None:
    """A connection that nobody closed: a cable, a firewall, a paused machine."""
    async with bus_on(relay.port, channel) as bus:
        await until(is_degraded(bus, False))
        await asyncio.sleep(0.5)
        assert not bus.degraded
        relay.silent = True
        await until(is_degraded(bus, True))
        relay.silent = False
        await until(is_degraded(bus, False))


async def test_strange_messages_are_nothing(relay: Relay, channel: str) -> None:
    from redis.asyncio import Redis

    async with bus_on(relay.port, channel) as bus, Redis(port=relay.port) as client:
        await until(is_degraded(bus, False))
        with bus.subscribe() as subscription:
            for text in (
                "",
                "[]",
                "{}",
                '{"origin": "x"}',
                '{"origin":"x","kind":"a","at":"never","id":"1","data":{}}',
            ):
                await client.publish(channel, text)
            at = "2026-01-31T12:00:00+00:00"
            await client.publish(channel, f'{{"origin":"x","kind":"told","at":"{at}","id":"1","data":{{}}}}')

            assert (await hear(subscription)).kind == "told"


async def test_without_redis(channel: str, caplog: pytest.LogCaptureFixture) -> None:
    """Never there: local listeners hear everything, nothing grows, and stopping is quick."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with bus_on(taken.getsockname()[1], channel) as bus:
            with bus.subscribe() as subscription:
                for number in range(2 * QUEUE_LENGTH):
                    await bus.publish("told", {"number": number})
                    assert (await hear(subscription)).data == {"number": number}
            assert bus.degraded

            def said() -> int:
                return len([text for text in caplog.messages if text.startswith("events stay in this process")])

            async with asyncio.timeout(30):
                while not said():  # noqa: ASYNC110 -- a log line, no event tells
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)  # in which it tries again a few times
    assert said() == 1


async def test_setting_chooses_it(settings: Settings) -> None:
    url = SecretStr("redis://:pa55@127.0.0.1:1/0")
    with_redis = settings.model_copy(update={"redis_url": url})

    assert not isinstance(Context(settings, Database(settings.database_url)).bus, RedisBus)
    bus = Context(with_redis, Database(settings.database_url)).bus
    assert isinstance(bus, RedisBus)
    assert bus.degraded

"""Redis, a real server: the application's events between two replicas, also over a restart, and what clients do."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError, WatchError

from autoarr.events.redis import RedisBus
from automation.components.catalogue import PACE
from automation.components.probes.harness import Facts, Probe, Skip, Wrong, equal, refused, require
from automation.components.probes.served import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from autoarr.events.bus import Event, Subscription

PROBE = Probe()

EVENTS = 100
# Seconds: until the server is there again, until a replica is connected, and until an event is there.
RESTART, CONNECTING, HEARING = 15.0 * PACE, 10.0 * PACE, 5.0 * PACE


def server(facts: Facts) -> str:
    """The server's address.

    Raises:
        Skip: none was given.
    """
    if not facts.redis_url:
        raise Skip("no Redis was given")
    return facts.redis_url


@asynccontextmanager
async def client(facts: Facts) -> AsyncIterator[Any]:
    """A client with its defaults, as the application makes it; the stubs of its commands mix two worlds."""
    async with Redis.from_url(server(facts)) as made:
        yield made


@PROBE.step("commands")
async def commands(facts: Facts) -> str:
    """Strings, bytes, time to live, counters, hashes, sorted sets, a script, and an error of the server's."""
    async with client(facts) as redis:
        value = bytes(range(256)) * 64
        await redis.set("probe:bytes", value, ex=60)
        equal(await redis.get("probe:bytes"), value, "16 KiB of every byte")
        require(0 < await redis.ttl("probe:bytes") <= 60, "the time to live is not set")
        equal(await redis.incrby("probe:count", 41) + await redis.incr("probe:count"), 83, "the counters")
        await redis.hset("probe:hash", mapping={"a": 1, "\u00e4": "2"})
        equal(await redis.hgetall("probe:hash"), {b"a": b"1", "\u00e4".encode(): b"2"}, "the hash")
        await redis.zadd("probe:zset", {"low": 1.5, "high": 2.5})
        equal(await redis.zrange("probe:zset", 0, -1, desc=True), [b"high", b"low"], "the sorted set")
        equal(await redis.eval("return ARGV[1] .. KEYS[1]", 1, "key", "text"), b"textkey", "the script")
        with refused("a number command on a hash", ResponseError):
            await redis.incr("probe:hash")
        version = (await redis.info("server"))["redis_version"]
    return f"Redis {version}"


@PROBE.step("pipeline")
async def pipeline(facts: Facts) -> str:
    """A thousand commands at once, a transaction, and one given up because a watched key changed."""
    async with client(facts) as redis:
        many = redis.pipeline(transaction=False)
        for number in range(1000):
            many.set(f"probe:many:{number}", number)
            many.get(f"probe:many:{number}")
        answers = await many.execute()
        equal(answers[1::2], [str(number).encode() for number in range(1000)], "a thousand answers in order")
        async with redis.pipeline(transaction=True) as transaction:
            await transaction.watch("probe:watched")
            transaction.multi()
            transaction.set("probe:watched", "mine")
            await redis.set("probe:watched", "theirs")
            with refused("a transaction on a key that changed", WatchError):
                await transaction.execute()
        equal(await redis.get("probe:watched"), b"theirs", "the watched key")
    return "2000 commands, a transaction given up"


@asynccontextmanager
async def replicas(facts: Facts) -> AsyncIterator[list[RedisBus]]:
    """The application's events in two replicas of one installation, and in one of another; all connected."""
    ours, other = (f"probe:{uuid.uuid4()}" for _ in range(2))
    buses = [RedisBus(server(facts), partial(str, channel), []) for channel in (ours, ours, other)]
    async with AsyncExitStack() as stack:
        for bus in buses:
            await bus.start()
            stack.push_async_callback(bus.close)
        async with asyncio.timeout(CONNECTING):
            while any(bus.degraded for bus in buses):  # noqa: ASYNC110 - a bus tells nobody that it is connected
                await asyncio.sleep(0.01)
        yield buses


async def next_event(listening: Subscription, kind: str, limit: float = HEARING) -> Event:
    """The next event of a kind.

    Raises:
        Wrong: there is none in time.
    """
    try:
        async with asyncio.timeout(limit):
            async for event in listening:
                if event.kind == kind:
                    return event
    except TimeoutError:
        pass
    raise Wrong(f"{kind} is not heard within {limit:g} s")


@PROBE.step("pub/sub")
async def publish(facts: Facts) -> str:
    """Events of one replica reach the other in order, its own listeners once, and another installation never."""
    async with replicas(facts) as (one, two, other):
        with one.subscribe() as own, two.subscribe() as elsewhere, other.subscribe() as foreign:
            sent = [{"number": number, "text": "\N{SNOWMAN}"} for number in range(EVENTS)]
            for data in sent:
                await one.publish("probe.event", data)
            heard = [await next_event(elsewhere, "probe.event") for _ in sent]
            equal([event.data for event in heard], sent, "the events in the other replica")
            equal([(await next_event(own, "probe.event")).id for _ in sent], [event.id for event in heard], "its own")
            # Whatever else was under way would come before these.
            for bus, listening in ((two, own), (other, foreign)):
                await bus.publish("probe.end")
                event = await listening.get()
                equal(event.kind if event else None, "probe.end", "the event after those")
    return f"{EVENTS} events in order, to the other replica alone"


@PROBE.step("streams")
async def streams(facts: Facts) -> str:
    """A consumer group: each entry once, acknowledged, and what nobody acknowledged is claimed."""
    async with client(facts) as redis:
        await redis.xgroup_create("probe:stream", "group", id="0", mkstream=True)
        waiting = asyncio.create_task(redis.xreadgroup("group", "late", {"probe:stream": ">"}, block=5000))
        await asyncio.sleep(0.1)
        first = await redis.xadd("probe:stream", {"n": 1})
        require(first.decode() in str(await waiting), "a reader that blocks does not get the entry")
        rest = [await redis.xadd("probe:stream", {"n": number}) for number in (2, 3)]
        got = str(await redis.xreadgroup("group", "one", {"probe:stream": ">"}, count=10))
        require(first.decode() not in got and all(entry.decode() in got for entry in rest), f"delivered: {got}")
        equal(await redis.xack("probe:stream", "group", first, rest[0]), 2, "the entries acknowledged")
        claimed = await redis.xautoclaim("probe:stream", "group", "two", min_idle_time=0)
        equal([entry for entry, _ in claimed[1]], [rest[1]], "the entries claimed")
    return "three entries: blocked for, acknowledged, claimed"


@PROBE.step("the application's readiness", limit=60)
def readiness(facts: Facts) -> str:
    """`autoarr serve` with REDIS_URL says that Redis answers."""
    with served({"REDIS_URL": server(facts)}) as running:
        ready = running.ready()
    equal(ready.json()["checks"]["redis"]["status"], "ok", "Redis in /health/ready")
    return f"answered in {ready.json()['checks']['redis']['latency_ms']} ms"


async def run_id(facts: Facts) -> str:
    """What a server process calls itself; another one after each start."""
    async with client(facts) as redis:
        return str((await redis.info("server"))["run_id"])


@PROBE.step("the server restarts", limit=RESTART + CONNECTING + 2 * HEARING)
async def restart(facts: Facts) -> str:
    """Replicas go on for themselves while the server is away, learn that they missed something, and hear each other
    again."""
    async with replicas(facts) as (one, two, _):
        with two.subscribe() as listening:
            await one.publish("probe.before")
            await next_event(listening, "probe.before")
            before = await run_id(facts)
            started = time.monotonic()
            # The server's container is started again by its engine. A client that tries nothing twice: with retries,
            # the command would be given to the restarted server, too.
            async with Redis.from_url(facts.redis_url, retry=Retry(NoBackoff(), 0)) as last:
                await last.shutdown(nosave=True)
            await two.publish("probe.alone")
            await next_event(listening, "probe.alone")
            await next_event(listening, "lagged", RESTART)
            taken = time.monotonic() - started
            require(await run_id(facts) != before, "the server did not restart")
            await one.publish("probe.after")
            await next_event(listening, "probe.after")
        require(not two.degraded, "the replica that hears everything says that it does not")
    return f"connected again after {taken:.1f} s, and told so"

"""Redis, a real server: commands, pipelines, pub/sub, streams, the application's own use, a restart of the server."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import ResponseError, WatchError

from automation.components.probes.harness import Facts, Probe, Wrong, equal, refused, require
from automation.components.probes.served import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROBE = Probe()

RESTART = 15.0


@asynccontextmanager
async def client(facts: Facts) -> AsyncIterator[Any]:
    """A client with its defaults, as the application makes it; the stubs of its commands mix two worlds."""
    async with Redis.from_url(facts.redis_url) as made:
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


async def next_message(listening: Any, limit: float = 5.0) -> dict[str, Any]:
    """The next message that is no confirmation."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        message: dict[str, Any] | None = await listening.get_message(ignore_subscribe_messages=True, timeout=0.2)
        if message is not None:
            return message
    raise TimeoutError(f"no message within {limit:g} s")


@PROBE.step("pub/sub")
async def publish(facts: Facts) -> str:
    """A channel and a pattern, in the order of publication."""
    async with client(facts) as redis, redis.pubsub() as listening:
        await listening.subscribe("probe:channel")
        await listening.psubscribe("probe:pattern:*")
        for _ in range(2):
            await listening.get_message(timeout=5)
        sent = [("probe:channel", "\N{SNOWMAN}"), ("probe:pattern:x", "2"), ("probe:channel", "3")]
        for channel, text in sent:
            equal(await redis.publish(channel, text), 1, "the number of listeners")
        got = [await next_message(listening) for _ in sent]
    equal([(one["channel"].decode(), one["data"].decode()) for one in got], sent, "the messages")
    return f"{len(sent)} messages in order"


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
    with served({"REDIS_URL": facts.redis_url}) as running:
        ready = running.ready()
    equal(ready.json()["checks"]["redis"]["status"], "ok", "Redis in /health/ready")
    return f"answered in {ready.json()['checks']['redis']['latency_ms']} ms"


async def run_id(redis: Any) -> str:
    """What a server process calls itself; another one after each start."""
    return str((await redis.info("server"))["run_id"])


@PROBE.step("the server restarts", limit=RESTART + 5)
async def restart(facts: Facts) -> str:
    """The same client works again after the server went away and came back, and is subscribed again."""
    async with client(facts) as redis, redis.pubsub() as listening:
        await listening.subscribe("probe:restart")
        await listening.get_message(timeout=5)
        before = await run_id(redis)
        started = time.monotonic()
        # The server's container is started again by its engine. A client of its own, which tries nothing twice: with
        # retries, the command would be given to the restarted server, too.
        async with Redis.from_url(facts.redis_url, retry=Retry(NoBackoff(), 0)) as last:
            await last.shutdown(nosave=True)
        while True:
            with suppress(Lost, OSError):
                if await run_id(redis) != before:
                    break
            require(
                time.monotonic() - started < RESTART, f"the client has no connection {RESTART:g} s after the restart"
            )
            await asyncio.sleep(0.1)
        taken = time.monotonic() - started
        await _hear(redis, listening)
    return f"connected again after {taken:.1f} s, subscribed again"


async def _hear(redis: Any, listening: Any) -> None:
    """Publish until the subscription, which is renewed when its loss is noticed, hears of it."""
    for _ in range(20):
        with suppress(Lost):
            await redis.publish("probe:restart", "again")
            message = await listening.get_message(ignore_subscribe_messages=True, timeout=0.2)
            if message is not None and message["data"] == b"again":
                return
    raise Wrong("the subscription is not renewed after the restart")

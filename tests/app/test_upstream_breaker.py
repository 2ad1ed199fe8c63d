"""The breaker: what opens it, what it says meanwhile, and the one request that tries again."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest
from purgatory.domain import model

from autoarr.upstream.breaker import Breaker
from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError

CONNECTION = Connection(kind="sonarr", name="Series", url="http://media", api_key="k" * 32)


class Clock:
    """The breaker's clock; 12:00:00 on some day."""

    def __init__(self) -> None:
        self.now = 1_800_000_000 // 86400 * 86400 + 12 * 3600.0


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """No test waits for a breaker."""
    clock = Clock()
    monkeypatch.setattr(model, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


@pytest.fixture
def breaker() -> Breaker:
    """As the policy makes it."""
    return Breaker(CONNECTION, 5, 60)


def failing(cause: Cause = Cause.CONNECT) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        raise CONNECTION.failure(cause, f"it failed by {cause}")

    return call


async def fine() -> str:
    return "fine"


async def fail(breaker: Breaker, cause: Cause = Cause.CONNECT, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(UpstreamError) as caught:
            await breaker.run(failing(cause))
        assert caught.value.cause is cause


async def refusal(breaker: Breaker) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await breaker.run(fine)
    assert caught.value.cause is Cause.CIRCUIT_OPEN
    return caught.value


@pytest.mark.parametrize("cause", [Cause.CONNECT, Cause.DNS, Cause.TLS, Cause.TIMEOUT, Cause.SERVER_ERROR])
async def test_five_failures_open_it(breaker: Breaker, cause: Cause) -> None:
    await fail(breaker, cause, times=4)
    assert not breaker.is_open
    await fail(breaker, cause)

    assert breaker.is_open
    error = await refusal(breaker)
    assert error.detail == (
        "it failed 5 times in a row; not asked since 12:00:00 UTC, until 12:01:00 UTC; last: it failed by " + cause
    )
    with pytest.raises(UpstreamError) as caught:
        await breaker.check()
    assert caught.value.detail == error.detail


@pytest.mark.parametrize(
    "cause",
    [
        Cause.AUTHENTICATION,
        Cause.WRONG_URL_BASE,
        Cause.UNEXPECTED_APPLICATION,
        Cause.RATE_LIMITED,
        Cause.REJECTED,
        Cause.NOT_FOUND,
        Cause.INVALID_ANSWER,
    ],
)
async def test_an_answer_is_no_failure(breaker: Breaker, cause: Cause) -> None:
    await fail(breaker, times=4)
    await fail(breaker, cause)
    await fail(breaker, times=4)

    assert not breaker.is_open
    await fail(breaker)
    assert breaker.is_open


async def test_a_success_ends_the_row(breaker: Breaker) -> None:
    await fail(breaker, times=4)
    assert await breaker.run(fine) == "fine"
    await fail(breaker, times=4)

    assert await breaker.run(fine) == "fine"


async def test_it_is_checked_before_anything_was_asked(breaker: Breaker) -> None:
    await breaker.check()
    assert not breaker.is_open


async def test_the_probe_closes_it(breaker: Breaker, clock: Clock) -> None:
    await fail(breaker, times=5)
    clock.now += 60
    await refusal(breaker)
    clock.now += 0.1

    assert await breaker.run(fine) == "fine"

    await fail(breaker, times=4)
    assert not breaker.is_open


async def test_the_probe_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    await fail(breaker, times=5)
    clock.now += 61
    await fail(breaker, Cause.TIMEOUT)

    assert breaker.is_open
    assert "since 12:01:01 UTC, until 12:02:01 UTC; last: it failed by timeout" in (await refusal(breaker)).detail


async def test_a_wrong_key_shows_that_it_is_there(breaker: Breaker, clock: Clock) -> None:
    await fail(breaker, times=5)
    clock.now += 61
    await fail(breaker, Cause.AUTHENTICATION)

    assert await breaker.run(fine) == "fine"


async def test_one_probe_at_a_time(breaker: Breaker, clock: Clock) -> None:
    await fail(breaker, times=5)
    clock.now += 61
    go_on = asyncio.Event()
    probes = 0

    async def probe() -> str:
        nonlocal probes
        probes += 1
        await go_on.wait()
        return "there"

    # As requests do: each checks, waits for its turn, and runs.
    async def ask() -> str:
        await breaker.check()
        await asyncio.sleep(0)
        return await breaker.run(probe)

    asked = [asyncio.create_task(ask()) for _ in range(10)]
    await asyncio.sleep(0.01)
    assert probes == 1
    assert (await refusal(breaker)).detail.startswith("it failed 5 times in a row; one request is trying it now; last:")
    go_on.set()
    results = await asyncio.gather(*asked, return_exceptions=True)

    assert results.count("there") == 1
    assert all(r == "there" or (isinstance(r, UpstreamError) and r.cause is Cause.CIRCUIT_OPEN) for r in results)
    assert await breaker.run(fine) == "fine"


async def test_a_cancelled_probe_leaves_its_place(breaker: Breaker, clock: Clock) -> None:
    await fail(breaker, times=5)
    clock.now += 61
    task = asyncio.create_task(breaker.run(asyncio.Event().wait))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    # Neither closed nor opened: the next one is the probe.
    await fail(breaker)
    await refusal(breaker)


async def test_a_cancelled_request_counts_neither_way(breaker: Breaker) -> None:
    await fail(breaker, times=4)
    task = asyncio.create_task(breaker.run(asyncio.Event().wait))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not breaker.is_open
    await fail(breaker)
    assert breaker.is_open


@pytest.mark.parametrize("late", [fine, failing()], ids=["success", "failure"])
async def test_a_request_from_before_says_nothing(
    breaker: Breaker, clock: Clock, late: Callable[[], Awaitable[object]]
) -> None:
    go_on, probe_on = asyncio.Event(), asyncio.Event()

    async def slow() -> object:
        await go_on.wait()
        return await late()

    async def probe() -> None:
        await probe_on.wait()

    old = asyncio.create_task(breaker.run(slow))
    await asyncio.sleep(0.01)
    await fail(breaker, times=5)
    clock.now += 61
    probing = asyncio.create_task(breaker.run(probe))
    await asyncio.sleep(0.01)
    go_on.set()
    await asyncio.gather(old, return_exceptions=True)

    # Still half open: the probe decides.
    await refusal(breaker)
    probe_on.set()
    await probing
    assert await breaker.run(fine) == "fine"


async def test_an_unexpected_error_counts_neither_way(breaker: Breaker, clock: Clock) -> None:
    async def broken() -> None:
        raise RuntimeError("a mistake of ours")

    await fail(breaker, times=5)
    clock.now += 61
    with pytest.raises(RuntimeError):
        await breaker.run(broken)

    assert await breaker.run(fine) == "fine"


async def test_it_keeps_nothing_of_who_it_refused(breaker: Breaker) -> None:
    class Burden:
        pass

    async def caller() -> None:
        burden = Burden()
        with pytest.raises(UpstreamError):
            await breaker.run(fine)
        del burden

    await fail(breaker, times=5)
    for _ in range(3):
        await caller()
    gc.collect()

    assert not [thing for thing in gc.get_objects() if isinstance(thing, Burden)]
    state = breaker._breaker.context._state  # type: ignore[union-attr]  # it has been used
    assert isinstance(state, model.OpenedState)
    assert state.__traceback__ is None

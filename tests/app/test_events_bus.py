"""The bus of one process."""

from __future__ import annotations

import asyncio

import pytest

from autoarr.events.bus import MAXIMUM_PER_OWNER, QUEUE_LENGTH, Bus, TooManyListeners


async def test_every_listener_hears_in_order() -> None:
    bus = Bus()
    with bus.subscribe() as first, bus.subscribe() as second:
        for number in range(3):
            await bus.publish("counted", {"number": number})
        for subscription in (first, second):
            heard = [await subscription.get() for _ in range(3)]
            assert [event.data["number"] for event in heard if event] == [0, 1, 2]

    await bus.publish("counted")
    assert not bus.degraded


async def test_slow_listener_is_told() -> None:
    bus = Bus()
    with bus.subscribe() as subscription:
        for number in range(QUEUE_LENGTH + 10):
            await bus.publish("counted", {"number": number})
        first, second = await subscription.get(), await subscription.get()

    assert first is not None
    assert second is not None
    assert (first.kind, second.data["number"]) == ("lagged", 10)


async def test_end_reaches_who_listens_and_who_comes_later() -> None:
    bus = Bus()
    with bus.subscribe() as subscription:
        for _ in range(QUEUE_LENGTH):
            await bus.publish("counted")
        bus.end()
        async with asyncio.timeout(30):
            kinds = [event.kind async for event in subscription]
    with bus.subscribe() as late:
        assert await late.get() is None

    assert kinds == ["lagged"] + ["counted"] * (QUEUE_LENGTH - 1)
    assert bus.ended


def test_each_owner_has_so_many() -> None:
    bus = Bus()
    listening = [bus.subscribe("Ada") for _ in range(MAXIMUM_PER_OWNER)]
    for each in listening:
        each.__enter__()

    assert not bus.has_room("Ada")
    with pytest.raises(TooManyListeners), bus.subscribe("Ada"):
        pass
    with bus.subscribe("Robin"), bus.subscribe():
        pass
    listening.pop().__exit__(None, None, None)
    assert bus.has_room("Ada")
    for each in listening:
        each.__exit__(None, None, None)

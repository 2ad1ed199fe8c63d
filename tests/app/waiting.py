"""Waiting for something that no event tells of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], patience: float = 30.0) -> None:
    """Ask again and again until the answer is yes; not for longer than `patience` seconds."""
    async with asyncio.timeout(patience):
        while not await condition():  # noqa: ASYNC110 -- it is in a database, a file or another process
            await asyncio.sleep(0.03)

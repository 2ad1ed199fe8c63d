"""Whether what the application depends on answers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field
from sqlalchemy import text

from autoarr.errors import describe
from autoarr.events.redis import url_passwords

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from autoarr.context import Context
    from autoarr.database import Database

TIMEOUT = 2.0
"""Seconds each dependency has for its answer."""


class Check(BaseModel):
    """One dependency."""

    status: Literal["ok", "error"]
    latency_ms: float | None = Field(default=None, description="How long its answer took, in milliseconds.")
    detail: str | None = Field(default=None, description="Why it failed.")


async def check_all(context: Context) -> dict[str, Check]:
    """Ask the database, and Redis where it is configured, all at the same time."""
    database = context.database
    checks = {"database": _timed(_ask_database(database), database.secrets)}
    if redis_url := context.settings.redis_url:
        url = redis_url.get_secret_value()
        checks["redis"] = _timed(_ask_redis(url), url_passwords(url))
    return dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))


async def _timed(question: Awaitable[None], secrets: list[str]) -> Check:
    start = time.perf_counter()
    try:
        async with asyncio.timeout(TIMEOUT):
            await question
    except TimeoutError:
        return Check(status="error", detail=f"no answer within {TIMEOUT:g} s")
    except Exception as error:  # noqa: BLE001 -- whatever a driver raises, the answer is: not ready
        return Check(status="error", detail=describe(error, secrets))
    return Check(status="ok", latency_ms=round((time.perf_counter() - start) * 1000, 1))


async def _ask_database(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


async def _ask_redis(url: str) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(url) as client:
        await client.ping()

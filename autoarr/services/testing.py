"""Whether a service can be reached with what is known of it, and what it turns out to be."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from sqlalchemy import update

from autoarr.models import Service
from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from autoarr.context import Context
    from autoarr.upstream.pool import Client

DEADLINE = 20.0
"""Seconds a test may take, its retries included."""
DISCOVERY_DEADLINE = 4.0
"""Seconds that the one who adds a service waits for it to say what it is."""


class TestResult(BaseModel):
    """How a test ended; of a failed one why, and what to do."""

    __test__ = False  # pytest would take it for tests

    ok: bool
    cause: Cause | None = None
    detail: str = Field(description="What happened, in a sentence.", examples=["Sonarr 4.0.15 answers."])
    advice: str | None = None
    application: str | None = Field(default=None, description="What answered.", examples=["Sonarr"])
    version: str | None = None
    latency_ms: float | None = Field(default=None, description="Until it had said what it is.")
    capabilities: dict[str, Any] = Field(default_factory=dict)


async def try_connection(context: Context, connection: Connection, deadline: float = DEADLINE) -> TestResult:
    """Ask what is at an address that is not kept."""
    async with context.upstreams.connect(connection) as client:
        return await _identify(client, deadline)


async def try_service(context: Context, service: Service, deadline: float = DEADLINE) -> TestResult:
    """Ask a kept service what it is, and keep the answer."""
    # An open breaker would hide the cause.
    await context.upstreams.forget(service.id)
    try:
        client = await context.upstreams.client(service.id)
    except UpstreamError as error:
        return _failed(error)
    result = await _identify(client, deadline)
    if result.ok and result.version is not None:
        # Of one that was changed since, nothing is known. `updated_at` stays: no connection is outdated by this.
        query = update(Service).where(Service.id == service.id, Service.updated_at == service.updated_at)
        async with context.database.writing.begin() as session:
            await session.execute(query.values(discovered(result.version, result.capabilities, datetime.now(UTC))))
    return result


def discovered(version: str, capabilities: dict[str, Any], at: datetime) -> dict[str, Any]:
    """What is kept of what a service says it is, by columns."""
    printable = "".join(char for char in version if char.isprintable())
    return {"version": printable[:64], "capabilities": capabilities, "discovered_at": at}


async def _identify(client: Client, deadline: float) -> TestResult:
    started = time.monotonic()
    try:
        async with asyncio.timeout(deadline):
            identity = await client.identify()
    except UpstreamError as error:
        return _failed(error)
    except TimeoutError:
        return _failed(client.connection.failure(Cause.TIMEOUT, f"no answer within {deadline:g} s"))
    return TestResult(
        ok=True,
        detail=f"{identity.application} {identity.version} answers.",
        application=identity.application,
        version=identity.version,
        latency_ms=round((time.monotonic() - started) * 1000, 1),
        capabilities=identity.capabilities,
    )


def _failed(error: UpstreamError) -> TestResult:
    return TestResult(ok=False, cause=error.cause, detail=error.detail, advice=error.advice)

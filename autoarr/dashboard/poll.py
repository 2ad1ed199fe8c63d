"""Asking the services, and keeping what they say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr.dashboard.blocks import BLOCKS, IDENTITY
from autoarr.dashboard.observations import keep
from autoarr.models import Observation, Service
from autoarr.services.registry import list_enabled
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from autoarr.context import Context

DEADLINE = 10.0
"""Seconds a service has for all that it is asked in one poll."""
REFRESH_DEADLINE = 5.0
"""Seconds that a person who wants the newest waits at most."""
REFRESH_AGE = 5.0
"""What was asked that many seconds ago or later is new enough."""
CONNECTIONS = {"sqlite": 1, "postgresql": 5}
"""Connections to the database that one poll may use at a time: requests need some as well, and SQLite's writers would
only wait for each other, asleep."""


async def poll_all(context: Context, deadline: float = DEADLINE, *, only: uuid.UUID | None = None) -> dict[str, int]:
    """Ask every enabled service at the same time; give how many answered and how many failed.

    Args:
        deadline: seconds for each.
        only: the id of a service, to ask no other.
    """
    async with context.database.sessions() as session:
        services = [service for service in await list_enabled(session) if only in (None, service.id)]
    answered = await _poll(context, services, deadline, note_late=True)
    return {"answered": sum(answered), "failed": len(answered) - sum(answered)}


async def refresh(context: Context, deadline: float = REFRESH_DEADLINE) -> None:
    """Ask the services that were not asked just now; what needs longer than `deadline` stays as it was."""
    since = datetime.now(UTC) - timedelta(seconds=REFRESH_AGE)
    asked = select(Observation.service_id).where(
        (Observation.observed_at > since) | (Observation.failed_at > since), Observation.block == IDENTITY
    )
    async with context.database.sessions() as session:
        recent = set(await session.scalars(asked))
        services = [service for service in await list_enabled(session) if service.id not in recent]
    await _poll(context, services, deadline, note_late=False)


async def _poll(context: Context, services: Sequence[Service], deadline: float, *, note_late: bool) -> list[bool]:
    turns = asyncio.Semaphore(CONNECTIONS[context.database.kind])
    polls = [poll_service(context, service, deadline, note_late=note_late, turns=turns) for service in services]
    results = await asyncio.gather(*polls, return_exceptions=True)
    # An unexpected error of one is raised only after all others were kept.
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if isinstance(result, bool)]


async def poll_service(
    context: Context,
    service: Service,
    deadline: float,
    *,
    note_late: bool = True,
    turns: asyncio.Semaphore,
) -> bool:
    """Ask a service for its blocks and keep each answer, or why there is none; tell whether it answered at all.

    Args:
        deadline: seconds for all of them.
        note_late: whether a block that needs longer has failed; else it stays as it was.
        turns: held while the database is used.
    """
    blocks = BLOCKS[service.kind]
    results: dict[str, Any] = {}
    # What was asked first is older, however late its answer came.
    asked_at = datetime.now(UTC)

    async def ask(client: Any, block: str) -> None:
        try:
            results[block] = await blocks[block](client)
        except UpstreamError as error:
            results[block] = error

    failure: UpstreamError | None = None
    try:
        async with asyncio.timeout(deadline):
            async with turns:
                client = await context.upstreams.client(service.id)
            # First and alone: one that is away, or is something else, is not asked for the rest.
            await ask(client, IDENTITY)
            if isinstance(results[IDENTITY], UpstreamError):
                failure = results[IDENTITY]
            else:
                async with asyncio.TaskGroup() as tasks:
                    for block in blocks.keys() - {IDENTITY}:
                        tasks.create_task(ask(client, block))
    except UpstreamError as error:
        failure = error
    except TimeoutError:
        failure = UpstreamError(service.name, Cause.TIMEOUT, f"no answer within {deadline:g} s") if note_late else None
    if failure:
        results = dict.fromkeys(blocks, failure) | results
    async with turns:
        kept = await keep(context.database, service, results, asked_at)
    if kept:
        await context.bus.publish("dashboard.changed", {"service_id": str(service.id)})
    return IDENTITY in results and not isinstance(results[IDENTITY], UpstreamError)

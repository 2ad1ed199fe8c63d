"""Requests are taken further, each by one process at a time, from wherever the last one left them."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from autoarr.models import MediaRequest
from autoarr.requests.adding import Lost, add, begin_adding
from autoarr.requests.following import await_plex, follow
from autoarr.requests.ledger import claim, settle
from autoarr.requests.resolve import find_rival, resolve
from autoarr.requests.work import begin, explain
from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from autoarr.context import Context
    from autoarr.requests.ledger import Outcome
    from autoarr.requests.work import Work

BUDGET = 100.0
"""Seconds that one look may take, before it gives up until later; shorter than a lease by what a write may take."""
AT_ONCE = 15.0
"""Seconds that who asks waits to hear which title it is."""
MOST_STEPS = 8
"""Steps that a request takes in one go."""
SHARE = 4
"""Requests that one process takes further at a time."""

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


async def run_due(context: Context, clock: Callable[[], datetime] = _now) -> int:
    """Take every request further that is due; give how many there were."""
    due = select(MediaRequest.id).where(MediaRequest.ended_at.is_(None), MediaRequest.next_at <= clock())
    async with context.database.sessions() as session:
        ids = list(await session.scalars(due.order_by(MediaRequest.next_at)))
    slots = asyncio.Semaphore(SHARE)

    async def take(request_id: uuid.UUID) -> None:
        async with slots:
            await advance(context, request_id, clock)

    ended = await asyncio.gather(*map(take, ids), return_exceptions=True)
    # One that fails keeps none of the others from going on; the job tells of it, and is run again.
    if failures := [failure for failure in ended if isinstance(failure, BaseException)]:
        raise failures[0]
    return len(ids)


async def advance(context: Context, request_id: uuid.UUID, clock: Callable[[], datetime] = _now) -> MediaRequest | None:
    """Take one request as far as it goes now.

    Returns:
        The request; None where it isn't due, or is somebody else's.
    """
    latest: MediaRequest | None = None
    for _ in range(MOST_STEPS):
        claimed = await claim(context.database, request_id, clock())
        if claimed is None or (settled := await _step(context, claimed, clock)) is None:
            return latest
        latest = settled
        if latest.next_at is None or latest.next_at > clock():
            break
    return latest


async def look_up_now(context: Context, request: MediaRequest, now: datetime) -> MediaRequest | None:
    """Find out which title is meant while somebody waits for it; what takes longer is done by the job.

    Args:
        request: asked and claimed by who made it.

    Returns:
        The request; None where a person has decided meanwhile.
    """
    return await _step(context, request, lambda: now, AT_ONCE)


async def _step(
    context: Context, claimed: MediaRequest, clock: Callable[[], datetime], seconds: float = BUDGET
) -> MediaRequest | None:
    work = await begin(context, claimed, clock)
    try:
        outcome = await _decide(work, seconds)
        try:
            return await settle(context, claimed, outcome, clock())
        except IntegrityError:
            return await _settle_beside(work, outcome)
    except Lost:
        return None


async def _decide(work: Work, seconds: float) -> Outcome:
    state = work.request.state
    try:
        async with asyncio.timeout(seconds):
            if state == "asked":
                return await resolve(work)
            if state == "approved":
                return await begin_adding(work)
            if state == "adding":
                return await add(work)
            return await (await_plex(work) if state == "imported" else follow(work))
    except UpstreamError as error:
        return work.delay(explain(error))
    except TimeoutError:
        return work.delay(f"The services took longer than {seconds:g} seconds.")


async def _settle_beside(work: Work, outcome: Outcome) -> MediaRequest | None:
    """Store a request whose title another one is for."""
    rival = await find_rival(work, str(outcome.values["identity"]))
    # The other one ended between the two: this one is looked at again.
    outcome = rival or work.stay(work.request.reason, timedelta(0))
    return await settle(work.context, work.request, outcome, work.clock())

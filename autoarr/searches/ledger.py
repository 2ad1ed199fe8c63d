"""Every search that AutoArr asks for: reserved within the budget, sent once, and followed until it ended.

A search is reserved in the transaction of whoever wants it, marked as sent before it is, and never sent again: when the
answer was lost, the list of commands that Sonarr or Radarr keeps tells what became of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, not_, select, update

from autoarr.faults import checkpoint
from autoarr.jobs.store import changed
from autoarr.models import Search, Service
from autoarr.searches.commands import is_same, overlap
from autoarr.upstream.arr import ArrClient
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context
    from autoarr.policy import Policy

UNFINISHED = ("reserved", "sent")
STALE = timedelta(minutes=2)
"""A reservation that is older is not sent any more."""
WINDOW = timedelta(hours=1, minutes=5)
"""What the budget counts: an hour at the service, where a search arrives after it was reserved and by another clock."""
SETTLE = timedelta(minutes=3)
"""Until then, a search whose answer was lost may still be on its way."""
REMEMBERED = timedelta(minutes=5)
"""How long Sonarr and Radarr list a command after its end, at least."""
LONGEST = timedelta(hours=6)
"""A command that runs longer is not waited for."""
_WENT_WRONG = frozenset({"failed", "aborted", "cancelled", "orphaned"})

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A search that may not be now.

    Attributes:
        reason: a sentence.
        next_at: when it is worth to try again.
    """

    reason: str
    next_at: datetime


async def reserve(
    session: AsyncSession,
    service: Service,
    subject: str,
    command: Mapping[str, Any],
    origin: str,
    origin_id: uuid.UUID | None,
    policy: Policy,
    now: datetime,
) -> Search | Refusal:
    """Reserve a search, in the caller's transaction of `Database.writing`; `send` it when that is committed.

    Args:
        subject, command: as `autoarr.searches.commands` makes them.
        origin: recovery, request or person.
    """
    # One reservation at a time for each service, so that no two of them count the same rest of the budget.
    await session.get(Service, service.id, with_for_update=True)
    unfinished = select(Search).where(Search.service_id == service.id, Search.state.in_(UNFINISHED))
    for other in await session.scalars(unfinished):
        if overlap(other.subject, subject):
            reason = f"{service.name} is being searched for the same already."
            return Refusal(reason=reason, next_at=now + timedelta(minutes=1))
    # What never reached the service costs nothing.
    unsent = and_(Search.state == "failed", Search.command_id.is_(None))
    spent = select(Search.created_at).where(Search.service_id == service.id, Search.created_at > now - WINDOW)
    moments = list(await session.scalars(spent.where(not_(unsent)).order_by(Search.created_at)))
    if (over := len(moments) - policy.searches_per_hour) >= 0:
        reason = f"The budget of {policy.searches_per_hour} searches an hour at {service.name} is used up."
        free_at = moments[over] + WINDOW if over < len(moments) else now + WINDOW
        return Refusal(reason=reason, next_at=max(free_at, now + timedelta(minutes=1)))
    search = Search(
        service_id=service.id,
        subject=subject,
        origin=origin,
        origin_id=origin_id,
        state="reserved",
        command=dict(command),
        created_at=now,
    )
    session.add(search)
    await session.flush()
    return search


async def send(context: Context, search_id: uuid.UUID, now: datetime) -> Search:
    """Send a reserved search, unless that was done or it is too late; give it as it is then.

    Where the same search runs already, whoever asked for it, that one counts as this one.
    """
    async with context.database.sessions() as session:
        search = await session.get_one(Search, search_id)
    if search.state != "reserved":
        return search
    try:
        client = await _client(context, search)
        running = await _find(client, search, ended=False)
    except UpstreamError as error:
        await _move(context, search, now, state="failed", error=f"Not sent: {error}.")
        return search
    fresh = Search.created_at > now - STALE
    checkpoint("search.reserved")
    if await _move(context, search, now, fresh, state="sent", command_id=running) and running is None:
        checkpoint("search.marked")
        await _post(context, client, search, now)
    return search


async def _post(context: Context, client: ArrClient, search: Search, now: datetime) -> None:
    fields = {name: value for name, value in search.command.items() if name != "name"}
    try:
        accepted = await client.command(search.command["name"], **fields)
    except UpstreamError as error:
        if not error.sent:
            await _move(context, search, now, state="failed", error=f"Not searched: {error}.")
        elif await _move(context, search, now, error=f"Its answer was lost: {error}."):
            await _look_up(context, search, now)
        return
    checkpoint("search.sent")
    await _move(context, search, now, command_id=accepted.id)


async def follow(context: Context, now: datetime) -> int:
    """Find out what became of every search that is not finished; give how many moved on."""
    async with context.database.sessions() as session:
        unfinished = select(Search).where(Search.state.in_(UNFINISHED)).order_by(Search.created_at)
        searches = list(await session.scalars(unfinished))
    return sum([await _follow(context, search, now) for search in searches])


async def _follow(context: Context, search: Search, now: datetime) -> bool:
    if search.state == "reserved":
        late = search.created_at <= now - STALE
        return late and await _move(context, search, now, state="failed", error="Not sent: AutoArr ended first.")
    if search.command_id is None:
        return await _look_up(context, search, now)
    if now - search.created_at > LONGEST:
        return await _move(context, search, now, state="unknown", error=f"It runs longer than {LONGEST}.")
    try:
        client = await _client(context, search)
        command = await client.command_state(search.command_id)
    except UpstreamError as error:
        gone = error.cause is Cause.NOT_FOUND
        return gone and await _move(context, search, now, state="unknown", error="It isn't listed any more.")
    if command.status == "completed":
        return await _move(context, search, now, state="finished", error=None)
    if command.status in _WENT_WRONG:
        said = command.message or "without a reason"
        return await _move(context, search, now, state="failed", error=f"It was {command.status}: {said}")
    return False


async def _look_up(context: Context, search: Search, now: datetime) -> bool:
    """Look for a search whose answer was lost, or whose process died before it came."""
    try:
        found = await _find(await _client(context, search), search, ended=True)
    except UpstreamError as error:
        log.debug("search not looked up: %s", error)
        return now - search.created_at > LONGEST and await _move(
            context, search, now, state="unknown", error="What became of it could not be asked."
        )
    if found is not None:
        return await _move(context, search, now, command_id=found)
    if (age := now - search.created_at) <= SETTLE:
        return False
    if age < REMEMBERED:
        return await _move(context, search, now, state="failed", error="It never arrived.")
    return await _move(context, search, now, state="unknown", error="It was looked for too late to know.")


async def _client(context: Context, search: Search) -> ArrClient:
    client = await context.upstreams.client(search.service_id)
    if not isinstance(client, ArrClient):
        raise UpstreamError(client.connection.name, Cause.UNEXPECTED_APPLICATION, "it searches for nothing")
    return client


async def _find(client: ArrClient, search: Search, *, ended: bool) -> int | None:
    """Find the newest command for the same; `ended`: also where it ended already."""
    for command in sorted(await client.commands(), key=lambda command: -command.id):
        same = is_same(search.command, command.name, command.body)
        if same and (ended or command.status in ("queued", "started")):
            return command.id
    return None


async def _move(
    context: Context, search: Search, now: datetime, *conditions: ColumnElement[bool], **values: Any
) -> bool:
    """Change a search that is still as it was seen; False where another process was faster."""
    number = Search.command_id.is_not_distinct_from(search.command_id)
    seen = (Search.id == search.id, Search.state == search.state, number)
    state = values.get("state", search.state)
    if state not in UNFINISHED:
        values["finished_at"] = now
    if error := values.get("error"):
        values["error"] = error.replace("\0", "")
    async with context.database.writing.begin() as session:
        moved = await changed(session, update(Search).where(*seen, *conditions).values(values))
        current = None if moved else await session.get(Search, search.id)
    # Of a service that was removed, no search is left.
    now_as = values if moved else {name: getattr(current or search, name) for name in ("state", "command_id", "error")}
    for name, value in now_as.items():
        setattr(search, name, value)
    if moved:
        await context.bus.publish("search.changed", {"id": str(search.id), "state": state})
    return moved

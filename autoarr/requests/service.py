"""Requests as people deal with them: one way for the API, the tools and the chat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from autoarr import activity
from autoarr.errors import Refused
from autoarr.models import MediaRequest, RequestStep, User
from autoarr.policy import load_policy
from autoarr.requests.ledger import LEASE, announce, describe, note, tell, visible
from autoarr.requests.wish import Candidate, Wish

if TYPE_CHECKING:
    import uuid

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.accounts.principal import Principal
    from autoarr.context import Context

KIND = "requests"
"""The kind of the jobs that take requests further."""
WEEK = timedelta(days=7)
LONGEST_REASON = 500
LONGEST_TEXT = 2000

BEFORE_APPROVAL = ("asked", "choosing", "awaiting_approval", "approved")
UNCOUNTED = ("already_there", "failed")
"""Ends that cost nobody anything: they don't count for the quota."""


async def create(
    context: Context,
    principal: Principal,
    *,
    text: str = "",
    wish: Wish | None = None,
    now: datetime | None = None,
) -> MediaRequest:
    """Ask for a film or a series; where the services answer soon, what is given back knows which one.

    Args:
        text: in the person's words; kept as they are.
        wish: what is meant, where that is known; the words are not looked into then.

    Raises:
        Refused: the words name nothing (422), or the quota is used up (429).
    """
    now = now or datetime.now(UTC)
    if wish is None:
        # Its patterns take a while to be made.
        from autoarr.requests.parse import parse

        wish = parse(text)
    if not wish.names_something:
        raise Refused("Say which film or series is meant: its title, or its address at themoviedb.org.", 422)
    title = visible(wish.title or wish.imdb_id or f"number {wish.tmdb_id or wish.tvdb_id}")
    request = MediaRequest(
        user_id=principal.user_id,
        user_name=principal.name,
        text=text.replace("\0", "")[:LONGEST_TEXT] or title,
        wish=wish.model_dump(mode="json", exclude_none=True),
        media=wish.wanted_media,
        title=title,
        year=wish.year,
        quality=wish.quality,
        candidates=[],
        state="asked",
        reason="It is being looked up.",
        # What administrators ask for, nobody else has to approve; a token for less than its user is no administrator.
        decided_by=principal.name if principal.role == "admin" else None,
        attempts=0,
        # Taken already, by who looks it up below.
        next_at=now + LEASE,
        created_at=now,
        updated_at=now,
    )
    async with context.database.writing.begin() as session:
        await _demand_quota(session, principal, now)
        session.add(request)
        await session.flush()
        note(session, request, "asked", f"{principal.name} asked for it.", now, {"understood": request.wish})
        _record(session, principal, "created", request, f"asked for {describe(request)}.")
    return await _look_up(context, principal, request, now)


async def _demand_quota(session: AsyncSession, principal: Principal, now: datetime) -> None:
    """Refuse where the quota is used up. The user's row is locked: two at once are counted one after the other."""
    if await session.get(User, principal.user_id, with_for_update=True) is None:
        raise Refused("This user was removed.", 403)
    limit = (await load_policy(session)).requests_per_week
    if principal.role == "admin" or limit is None:
        return
    counted = (
        MediaRequest.user_id == principal.user_id,
        MediaRequest.created_at > now - WEEK,
        MediaRequest.state.not_in(UNCOUNTED),
    )
    used = await session.scalar(select(func.count()).where(*counted)) or 0
    if used >= limit:
        raise Refused(f"{used} of {limit} requests in seven days are used: ask again later, or an administrator.", 429)


async def get(context: Context, principal: Principal, request_id: uuid.UUID) -> tuple[MediaRequest, list[RequestStep]]:
    """A request and its timeline, the oldest line first.

    Raises:
        Refused: there is none (404), or none that this user may see.
    """
    async with context.database.sessions() as session:
        request = await _find(session, principal, request_id)
        lines = select(RequestStep).where(RequestStep.request_id == request.id).order_by(RequestStep.id)
        return request, list(await session.scalars(lines))


def select_requests(principal: Principal, *, unfinished: bool | None = None, **wanted: Any) -> Select[MediaRequest]:
    """The requests that somebody may see, the newest first: a requester's own, or everybody's.

    Args:
        unfinished: only those that are, or that aren't.
        wanted: columns and their values; None asks for nothing.
    """
    query = select(MediaRequest).filter_by(**{name: value for name, value in wanted.items() if value is not None})
    if principal.role != "admin":
        query = query.where(MediaRequest.user_id == principal.user_id)
    if unfinished is not None:
        ended = MediaRequest.ended_at
        query = query.where(ended.is_(None) if unfinished else ended.is_not(None))
    return query.order_by(MediaRequest.created_at.desc(), MediaRequest.id)


async def choose(
    context: Context, principal: Principal, request_id: uuid.UUID, candidate_id: str, now: datetime | None = None
) -> MediaRequest:
    """Say which of several titles is meant.

    Raises:
        Refused: there is no such request or candidate, or nothing to choose.
    """
    now = now or datetime.now(UTC)
    async with context.database.writing.begin() as session:
        request = await _find(session, principal, request_id, lock=True)
        _demand_state(request, ("choosing",))
        found = next((item for item in request.candidates if item["id"] == candidate_id), None)
        if found is None:
            raise Refused("It is none of those that may be chosen.", 422)
        chosen = Candidate.model_validate(found)
        keep: dict[str, Any] = {name: request.wish[name] for name in ("quality", "seasons") if name in request.wish}
        wish = {**keep, **chosen.ids, "title": chosen.title, "year": chosen.year, "media": chosen.media}
        request.wish = {name: value for name, value in wish.items() if value is not None}
        request.candidates = []
        request.media, request.title, request.year = chosen.media, chosen.title, chosen.year
        _move(request, "asked", "It is being looked up.", now + LEASE, now)
        note(session, request, "chosen", f"{principal.name} chose {describe(request)}.", now, {"id": chosen.id})
        _record(session, principal, "chosen", request, f"chose {describe(request)}.")
    return await _look_up(context, principal, request, now)


async def approve(
    context: Context, principal: Principal, request_id: uuid.UUID, now: datetime | None = None
) -> MediaRequest:
    """Let a request go on.

    Raises:
        Refused: for administrators only; or it doesn't wait for that.
    """
    _demand_admin(principal)
    now = now or datetime.now(UTC)
    async with context.database.writing.begin() as session:
        request = await _find(session, principal, request_id, lock=True)
        _demand_state(request, ("awaiting_approval",))
        request.decided_by = principal.name
        _move(request, "approved", f"{principal.name} approved it.", now, now)
        note(session, request, "approved", request.reason, now)
        _record(session, principal, "approved", request, f"approved {describe(request)}.")
        await announce(session, request, now)
        await _queue(context, session, principal, request)
    await tell(context, request)
    return request


async def deny(
    context: Context, principal: Principal, request_id: uuid.UUID, reason: str, now: datetime | None = None
) -> MediaRequest:
    """Say no to a request of which nothing was added yet. Raises as `approve` does."""
    _demand_admin(principal)
    return await _end(context, principal, request_id, "denied", visible(reason, LONGEST_REASON), BEFORE_APPROVAL, now)


async def cancel(
    context: Context, principal: Principal, request_id: uuid.UUID, now: datetime | None = None
) -> MediaRequest:
    """Follow a request no longer: its own user, or an administrator. What was added already stays where it is.

    Raises:
        Refused: there is no such request, or it ended.
    """
    return await _end(context, principal, request_id, "cancelled", "", None, now)


async def _end(
    context: Context,
    principal: Principal,
    request_id: uuid.UUID,
    state: str,
    because: str,
    allowed: tuple[str, ...] | None,
    now: datetime | None,
) -> MediaRequest:
    now = now or datetime.now(UTC)
    async with context.database.writing.begin() as session:
        request = await _find(session, principal, request_id, lock=True)
        _demand_state(request, allowed)
        reason = f"{principal.name} {state} it" + (f": {because}" if because else ".")
        if request.state not in BEFORE_APPROVAL:
            reason += " What was added or is being downloaded already stays as it is."
        request.decided_by, request.ended_at, request.candidates = principal.name, now, []
        _move(request, state, reason, None, now)
        note(session, request, state, reason, now)
        _record(session, principal, state, request, f"{state} {describe(request)}.", because or None)
        await announce(session, request, now)
    await tell(context, request)
    return request


async def _look_up(context: Context, principal: Principal, request: MediaRequest, now: datetime) -> MediaRequest:
    """Have it looked up while the person waits, who is told of it, and taken further in the background."""
    # Loaded with the first request: the services' answers and all that is done with them.
    from autoarr.requests import engine

    await tell(context, request)
    looked_up = await engine.look_up_now(context, request, now) or request
    if looked_up.state == "approved":
        async with context.database.writing.begin() as session:
            await _queue(context, session, principal, looked_up)
    return looked_up


def _move(request: MediaRequest, state: str, reason: str, next_at: datetime | None, now: datetime) -> None:
    request.state, request.reason, request.attempts = state, reason, 0
    request.next_at, request.updated_at = next_at, now


async def _find(
    session: AsyncSession, principal: Principal, request_id: uuid.UUID, *, lock: bool = False
) -> MediaRequest:
    request = await session.get(MediaRequest, request_id, with_for_update=lock or None)
    if request is None or (principal.role != "admin" and request.user_id != principal.user_id):
        raise Refused("There is no such request.", 404)
    return request


def _demand_admin(principal: Principal) -> None:
    if principal.role != "admin":
        raise Refused("This is for administrators.", 403)


def _demand_state(request: MediaRequest, allowed: tuple[str, ...] | None) -> None:
    if request.ended_at or (allowed and request.state not in allowed):
        raise Refused(f"It is {request.state.replace('_', ' ')}: {request.reason}")


async def _queue(context: Context, session: AsyncSession, principal: Principal, request: MediaRequest) -> None:
    """Have it taken further at once, and not when the clock says."""
    key = str(request.id)
    await context.jobs.enqueue(session, KIND, key, {"request_id": key}, actor=principal.actor)


def _record(
    session: AsyncSession,
    principal: Principal,
    what: str,
    request: MediaRequest,
    said: str,
    cause: str | None = None,
) -> None:
    message = f"{principal.name} {said}"[:500]
    activity.record(session, principal.actor, f"request.{what}", message, subject=str(request.id), cause=cause)

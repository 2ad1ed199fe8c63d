"""A title is put into the library of Sonarr or Radarr: looked for first, written once, and never blindly again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr.faults import checkpoint
from autoarr.models import MediaRequest, Service
from autoarr.requests.ledger import LEASE, Outcome, describe, hold, last_step, note
from autoarr.requests.places import (
    choose_profile,
    choose_root,
    fitting,
    is_wanted,
    make_movie,
    make_series,
    read_profiles,
)
from autoarr.requests.titles import describe_for_adding, find
from autoarr.requests.work import Work, connect, is_observing
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from datetime import datetime

    from autoarr.upstream.arr import ArrClient

SENT = "sent"
"""The timeline's word for a write that is about to be sent: with it, a process that takes over knows of it."""
DEADLINE = 25.0
"""Seconds that a write may take."""
SETTLE = timedelta(seconds=45)
"""How long a write that was sent may still take to arrive: until then, not to find the title proves nothing.
Longer than `DEADLINE`."""
SOMEBODY = timedelta(minutes=10)
"""How often it is looked whether a person has changed what a request waits for."""


class Lost(Exception):
    """The request is somebody else's by now, or a person has decided meanwhile."""


async def begin_adding(work: Work) -> Outcome:
    """Choose where an approved request goes, and be the only one that adds this title there.

    Raises:
        Lost: it is somebody else's.
    """
    request = work.request
    service = work.find_service() or next(iter(fitting(work.services, work.kind, request.quality)), None)
    if service is None:
        return work.stay(f"It can't be added: no {work.kind.capitalize()} is connected.", SOMEBODY)
    if is_observing(work.policy, service):
        return work.stay(f"It can't be added: nothing is written to {service.name} in observe mode.", SOMEBODY)
    async with work.context.database.writing.begin() as session:
        # One at a time decides so for each service; two requests for seasons of one series are two requests.
        if await session.get(Service, service.id, with_for_update=True) is None:
            return work.stay(f"{service.name} was removed: another one is looked for.", timedelta(0))
        number = MediaRequest.tmdb_id if work.media == "movie" else MediaRequest.tvdb_id
        others = select(MediaRequest.id).where(
            MediaRequest.state == "adding",
            MediaRequest.service_id == service.id,
            MediaRequest.media == work.media,
            number == work.number,
            MediaRequest.id != request.id,
        )
        if await session.scalar(others.limit(1)):
            return work.stay(
                f"Another request for {request.title} is being added to {service.name}.", timedelta(minutes=1)
            )
        # In the same transaction: from now on the others see this one.
        current = await session.get(MediaRequest, request.id, with_for_update=True)
        if current is None or (current.state, current.next_at) != (request.state, request.next_at):
            raise Lost
        current.state = "adding"
        current.service_id, current.external_id = service.id, None
        current.reason = f"It is being added to {service.name}."
        note(session, current, "adding", current.reason, work.now)
    # Still taken, with the same lease.
    request.state, request.service_id, request.external_id, request.reason = "adding", service.id, None, current.reason
    return await add(work)


async def add(work: Work) -> Outcome:
    """See to it that the title is in the library, monitored.

    Raises:
        Lost: the request is somebody else's.
        UpstreamError: who has to be asked can't be.
    """
    service = work.find_service()
    if service is None:
        reason = (
            f"The {work.kind.capitalize()} that it was to go to was removed or switched off: another one is looked for."
        )
        return replace(work.move("approved", reason), values={"service_id": None, "external_id": None})
    if is_observing(work.policy, service):
        return work.stay(f"It can't be added: nothing is written to {service.name} in observe mode.", SOMEBODY)
    client = await connect(work.context, service.id)
    found = await find(client, work.media, work.number)
    if found:
        title, raw = found
        body = _with_monitoring(work, raw)
        if body is None:
            reason = f"{describe(work.request)} is in the library of {service.name}, which looks for it."
            return replace(work.move("searching", reason), values={"external_id": title.id})
    if wait := await _wait_for_lost(work, service):
        return wait
    if found and body:
        return await _write(work, client, service, "PUT", f"{work.media}/{title.id}", body)
    return await _add_new(work, client, service)


async def _wait_for_lost(work: Work, service: Service) -> Outcome | None:
    """Wait where a write was sent that may still be on its way."""
    async with work.context.database.sessions() as session:
        sent = await last_step(session, work.request.id, SENT)
    if sent is None or (left := sent.at + SETTLE - work.clock()) <= timedelta(0):
        return None
    return work.stay(f"What became of adding it to {service.name} isn't known yet: it is looked for there.", left)


async def _add_new(work: Work, client: ArrClient, service: Service) -> Outcome:
    request = work.request
    described = await describe_for_adding(client, work.media, work.number)
    if described is None:
        return work.delay(f"{service.name} doesn't find {describe(request)} by its number any more.")
    profile = choose_profile(await read_profiles(client), request.quality)
    if profile is None:
        what = f" allows {request.quality}" if request.quality else ""
        return work.stay(f"No quality profile of {service.name}{what}: an administrator has to add one.", SOMEBODY)
    root = choose_root(await client.root_folders())
    if root is None:
        return work.stay(f"{service.name} has no root folder that can be reached.", SOMEBODY)
    if work.media == "movie":
        body = make_movie(described, profile, root)
    else:
        body = make_series(described, profile, root, request.seasons)
    return await _write(work, client, service, "POST", work.media, body)


def _with_monitoring(work: Work, raw: dict[str, Any]) -> dict[str, Any] | None:
    """A title that is there, with all that is wanted monitored; None where it is."""
    changes: dict[str, Any] = {} if raw.get("monitored") else {"monitored": True}
    if work.media == "series":
        unmarked = [season for season in raw.get("seasons") or [] if not season.get("monitored")]
        lacking = [season for season in unmarked if is_wanted(season["seasonNumber"], work.request.seasons)]
        # Of a series that wasn't monitored, the marks of its seasons had no effect, and aren't to get one.
        if changes or lacking:
            changes["seasons"] = [
                {**season, "monitored": _stays(season, work, bool(raw.get("monitored")))} for season in raw["seasons"]
            ]
    return {**raw, **changes} if changes else None


def _stays(season: dict[str, Any], work: Work, was_monitored: bool) -> bool:
    if is_wanted(season["seasonNumber"], work.request.seasons):
        return True
    return was_monitored and bool(season.get("monitored"))


async def _write(
    work: Work, client: ArrClient, service: Service, method: str, path: str, body: dict[str, Any]
) -> Outcome:
    """Send a write once: stored before it is sent, and looked for where its answer is lost."""
    new = method == "POST"
    detail = {"call": f"{method} /api/v3/{path}"} | ({"folder": body["rootFolderPath"]} if new else {})
    what = f"{describe(work.request)} is sent to {service.name}." if new else f"{service.name} is told to look for it."
    await _mark_sent(work, what, detail, work.clock())
    checkpoint("request.add.marked")
    try:
        async with asyncio.timeout(DEADLINE):
            await (client.post(path, body) if new else client.put(path, body))
    except TimeoutError:
        return _lost(work, service)
    except UpstreamError as error:
        if error.sent:
            return _lost(work, service)
        if error.cause is Cause.REJECTED:
            return work.delay(f"{service.name} refused it: {error.detail}.")
        raise
    checkpoint("request.add.sent")
    # Verified before anything follows from it.
    return work.stay(f"{service.name} has taken it: it is looked whether it is there.", timedelta(0))


async def _mark_sent(work: Work, what: str, detail: dict[str, Any], now: datetime) -> None:
    until = now + LEASE
    async with work.context.database.writing.begin() as session:
        if not await hold(session, work.request, until):
            raise Lost
        note(session, work.request, SENT, what, now, detail)
    work.request.next_at = until


def _lost(work: Work, service: Service) -> Outcome:
    reason = f"The answer of {service.name} was lost: it is looked whether it was added."
    return Outcome(state=work.request.state, reason=reason, next_at=work.clock() + SETTLE, failed=True)

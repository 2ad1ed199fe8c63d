"""The writes of a recovery: what exactly is written, sending it once, and reading what became of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from autoarr.models import Service
from autoarr.recovery.gather import own_ids
from autoarr.recovery.history import FAILED
from autoarr.recovery.intake import wanted
from autoarr.searches import commands
from autoarr.upstream.arr import ArrClient
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.sabnzbd import SabnzbdClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoarr.context import Context
    from autoarr.models import Attempt, Recovery
    from autoarr.recovery.facts import Facts
    from autoarr.recovery.gather import Reader
    from autoarr.searches.commands import Wanted
    from autoarr.upstream.pool import Client

SETTLE = timedelta(seconds=60)
"""How long what was sent may still take to arrive: until then, that nothing changed proves nothing."""
UNREADABLE = timedelta(hours=24)
"""What can't be read that long is not found out any more."""
_AT_CLIENT = frozenset({"pause", "resume", "retry", "clean"})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a write ended.

    Attributes:
        state: `verified`, `failed` or `unknown`; None while it is not known yet.
        refused: whether the service answered, and did not make it.
    """

    state: str | None
    error: str | None = None
    refused: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)


def make_target(recovery: Recovery, action: str, facts: Facts) -> dict[str, Any]:
    """What exactly is written, and where.

    `native_off` says that the owner does not search by itself in consequence, `searches` that it does.
    """
    service = recovery.owner_id
    if action in _AT_CLIENT:
        service = facts.paused_at if action == "resume" else recovery.client_id
    target: dict[str, Any] = {"service_id": str(service)}
    if action in ("pause", "resume"):
        return {**target, "call": f"mode={action}"}
    if action == "retry":
        return {**target, "call": "mode=retry", "nzo_id": recovery.download_id}
    if action == "clean":
        return {**target, "call": "mode=history&name=delete", "nzo_id": recovery.download_id}
    if action == "search":
        search = make_search(recovery, facts)
        return {**target, "call": "POST command", "subject": search.subject, "command": dict(search.command)}
    if not facts.rows and facts.grab is not None:
        return {**target, "call": f"POST history/failed/{facts.grab}", "searches": facts.redownloads}
    params = {"removeFromClient": "true", "blocklist": str(action == "blocklist").lower(), "skipRedownload": "true"}
    return {
        **target,
        "call": f"DELETE queue/{facts.rows[0]}",
        "params": params,
        "rows": list(facts.rows),
        "native_off": True,
    }


def make_search(recovery: Recovery, facts: Facts) -> Wanted:
    """What is searched for: the season where all of a pack is missing, else what is missing."""
    media, missing = recovery.media, facts.missing or wanted(recovery.media)
    season = facts.season if media.get("season") is None else media["season"]
    if media.get("movie_id") is not None:
        return commands.movie(media["movie_id"])
    is_pack = media.get("series_id") is not None and len(missing) > 1 and missing == wanted(media)
    if is_pack and season is not None:
        return commands.season(media["series_id"], season)
    return commands.episodes(number for _, number in missing)


async def send(context: Context, attempt: Attempt) -> Outcome:
    """Send a write other than a search, once; `unknown` is not an outcome yet, but to be looked at by `inspect`."""
    target = attempt.target
    result: dict[str, Any] = {}
    try:
        client = await _client(context, target)
        if isinstance(client, SabnzbdClient):
            result = await _send_to_sabnzbd(client, attempt.action, target)
        elif isinstance(client, ArrClient):
            method, _, path = str(target["call"]).partition(" ")
            await (client.delete(path, target["params"]) if method == "DELETE" else client.post(path))
    except UpstreamError as error:
        if not error.sent:
            refused = error.status is not None or error.cause in (Cause.REJECTED, Cause.NOT_FOUND)
            return Outcome(state="failed", error=f"{error}.", refused=refused)
        return Outcome(state=None, error=f"Its answer was lost: {error}.")
    return Outcome(state=None, result=result)


async def _send_to_sabnzbd(client: SabnzbdClient, action: str, target: Mapping[str, Any]) -> dict[str, Any]:
    if action == "retry":
        new = await client.retry(target["nzo_id"])
        return {"nzo_id": new} if new else {}
    if action == "clean":
        await client.delete_ended(target["nzo_id"])
    else:
        await (client.pause() if action == "pause" else client.resume())
    return {}


async def inspect(context: Context, reader: Reader, recovery: Recovery, attempt: Attempt, late: timedelta) -> Outcome:
    """Read what became of a write other than a search.

    Args:
        late: how long ago it was sent.
    """
    reader.forget()
    try:
        async with context.database.sessions() as session:
            service = await session.get(Service, _service_id(attempt.target))
        if service is None:
            return Outcome(state="unknown", error="The service was removed before it could be read again.")
        if service.kind == "sabnzbd":
            found = await _find_at_sabnzbd(reader, service, recovery, attempt)
        else:
            found = await _find_at_owner(reader, service, recovery, attempt)
    except UpstreamError as error:
        state = "unknown" if late > UNREADABLE else None
        return Outcome(state=state, error=f"It could not be read again: {error}.")
    if found is not None:
        return Outcome(state="verified", result=found)
    if late <= SETTLE:
        return Outcome(state=None)
    answered = attempt.error is None
    return Outcome(state="failed", error=attempt.error or "It was answered, and not made.", refused=answered)


async def _find_at_sabnzbd(
    reader: Reader, service: Service, recovery: Recovery, attempt: Attempt
) -> dict[str, Any] | None:
    """What a write brought; None where it was not made."""
    word = await reader.sabnzbd(service)
    if attempt.action in ("pause", "resume"):
        return {"paused": word.paused} if word.paused == (attempt.action == "pause") else None
    old = attempt.target["nzo_id"]
    if any(ended.nzo_id == old and ended.status == "Failed" for ended in word.ended):
        return None
    if attempt.action == "clean":
        return {"removed": old}
    told = (attempt.result or {}).get("nzo_id")
    # A retry whose answer was lost is found by its name.
    named = [slot.nzo_id for slot in word.slots if slot.filename == recovery.title and slot.nzo_id != old]
    named += [ended.nzo_id for ended in word.ended if ended.name == recovery.title and ended.nzo_id != old]
    new = told or (named[0] if named else None)
    return {"nzo_id": new} if new else {}


async def _find_at_owner(
    reader: Reader, service: Service, recovery: Recovery, attempt: Attempt
) -> dict[str, Any] | None:
    word = (await reader.arr(service)).word
    own = own_ids(recovery)
    if rows := attempt.target.get("rows"):
        left = {row.id for row in word.rows}
        return None if left & {*rows} else {"removed": rows}
    noted = [event.id for event in word.events if event.event_type == FAILED and event.download_id in own]
    return {"event": max(noted)} if noted else None


async def _client(context: Context, target: Mapping[str, Any]) -> Client:
    return await context.upstreams.client(_service_id(target))


def _service_id(target: Mapping[str, Any]) -> uuid.UUID:
    return uuid.UUID(target["service_id"])

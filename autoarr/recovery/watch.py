"""Looking after downloads: what failed or waits is found, and made a recovery of."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr.jobs.registry import JobRun, handler
from autoarr.models import Option, Recovery
from autoarr.recovery.asking import ArrWord, Away, SabnzbdWord, ask_arr, ask_sabnzbd
from autoarr.recovery.intake import take
from autoarr.recovery.joining import Joining, Words
from autoarr.recovery.seen import Party, Seen, load
from autoarr.services.registry import list_enabled
from autoarr.upstream.arr import ArrClient
from autoarr.upstream.errors import UpstreamError
from autoarr.upstream.sabnzbd import SabnzbdClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context

KEY = "watch"
"""The option that keeps of each service, by its id, up to which moment its history is known."""
FIRST_LOOK = timedelta(days=1)
"""How far back the first look at a service goes."""
OVERLAP = timedelta(hours=1)
"""How much of what is known is read again: clocks differ, and a history is written a little later than it tells."""
DEADLINE = 40.0
"""Seconds a service has for all that it is asked."""
LOOKUPS = 50
"""Downloads that Sonarr and Radarr are asked for one by one in one look; the rest waits for the next."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look at all services brought.

    Attributes:
        away: why each service that gave no answer gave none, by its name. What it may have is unknown.
        answered: the ids of those that answered.
    """

    seen: list[Seen]
    away: dict[str, str]
    answered: list[uuid.UUID]


@handler("watch", max_attempts=1, timeout_s=180)
async def run(context: Context, job: JobRun) -> dict[str, Any]:
    """Look, and keep what was seen, together with how far the histories are known from then on."""
    now = datetime.now(UTC)
    found = await look(context, now)
    async with context.database.writing.begin() as session:
        taken = [recovery for seen in found.seen if (recovery := await take(session, seen, now))]
        moments = await _load_moments(session) | {str(service_id): now.isoformat() for service_id in found.answered}
        await session.merge(Option(key=KEY, value=moments, updated_at=now, updated_by=job.actor.name))
    new = [recovery for recovery in taken if recovery.created_at == now]
    for recovery in new:
        await context.bus.publish("recovery.changed", {"id": str(recovery.id), "state": recovery.state})
    return {"seen": len(found.seen), "new": len(new), "away": found.away}


async def look(context: Context, now: datetime) -> Look:
    """Ask every enabled SABnzbd, Sonarr and Radarr, and join what they say; nothing is written.

    What a service that is away may have to say of a download, nobody else says for it: such downloads are not in
    the result, and stay as they were.
    """
    async with context.database.sessions() as session:
        since, followed = await _remember(session, now)
    joining, away = await ask_all(context, since, followed, now)
    missing = {one.party for one in away}
    async with context.database.sessions() as session:
        seen = await _leave_out_ended(session, joining.look(), now)
    return Look(
        seen=seen,
        away={one.party.name: one.reason for one in away},
        answered=[party.id for party in since if party not in missing],
    )


async def ask_all(
    context: Context, since: Mapping[Party, datetime], followed: Sequence[Seen], now: datetime
) -> tuple[Joining, list[Away]]:
    """Ask services at the same time; give what they say, and which of them gave no answer.

    Args:
        since: from which moment on each is asked.
        followed: as for `Joining`.
    """
    answers = await asyncio.gather(*(_ask(context, party, moment) for party, moment in since.items()))
    words = Words.of(answers)
    joining = Joining(words, followed, now)
    if unowned := joining.unowned():
        words = await _look_up(context, words, unowned[:LOOKUPS])
        joining = Joining(words, followed, now, frozenset(unowned[LOOKUPS:]))
    return joining, [answer for answer in answers if isinstance(answer, Away)]


async def list_parties(session: AsyncSession) -> list[Party]:
    """The enabled services that have to do with downloads."""
    services = [service for service in await list_enabled(session) if service.kind != "plex"]
    return [Party(id=one.id, kind=one.kind, name=one.name) for one in services]  # type: ignore[arg-type]  # the table's


async def _remember(session: AsyncSession, now: datetime) -> tuple[dict[Party, datetime], list[Seen]]:
    """From which moment on each service is asked, and what is followed."""
    parties = await list_parties(session)
    # An episode of a pack that was given up is no download.
    unfinished = select(Recovery).where(Recovery.ended_at.is_(None), Recovery.download_id.is_not(None))
    # Tried again, it has another id than it was seen with.
    followed = [replace(load(one.seen), download_id=str(one.download_id)) for one in await session.scalars(unfinished)]
    moments = await _load_moments(session)
    oldest = min((seen.occurred_at for seen in followed), default=now)
    since = {
        party: min(
            datetime.fromisoformat(moments[key]) if (key := str(party.id)) in moments else now - FIRST_LOOK, oldest
        )
        - OVERLAP
        for party in parties
    }
    return since, followed


async def _leave_out_ended(session: AsyncSession, found: Sequence[Seen], now: datetime) -> list[Seen]:
    """Leave out what was recovered or given up before, and which its service goes on showing."""
    ids = {seen.download_id for seen in found}
    rows = await session.scalars(select(Recovery).where(Recovery.download_id.in_(ids), Recovery.ended_at.is_not(None)))
    ends: dict[tuple[str | None, str], datetime] = {}
    for row in rows:
        if row.ended_at:
            key = (row.download_id, str(row.seen["stage"]))
            ends[key] = max(row.ended_at, ends.get(key, row.ended_at))
    # That it occurred now says that nobody tells when.
    return [
        seen
        for seen in found
        if (end := ends.get((seen.download_id, seen.stage))) is None or end < seen.occurred_at < now
    ]


async def _ask(context: Context, party: Party, since: datetime) -> SabnzbdWord | ArrWord | Away:
    try:
        async with asyncio.timeout(DEADLINE):
            client = await context.upstreams.client(party.id)
            if isinstance(client, SabnzbdClient):
                return await ask_sabnzbd(client, party, since)
            if isinstance(client, ArrClient):
                return await ask_arr(client, party, since)
            return Away(party=party, reason="it is of another kind now")
    except UpstreamError as error:
        return Away(party=party, reason=error.detail)
    except TimeoutError:
        return Away(party=party, reason=f"no answer within {DEADLINE:g} s")


async def _look_up(context: Context, words: Words, downloads: Sequence[str]) -> Words:
    """Ask each Sonarr and Radarr what it knows of downloads that it grabbed before its history was read from.

    Where one of them can't say, it is unknown who owns what nobody owns.
    """
    arrs, complete = [], words.all_arrs
    for word in words.arrs:
        events = list(word.events)
        try:
            client = await context.upstreams.client(word.party.id)
            if isinstance(client, ArrClient):
                for download in downloads:
                    events += await client.history_of(download)
        except UpstreamError:
            complete = False
        arrs.append(replace(word, events=events))
    return replace(words, arrs=arrs, all_arrs=complete)


async def _load_moments(session: AsyncSession) -> dict[str, str]:
    kept = await session.get(Option, KEY)
    return dict(kept.value) if kept else {}

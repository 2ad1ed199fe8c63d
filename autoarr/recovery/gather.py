"""Asking the services what is to be known of a recovery; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autoarr.models import Attempt, RecoveryStep, Service
from autoarr.recovery.asking import ArrWord, SabnzbdWord, ask_arr, ask_sabnzbd
from autoarr.recovery.facts import Facts
from autoarr.recovery.history import FAILED, GRABBED, IMPORTED
from autoarr.recovery.intake import wanted
from autoarr.recovery.messages import FULL_DISK
from autoarr.recovery.rows import is_troubled
from autoarr.recovery.seen import Party
from autoarr.recovery.service import read_attempts
from autoarr.recovery.troubles import find_warnings
from autoarr.searches.conditions import judge_indexers
from autoarr.services.registry import list_enabled
from autoarr.upstream.arr import ArrClient
from autoarr.upstream.errors import UpstreamError
from autoarr.upstream.sabnzbd import SabnzbdClient

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.context import Context
    from autoarr.models import Recovery
    from autoarr.recovery.facts import Entry, Item, PausedBy

MARGIN = timedelta(minutes=10)
"""The services' clocks differ from each other."""
LOST = timedelta(hours=1)
"""What was grabbed, is in no queue since, and was not imported, will not be."""
ROOM = 16 * 2**20
"""Bytes that the smallest download needs."""
_GRABBED_NUMBER = 1
"""How the query of their history calls a grab, in both applications."""


@dataclass(frozen=True)
class _Arr:
    word: ArrWord
    redownloads: bool
    indexers: str | None


class Reader:
    """What services say, asked once for all recoveries that are looked at together.

    Args:
        since: events and entries before are not read.
    """

    def __init__(self, context: Context, since: datetime) -> None:
        self._context = context
        self._since = since - MARGIN
        self._arrs: dict[uuid.UUID, _Arr] = {}
        self._sabnzbds: dict[uuid.UUID, SabnzbdWord] = {}

    def forget(self) -> None:
        """Ask again: something was written."""
        self._arrs.clear()
        self._sabnzbds.clear()

    async def arr(self, service: Service) -> _Arr:
        """Ask a Sonarr or Radarr."""
        if service.id not in self._arrs:
            client = await self._context.upstreams.client(service.id)
            assert isinstance(client, ArrClient)  # noqa: S101 -- its kind says so
            config = await client.get("config/downloadclient")
            redownloads = isinstance(config, dict) and config.get("autoRedownloadFailed") is True
            indexers = judge_indexers(await client.health())
            self._arrs[service.id] = _Arr(await ask_arr(client, _party(service), self._since), redownloads, indexers)
        return self._arrs[service.id]

    async def sabnzbd(self, service: Service) -> SabnzbdWord:
        """Ask a SABnzbd."""
        if service.id not in self._sabnzbds:
            client = await self._context.upstreams.client(service.id)
            assert isinstance(client, SabnzbdClient)  # noqa: S101 -- its kind says so
            self._sabnzbds[service.id] = await ask_sabnzbd(client, _party(service), self._since)
        return self._sabnzbds[service.id]

    async def find_grab(self, service: Service, download_id: str) -> int | None:
        """Find the newest event by which Sonarr or Radarr grabbed a download."""
        client = await self._context.upstreams.client(service.id)
        assert isinstance(client, ArrClient)  # noqa: S101 -- its kind says so
        page = {"page": 1, "pageSize": 10, "sortKey": "date", "sortDirection": "descending"}
        answer = await client.get("history", {**page, "downloadId": download_id, "eventType": _GRABBED_NUMBER})
        records = answer.get("records") if isinstance(answer, dict) else None
        return max((int(record["id"]) for record in records or () if record.get("eventType") == GRABBED), default=None)

    async def find_season(self, service: Service, series_id: int | None, episodes: set[int]) -> int | None:
        """Find the season that all these episodes are of."""
        client = await self._context.upstreams.client(service.id)
        if series_id is None or not isinstance(client, ArrClient):
            return None
        listed = await client.get("episode", {"seriesId": series_id})
        found = listed if isinstance(listed, list) else []
        seasons = {one.get("seasonNumber") for one in found if isinstance(one, dict) and one.get("id") in episodes}
        return seasons.pop() if len(seasons) == 1 else None


def _party(service: Service) -> Party:
    return Party(id=service.id, kind=service.kind, name=service.name)  # type: ignore[arg-type]  # the table's constraint


async def gather(context: Context, reader: Reader, recovery: Recovery, now: datetime) -> Facts:
    """Find out what is to be known of a recovery."""
    async with context.database.sessions() as session:
        owner = await session.get(Service, recovery.owner_id) if recovery.owner_id else None
        client = await session.get(Service, recovery.client_id) if recovery.client_id else None
        facts = await _remember(session, recovery, now)
        # Where it is not known which SABnzbd it was for, it may be any.
        sabnzbds = [client] if client else [one for one in await list_enabled(session) if one.kind == "sabnzbd"]
        paused = {one.id: await _paused_by_us(session, one.id, recovery) for one in sabnzbds}
    if owner is None:
        return replace(facts, removed=recovery.owner_name)
    if recovery.failure == "local" and client is None and recovery.seen.get("stage") != "import_blocked":
        return replace(facts, unreachable="It is not known which SABnzbd has it.")
    for service in (owner, client):
        if service is not None and not service.enabled:
            return replace(facts, unreachable=f"{service.name} is switched off in AutoArr.")
    try:
        for one in sabnzbds:
            word = await reader.sabnzbd(one)
            if client is not None or word.paused:
                facts = _look_at_client(recovery, facts, word, paused[one.id])
        if owner.kind != "sabnzbd":
            facts = _look_at_owner(recovery, facts, await reader.arr(owner), now)
            unnoticed = recovery.failure == "bad_release" and facts.noted_at is None and not facts.rows
            if unnoticed and recovery.download_id:
                facts = replace(facts, grab=await reader.find_grab(owner, recovery.download_id))
            if recovery.media.get("season") is None and len(facts.missing) > 1:
                numbers = {number for _, number in facts.missing}
                facts = replace(facts, season=await reader.find_season(owner, recovery.media["series_id"], numbers))
    except UpstreamError as error:
        return replace(facts, unreachable=f"{error.service} can't be asked: {error.detail}.")
    return facts


async def _remember(session: AsyncSession, recovery: Recovery, now: datetime) -> Facts:
    """What AutoArr did."""
    last = select(RecoveryStep.step).where(RecoveryStep.recovery_id == recovery.id).order_by(RecoveryStep.id.desc())
    attempts = await read_attempts(session, recovery.id)
    recent = [attempt for attempt in attempts if attempt.created_at >= recovery.failed_at - MARGIN]
    made = [attempt for attempt in recent if attempt.state == "verified"]
    tries = [
        one.finished_at
        for one in attempts
        if one.action in ("search", "retry") and one.state in ("verified", "unknown")
    ]
    failed: list[Attempt] = []
    for attempt in reversed(recent):
        if attempt.state != "failed":
            break
        failed.append(attempt)
    return Facts(
        last_step=await session.scalar(last.limit(1)) or "",
        done=frozenset(attempt.action for attempt in made),
        native_off=any(attempt.target.get("native_off") for attempt in made),
        searched_at=max((moment for moment in tries if moment), default=None),
        failures=len(failed),
        refusals=sum(bool(attempt.result and attempt.result.get("refused")) for attempt in failed),
        failed_at=failed[0].finished_at if failed else None,
        failure=f"{failed[0].error or 'without a reason'}" if failed else "",
    )


async def _paused_by_us(session: AsyncSession, service_id: uuid.UUID, recovery: Recovery) -> tuple[bool, bool]:
    """Whether the last that AutoArr did to a SABnzbd was to pause it; and whether that was for this fault."""
    query = select(Attempt).where(Attempt.action.in_(("pause", "resume")), Attempt.state != "failed")
    for attempt in await session.scalars(query.order_by(Attempt.id.desc()).limit(100)):
        if attempt.target.get("service_id") == str(service_id):
            ours = attempt.action == "pause"
            return ours, ours and attempt.created_at >= recovery.failed_at - MARGIN
    return False, False


def _look_at_client(recovery: Recovery, facts: Facts, word: SabnzbdWord, paused_us: tuple[bool, bool]) -> Facts:
    entry: Entry | None = None
    size = float(ROOM)
    for ended in word.ended:
        if ended.nzo_id == recovery.download_id:
            entry = {"Failed": "failed", "Completed": "done"}.get(ended.status, "queued")  # type: ignore[assignment]
            size = max(size, float(ended.bytes or 0))
    for slot in word.slots:
        if slot.nzo_id == recovery.download_id:
            entry, size = "queued", max(size, (slot.mb or 0) * 2**20)
    needed = zip(word.free, word.troubles.wanted_free, strict=True)
    room = None if None in word.free else all(free is not None and free >= least + size for free, least in needed)
    paused_by: PausedBy | None = None
    if word.paused:
        paused_by = "us" if paused_us[0] else "itself" if _paused_itself(recovery, word) else "person"
    return replace(
        facts, entry=entry, room=room, paused_by=paused_by, paused_at=word.party.id, paused_before=paused_us[1]
    )


def _paused_itself(recovery: Recovery, word: SabnzbdWord) -> bool:
    """Whether SABnzbd said that it paused for want of room, about when this failed."""
    since = (recovery.failed_at - LOST).timestamp()
    return recovery.failure == "local" and any(
        (warning.time or 0) >= since for warning in find_warnings(word, FULL_DISK)
    )


def _look_at_owner(recovery: Recovery, facts: Facts, arr: _Arr, now: datetime) -> Facts:
    own = own_ids(recovery)
    items = wanted(recovery.media)
    events = [event for event in arr.word.events if event.date >= recovery.failed_at - MARGIN]
    failed = {event.download_id for event in events if event.event_type == FAILED}
    noted = [event.date for event in events if event.event_type == FAILED and event.download_id in own]
    imported: set[Item] = set()
    coming: dict[Item, str] = {}
    for event in events:
        item = _item(event)
        if item not in items:
            continue
        if event.event_type in IMPORTED:
            imported.add(item)
        others = event.download_id not in own | failed
        if event.event_type == GRABBED and others and now - event.date < LOST:
            coming[item] = event.source_title or "a release"
    for row in arr.word.rows:
        item = _item(row)
        if item in items and row.download_id not in own | failed:
            coming[item] = row.title or "a release"
    missing = items - imported - coming.keys()
    rows = [row for row in arr.word.rows if row.download_id in own]
    return replace(
        facts,
        indexers=arr.indexers,
        redownloads=arr.redownloads,
        noted_at=min(*noted, now) if noted else None,
        rows=tuple(sorted(row.id for row in rows)),
        untroubled=bool(rows) and not is_troubled(rows) and recovery.seen.get("stage") == "import_blocked",
        missing=frozenset(missing),
        coming=next((title for item, title in coming.items() if item not in imported), None),
        imported=bool(items) and items <= imported,
    )


def own_ids(recovery: Recovery) -> set[str]:
    """The ids that its download has, or had before it was tried again."""
    _, _, first = recovery.identity.partition(":")
    return {first.partition(":")[0], recovery.download_id or "", str(recovery.seen.get("download_id") or "")} - {""}


def _item(record: Any) -> Item | None:
    """The episode or movie that an event or a row of a queue is of."""
    if record.episode_id:
        return ("episode", record.episode_id)
    return ("movie", record.movie_id) if record.movie_id else None

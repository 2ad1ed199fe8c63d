"""What one service says of downloads that fail: its queue, and its history since a moment. Nothing is written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from autoarr.recovery.classify import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from autoarr.recovery.seen import Party
    from autoarr.upstream.arr import ArrClient
    from autoarr.upstream.models import HistoryRecord, QueueRecord, SabHistorySlot, SabSlot, SabWarning
    from autoarr.upstream.sabnzbd import SabnzbdClient

PAGE = 200
"""Entries of a queue or history that are read at once."""
PAGES = 10
"""Pages of a list that are read at most."""

_UNITS = "KMGTP"
_SIZE = re.compile(rf"\s*(\d+(?:\.\d+)?)\s*([{_UNITS}]?)B?\s*", re.IGNORECASE)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Troubles:
    """What SABnzbd says besides of what may have made downloads fail.

    Attributes:
        language: that it is set to.
        warnings: its log's, the oldest first.
        servers: what is wrong at present with each news server that it can't do without.
        wanted_free: bytes that it wants to have free for downloads, and for what is complete.
    """

    language: str = ENGLISH
    warnings: list[SabWarning] = field(default_factory=list)
    servers: list[str] = field(default_factory=list)
    wanted_free: tuple[int, int] = (0, 0)


@dataclass(frozen=True, kw_only=True)
class SabnzbdWord:
    """What a SABnzbd says.

    Attributes:
        paused: whether all downloading is.
        free: bytes free for downloads, and for what is complete; None where it doesn't know.
        slots: its queue.
        ended: what ended since the moment that was asked for, failed or not, the newest first.
        complete: whether that is all of it, and not only as much as is read at most.
        troubles: read only where something failed or waits.
    """

    party: Party
    paused: bool
    free: tuple[float | None, float | None]
    slots: list[SabSlot]
    ended: list[SabHistorySlot]
    complete: bool
    troubles: Troubles


@dataclass(frozen=True, kw_only=True)
class ArrWord:
    """What a Sonarr or Radarr says.

    Attributes:
        events: of its history since the moment that was asked for, the oldest first.
        complete: whether `rows` are all of its queue.
    """

    party: Party
    rows: list[QueueRecord]
    events: list[HistoryRecord]
    complete: bool


@dataclass(frozen=True, kw_only=True)
class Away:
    """That a service gave no answer, and why."""

    party: Party
    reason: str


async def ask_sabnzbd(client: SabnzbdClient, party: Party, since: datetime) -> SabnzbdWord:
    """Ask SABnzbd.

    Raises:
        UpstreamError: one of the questions has no answer.
    """
    first = await client.queue(0, PAGE)

    async def queue_page(page: int) -> tuple[list[SabSlot], int]:
        answer = first if page == 1 else await client.queue((page - 1) * PAGE, PAGE)
        return answer.slots, answer.total

    async def history_page(page: int) -> tuple[list[SabHistorySlot], int]:
        answer = await client.history((page - 1) * PAGE, PAGE)
        recent = [slot for slot in answer.slots if (slot.completed or 0) >= since.timestamp()]
        # It is in order of time: an older one is the end of it.
        return recent, answer.total if len(recent) == len(answer.slots) else 0

    slots, all_slots = await _read_pages(queue_page)
    ended, all_ended = await _read_pages(history_page)
    troubled = any(slot.status == "Failed" for slot in ended) or (
        bool(slots) and (first.paused or any(slot.labels for slot in slots))
    )
    return SabnzbdWord(
        party=party,
        paused=first.paused,
        free=(_bytes(first.diskspace1), _bytes(first.diskspace2)),
        slots=slots,
        ended=ended,
        complete=all_slots and all_ended,
        troubles=await _ask_troubles(client) if troubled else Troubles(),
    )


async def ask_arr(client: ArrClient, party: Party, since: datetime) -> ArrWord:
    """Ask Sonarr or Radarr.

    Raises:
        UpstreamError: one of the questions has no answer.
    """

    async def queue_page(page: int) -> tuple[list[QueueRecord], int]:
        answer = await client.queue_page(page, PAGE)
        return answer.records, answer.total

    rows, complete = await _read_pages(queue_page)
    events = await client.history_since(since)
    return ArrWord(party=party, rows=rows, events=sorted(events, key=lambda event: event.date), complete=complete)


async def _ask_troubles(client: SabnzbdClient) -> Troubles:
    misc = (await client.get_config("misc")).get("misc", {})
    servers = (await client.full_status()).get("servers", [])
    return Troubles(
        language=str(misc.get("language") or ENGLISH),
        warnings=sorted(await client.warnings(), key=lambda warning: warning.time or 0),
        servers=[
            str(server["servererror"])
            for server in servers
            if isinstance(server, dict) and server.get("servererror") and not server.get("serveroptional")
        ],
        wanted_free=(as_bytes(misc.get("download_free")), as_bytes(misc.get("complete_free"))),
    )


async def _read_pages(read: Callable[[int], Awaitable[tuple[list[T], int]]]) -> tuple[list[T], bool]:
    """Read pages of a list until there are as many as it says, and tell whether that is all."""
    found: list[T] = []
    for page in range(1, PAGES + 1):
        more, total = await read(page)
        found += more
        if not more or len(found) >= total:
            return found, True
    return found, False


def as_bytes(size: Any) -> int:
    """A size as SABnzbd's settings have it: `10G`; 0 where there is none."""
    match = _SIZE.fullmatch(str(size or ""))
    if match is None:
        return 0
    return int(float(match[1]) * 1024 ** (_UNITS.find(match[2].upper()) + 1 if match[2] else 0))


def _bytes(gib: float | None) -> float | None:
    return None if gib is None else gib * 2**30

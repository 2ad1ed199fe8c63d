"""What each kind of service is asked for the dashboard, and as how little of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from autoarr.upstream.arr import ArrClient
    from autoarr.upstream.models import QueueRecord, SabSlot
    from autoarr.upstream.plex import PlexClient
    from autoarr.upstream.sabnzbd import SabnzbdClient

    Ask = Callable[[Any], Awaitable[dict[str, Any]]]

Row = TypeVar("Row")

IDENTITY = "version"
"""The block that is asked first, and tells whether a service answers at all."""
QUEUE_ROWS = 5000
"""Rows of a queue that are read; the rest is only counted."""
QUEUE_PAGE = 500
"""Rows that are asked for at a time."""
FEW = 50
"""Entries of every other list that are kept."""
LONGEST = 300
"""Characters of a text that are kept."""

_MIB = 2**20
_GIB = 2**30


async def _identity(client: Any) -> dict[str, Any]:
    found = await client.identify()
    return {"application": found.application, "version": found.version, "capabilities": found.capabilities}


def _health(issues: list[dict[str, Any]]) -> dict[str, Any]:
    return {"total": len(issues), "issues": issues[:FEW]}


async def _arr_health(client: ArrClient) -> dict[str, Any]:
    return _health(
        [
            {
                "level": issue.type,
                "source": issue.source,
                "message": issue.message[:LONGEST],
                "wiki_url": issue.wiki_url,
            }
            for issue in await client.health()
            if issue.type != "ok"
        ]
    )


async def _arr_queue(client: ArrClient) -> dict[str, Any]:
    total = 0

    async def read(start: int) -> list[QueueRecord]:
        nonlocal total
        page = await client.queue_page(start // QUEUE_PAGE + 1, QUEUE_PAGE)
        total = page.total
        return page.records

    downloads: dict[Any, list[QueueRecord]] = {}
    # It may move on between two pages: a row that comes twice is one.
    for record in {record.id: record for record in await _read_pages(read)}.values():
        downloads.setdefault(record.download_id or record.id, []).append(record)
    return {"total": total, "items": [_download(records) for records in downloads.values()]}


async def _read_pages(read: Callable[[int], Awaitable[list[Row]]]) -> list[Row]:
    """Read a queue until a page is not full, or enough is read; what can't be read any more is left out."""
    rows = last = await read(0)
    while len(last) == QUEUE_PAGE and len(rows) < QUEUE_ROWS:
        try:
            last = await read(len(rows))
        except UpstreamError:
            break
        rows = rows + last
    return rows


def _download(records: list[QueueRecord]) -> dict[str, Any]:
    """One download of one row or, a pack, of several: each of them tells of the whole."""
    first = records[0]
    said = [first.error_message, *(text for message in first.status_messages for text in message.messages)]
    return {
        "download_id": first.download_id,
        "title": (first.title or "")[:LONGEST],
        "count": len(records),
        "title_id": first.movie_id or first.series_id,
        "status": first.tracked_download_state or first.status or "unknown",
        "size_bytes": max((int(record.size) for record in records if record.size is not None), default=None),
        "left_bytes": max((int(record.sizeleft) for record in records if record.sizeleft is not None), default=None),
        "message": "; ".join(filter(None, said))[:LONGEST] or None,
    }


async def _arr_missing(client: ArrClient) -> dict[str, Any]:
    return {"total": await client.missing_count()}


async def _arr_disk(client: ArrClient) -> dict[str, Any]:
    folders = [
        {"path": disk.path, "free_bytes": disk.free_space, "total_bytes": disk.total_space}
        for disk in await client.diskspace()
    ]
    return {"folders": folders[:FEW]}


async def _sab_health(client: SabnzbdClient) -> dict[str, Any]:
    return _health(
        [
            {"level": warning.type.lower(), "source": "SABnzbd", "message": warning.text[:LONGEST], "wiki_url": None}
            for warning in await client.warnings()
        ]
    )


async def _sab_queue(client: SabnzbdClient) -> dict[str, Any]:
    queue = await client.queue(0, QUEUE_PAGE)

    async def read(start: int) -> list[SabSlot]:
        return (await client.queue(start, QUEUE_PAGE) if start else queue).slots

    slots = {slot.nzo_id: slot for slot in await _read_pages(read)}
    items = [
        {
            "download_id": slot.nzo_id,
            "title": slot.filename[:LONGEST],
            "count": 1,
            "title_id": None,
            "status": slot.status,
            "size_bytes": _bytes(slot.mb, _MIB),
            "left_bytes": _bytes(slot.mbleft, _MIB),
            "message": None,
        }
        for slot in slots.values()
    ]
    return {
        "total": queue.total,
        "items": items,
        "paused": queue.paused,
        "bytes_per_s": _bytes(queue.kbpersec, 1024),
        "left_bytes": _bytes(queue.mbleft, _MIB),
    }


async def _sab_disk(client: SabnzbdClient) -> dict[str, Any]:
    queue = await client.queue(0, 1)
    folders = [
        {"path": path, "free_bytes": _bytes(free, _GIB), "total_bytes": _bytes(total, _GIB)}
        for path, free, total in (
            ("incomplete", queue.diskspace1, queue.diskspacetotal1),
            ("complete", queue.diskspace2, queue.diskspacetotal2),
        )
    ]
    return {"folders": folders}


def _bytes(value: float | None, unit: int) -> int | None:
    return None if value is None else int(value * unit)


async def _plex_sessions(client: PlexClient) -> dict[str, Any]:
    sessions = await client.sessions()
    items = [
        {
            "title": " - ".join(filter(None, (session.grandparent_title, session.title)))[:LONGEST],
            "user": session.user,
            "player": session.player,
            "state": session.state,
            "progress": round(session.view_offset / session.duration, 3)
            if session.view_offset is not None and session.duration
            else None,
            "transcoded": session.decision == "transcode",
        }
        for session in sessions
    ]
    return {"total": len(items), "items": items[:FEW]}


_ARR: Mapping[str, Ask] = {
    IDENTITY: _identity,
    "health": _arr_health,
    "queue": _arr_queue,
    "missing": _arr_missing,
    "disk": _arr_disk,
}

BLOCKS: Mapping[str, Mapping[str, Ask]] = {
    "sonarr": _ARR,
    "radarr": _ARR,
    "sabnzbd": {IDENTITY: _identity, "health": _sab_health, "queue": _sab_queue, "disk": _sab_disk},
    "plex": {IDENTITY: _identity, "sessions": _plex_sessions},
}
"""Of each kind of service its blocks, and how each is asked for."""

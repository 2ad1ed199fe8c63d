"""One view of several services: a download is one row, whoever tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, Field

from autoarr.dashboard.observations import Block
from autoarr.models import Service
from autoarr.posters import Media, of_title

MAXIMUM_ROWS = 200
"""Rows of the merged queue that are shown."""

Seen = tuple[Service, Block]


class Figure(BaseModel):
    """A number over several services, and how much it can be trusted."""

    total: int | None = Field(description="Of the services that are known; null where none is.")
    complete: bool = Field(description="Whether every service that should tell of it did so just now.")
    missing: list[str] = Field(description="Names of services that it lacks.")
    stale: list[str] = Field(description="Names of services whose part is outdated.")


class QueueRow(BaseModel):
    """One download."""

    download_id: str | None = Field(description="The same in SABnzbd, Sonarr and Radarr; null until it is sent on.")
    title: str
    count: int = Field(description="How many episodes or films it is for: a season pack is one row.")
    status: str
    size_bytes: int | None
    left_bytes: int | None
    message: str | None = Field(description="What Sonarr or Radarr say of a problem with it.")
    managers: list[str] = Field(description="The Sonarr and Radarr that wait for it.")
    client: str | None = Field(description="The SABnzbd that has it.")
    poster_source: str | None = Field(default=None, exclude=True)
    poster: str | None = Field(
        default=None, description="Its title's, for `src` of an image; null where none is known."
    )


def add_up(seen: Sequence[Seen], field: str = "total") -> Figure:
    """Add up a field of the services' blocks."""
    known = [block.data[field] for _, block in seen if block.state != "unknown"]
    missing = [service.name for service, block in seen if block.state == "unknown"]
    stale = [service.name for service, block in seen if block.state == "stale"]
    return Figure(total=sum(known) if known else None, complete=not missing and not stale, missing=missing, stale=stale)


def merge_queues(seen: Iterable[Seen]) -> list[QueueRow]:
    """Join the queues on the id of the download: SABnzbd's `nzo_id`, the others' `downloadId`."""
    rows: dict[Any, QueueRow] = {}
    # SABnzbd's first: its order is the order of work, and it knows best how far a download is.
    for service, block in sorted(seen, key=lambda pair: pair[0].kind != "sabnzbd"):
        is_client = service.kind == "sabnzbd"
        for number, item in enumerate(block.data["items"] if block.data else []):
            row = rows.get(item["download_id"])
            if row is None:
                # Not checked again: it is what `blocks` made, and there may be thousands.
                row = QueueRow.model_construct(managers=[], client=None, **item)
                rows[item["download_id"] or (service.id, number)] = row
            elif not is_client:
                # Of one download, each of them waits for parts of its own.
                row.count = row.count + item["count"] if row.managers else item["count"]
                row.title, row.message = item["title"], item["message"] or row.message
            if is_client:
                row.client = service.name
            else:
                row.managers.append(service.name)
                # Not there in what was kept by an older version.
                if title_id := item.get("title_id"):
                    media: Media = "movie" if service.kind == "radarr" else "series"
                    row.poster_source = of_title(service.id, media, title_id)
    return list(rows.values())


def is_truncated(block: Block) -> bool:
    """Whether a service's queue holds more than was read of it."""
    return bool(block.data) and block.data["total"] > sum(item["count"] for item in block.data["items"])

"""What is being downloaded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from autoarr.recovery.downloads import list_downloads
from autoarr.tools.fencing import Own
from autoarr.tools.model import Call, Paged, Tool
from autoarr.tools.trimming import page

if TYPE_CHECKING:
    from autoarr.recovery.downloads import Download


async def _list_queue(call: Call, arguments: Paged) -> dict[str, Any]:
    async with call.context.database.sessions() as session:
        listed = await list_downloads(session, datetime.now(UTC), arguments.offset, arguments.limit)
    return {
        **page([_show(download) for download in listed.downloads], listed.total, arguments.offset),
        "complete": listed.complete,
        "sources": [
            {"name": source.name, "kind": Own(source.kind), "state": Own(source.state), "total": source.total}
            for source in listed.sources
        ],
    }


def _show(download: Download) -> dict[str, Any]:
    failed = download.recovery
    return {
        "download_id": download.download_id,
        "title": download.title,
        "count": download.count,
        "status": download.status,
        "progress": download.progress,
        "left_bytes": download.left_bytes,
        "message": download.message,
        "managers": download.managers,
        "client": download.client,
        "failure": failed and {"id": failed.id, "state": Own(failed.state), "reason": failed.reason},
    }


TOOLS = (
    Tool(
        name="list_queue",
        title="Download queue",
        description="What is being downloaded, over all services: each download once, with how many episodes or films "
        "it is for, its status and progress, what Sonarr or Radarr say of a problem with it, and where it failed the "
        "id and state of that failure. complete is false where a service could not be asked just now (sources tell "
        "which) or its queue is longer than what was read. Paged by limit and offset.",
        arguments=Paged,
        run=_list_queue,
    ),
)

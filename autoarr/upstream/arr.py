"""Sonarr and Radarr: the same API, version 3, but for the names of what they keep."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar

from autoarr.upstream.client import ServiceClient
from autoarr.upstream.connection import Identity
from autoarr.upstream.errors import Cause
from autoarr.upstream.models import (
    ArrPage,
    CommandState,
    DiskSpace,
    HealthIssue,
    HistoryRecord,
    QueueRecord,
    RootFolder,
    SystemStatus,
)
from autoarr.upstream.parsing import parse, parse_list, pick

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ArrClient(ServiceClient):
    """What both have."""

    key_header = "X-Api-Key"
    _unknown_items: ClassVar[str]

    async def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, read_timeout: float | None = None
    ) -> Any:
        """Read raw JSON below ``/api/v3``: ``config/naming``, ``qualityprofile/4``.

        Args:
            read_timeout: seconds in place of the usual 15; a search for releases takes up to
                `autoarr.upstream.http.RELEASE_SEARCH_TIMEOUT`.
        """
        return await self.upstream.request("GET", f"/api/v3/{path}", params=params, read_timeout=read_timeout)

    async def put(self, path: str, body: Any) -> Any:
        """Replace an object; give what it is now."""
        return await self.upstream.request("PUT", f"/api/v3/{path}", json=body)

    async def post(self, path: str, body: Any = None) -> Any:
        """Create an object, or ask for something to be done."""
        return await self.upstream.request("POST", f"/api/v3/{path}", json=body)

    async def delete(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Delete an object."""
        return await self.upstream.request("DELETE", f"/api/v3/{path}", params=params)

    async def _identify(self) -> Identity:
        status = await self.system_status()
        if status.app_name.casefold() != self.application.casefold():
            detail = f"it is {status.app_name} {status.version}, not {self.application}"
            raise self.connection.failure(Cause.UNEXPECTED_APPLICATION, detail)
        names = {"instance_name", "url_base", "branch", "os_name", "is_docker", "authentication"}
        return Identity(
            application=status.app_name,
            version=status.version,
            capabilities=status.model_dump(include=names, exclude_none=True),
        )

    async def system_status(self) -> SystemStatus:
        """Its name and version."""
        return parse(self.connection, SystemStatus, await self.get("system/status"))

    async def health(self) -> list[HealthIssue]:
        """What it finds wrong itself."""
        return parse_list(self.connection, HealthIssue, await self.get("health"))

    async def diskspace(self) -> list[DiskSpace]:
        """Its disks."""
        return parse_list(self.connection, DiskSpace, await self.get("diskspace"))

    async def root_folders(self) -> list[RootFolder]:
        """Where it keeps its library."""
        return parse_list(self.connection, RootFolder, await self.get("rootfolder"))

    async def queue_page(self, page: int = 1, page_size: int = 100) -> ArrPage[QueueRecord]:
        """One page of its queue, with items that belong to nothing it knows.

        Args:
            page: from 1.
        """
        params = {"page": page, "pageSize": page_size, self._unknown_items: "true"}
        raw = await self.get("queue", params)
        records = parse_list(self.connection, QueueRecord, pick(self.connection, raw, "records"), "records")
        return ArrPage(page, self._total(raw), records)

    async def queue_count(self) -> int:
        """How many rows its queue has."""
        return self._total(await self.get("queue", {"page": 1, "pageSize": 1, self._unknown_items: "true"}))

    async def missing_count(self) -> int:
        """How many monitored episodes or movies it has not got."""
        return self._total(await self.get("wanted/missing", {"page": 1, "pageSize": 1, "monitored": "true"}))

    async def history_since(self, moment: datetime) -> list[HistoryRecord]:
        """Its events after a moment."""
        raw = await self.get("history/since", {"date": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"})
        return parse_list(self.connection, HistoryRecord, raw)

    async def history_of(self, download_id: str) -> list[HistoryRecord]:
        """What it did with a download; of a large pack, the newest."""
        raw = await self.get("history", {"downloadId": download_id, "page": 1, "pageSize": 200})
        return parse_list(self.connection, HistoryRecord, pick(self.connection, raw, "records"), "records")

    async def command(self, name: str, **fields: Any) -> CommandState:
        """Give a command: ``command("MoviesSearch", movieIds=[3])``."""
        return parse(self.connection, CommandState, await self.post("command", {"name": name, **fields}))

    async def commands(self) -> list[CommandState]:
        """Those that it was given, until some minutes after their end."""
        return parse_list(self.connection, CommandState, await self.get("command"))

    async def command_state(self, id: int) -> CommandState:  # noqa: A002 - the API's own name
        """How far a command is."""
        return parse(self.connection, CommandState, await self.get(f"command/{id}"))

    def _total(self, raw: Any) -> int:
        total = pick(self.connection, raw, "totalRecords")
        if not isinstance(total, int) or isinstance(total, bool):
            raise self.connection.failure(Cause.INVALID_ANSWER, "its answer's field totalRecords is not a number")
        return total


class SonarrClient(ArrClient):
    """Series."""

    application = "Sonarr"
    _unknown_items = "includeUnknownSeriesItems"


class RadarrClient(ArrClient):
    """Movies."""

    application = "Radarr"
    _unknown_items = "includeUnknownMovieItems"

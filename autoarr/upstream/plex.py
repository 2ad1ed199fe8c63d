"""Plex Media Server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from autoarr.upstream.client import ServiceClient
from autoarr.upstream.connection import Identity
from autoarr.upstream.errors import Cause
from autoarr.upstream.models import PlexIdentity, PlexItem, PlexSection, PlexSession, PlexSetting
from autoarr.upstream.parsing import M, parse, parse_list, pick

if TYPE_CHECKING:
    from collections.abc import Mapping


class PlexClient(ServiceClient):
    """A Plex Media Server."""

    application = "Plex Media Server"
    key_header = "X-Plex-Token"

    async def _identify(self) -> Identity:
        identity = await self.identity()
        # Anybody may ask its identity; its libraries need the token.
        sections = await self.sections()
        capabilities = {"machine_identifier": identity.machine_identifier, "libraries": len(sections)}
        return Identity(application=self.application, version=identity.version, capabilities=capabilities)

    async def identity(self) -> PlexIdentity:
        """Its id and version; needs no token."""
        return parse(self.connection, PlexIdentity, await self._get("/identity"), "MediaContainer")

    async def sections(self) -> list[PlexSection]:
        """Its libraries, with their folders."""
        return self._list(PlexSection, await self._get("/library/sections"), "Directory")

    async def refresh_section(self, id: str, path: str | None = None) -> None:  # noqa: A002 - the API's own name
        """Look for changes in a library, or in one of its folders."""
        params = {"path": path} if path else None
        await self.upstream.request("GET", f"/library/sections/{id}/refresh", params=params)

    async def sessions(self) -> list[PlexSession]:
        """What is being watched."""
        return self._list(PlexSession, await self._get("/status/sessions"), "Metadata")

    async def search(self, query: str, limit: int = 10) -> list[PlexItem]:
        """Find films, series and episodes by their titles.

        Args:
            limit: of each type.
        """
        container = await self._get("/hubs/search", {"query": query, "limit": limit})
        found: list[PlexItem] = []
        for number, hub in enumerate(container.get("Hub") or []):
            if isinstance(hub, dict) and hub.get("type") in ("movie", "show", "season", "episode"):
                at = f"MediaContainer.Hub[{number}].Metadata"
                found += parse_list(self.connection, PlexItem, hub.get("Metadata") or [], at)
        return found

    async def episodes(self, rating_key: str) -> list[PlexItem]:
        """The episodes of a series that are there."""
        path = f"/library/metadata/{quote(rating_key, safe='')}/allLeaves"
        return self._list(PlexItem, await self._get(path), "Metadata")

    async def prefs(self) -> dict[str, Any]:
        """Its settings by their ids."""
        settings = self._list(PlexSetting, await self._get("/:/prefs"), "Setting")
        return {setting.id: setting.value for setting in settings}

    async def put_prefs(self, values: Mapping[str, Any]) -> None:
        """Set settings by their ids."""
        params = {name: int(value) if isinstance(value, bool) else value for name, value in values.items()}
        await self.upstream.request("PUT", "/:/prefs", params=params)

    async def _get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        raw = await self.upstream.request("GET", path, params=params)
        container = pick(self.connection, raw, "MediaContainer")
        if not isinstance(container, dict):
            raise self.connection.failure(Cause.INVALID_ANSWER, "its answer's MediaContainer is not an object")
        return container

    def _list(self, model: type[M], container: Mapping[str, Any], name: str) -> list[M]:
        # An empty list is left out; its size is not.
        if name not in container and pick(self.connection, container, "size", "MediaContainer") == 0:
            return []
        raw = pick(self.connection, container, name, "MediaContainer")
        return parse_list(self.connection, model, raw, f"MediaContainer.{name}")

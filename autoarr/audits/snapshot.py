"""Reading what the rules need: each part of each service is a value or a failure, never silently empty."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autoarr.audits.checks import as_list
from autoarr.audits.matching import CATEGORY
from autoarr.audits.model import Failure, Seen, Snapshot, Unknown
from autoarr.audits.trash import load_trash
from autoarr.upstream.errors import UpstreamError

if TYPE_CHECKING:
    import uuid

    from autoarr.context import Context
    from autoarr.models import Service
    from autoarr.upstream.connection import Kind
    from autoarr.upstream.pool import Client

DEADLINE = 30.0
"""Seconds one service has for everything."""

Parts = dict[str, Any]
Reader = Callable[[Any], Awaitable[Parts]]

_ARR = {
    "config/downloadclient": ("enableCompletedDownloadHandling", "autoRedownloadFailed"),
    "config/host": ("certificateValidation", "authenticationMethod"),
    "config/mediamanagement": (
        "copyUsingHardlinks",
        "downloadPropersAndRepacks",
        "episodeTitleRequired",
        "minimumFreeSpaceWhenImporting",
        "recycleBin",
        "rescanAfterRefresh",
        "skipFreeSpaceCheckWhenImporting",
    ),
    "config/naming": (
        "renameEpisodes",
        "renameMovies",
        "standardEpisodeFormat",
        "dailyEpisodeFormat",
        "animeEpisodeFormat",
        "seriesFolderFormat",
        "seasonFolderFormat",
        "standardMovieFormat",
        "movieFolderFormat",
    ),
    "downloadclient": (
        "id",
        "name",
        "enable",
        "protocol",
        "implementation",
        "removeCompletedDownloads",
        "removeFailedDownloads",
        "fields",
    ),
    "health": ("source", "type", "message", "wikiUrl"),
    "qualitydefinition": ("id", "quality", "minSize", "preferredSize", "maxSize"),
    "qualityprofile": (
        "id",
        "name",
        "cutoff",
        "upgradeAllowed",
        "minFormatScore",
        "cutoffFormatScore",
        "items",
        "formatItems",
    ),
    "rootfolder": ("path",),
}
"""The parts of Sonarr and Radarr, and what is kept of each: the rest may be large, or secret."""
_SABNZBD_MISC = (
    "action_on_unwanted_extensions",
    "date_categories",
    "deobfuscate_final_filenames",
    "download_free",
    "enable_date_sorting",
    "enable_movie_sorting",
    "enable_recursive",
    "enable_tv_sorting",
    "fail_hopeless_jobs",
    "flat_unpack",
    "fulldisk_autoresume",
    "history_retention",
    "history_retention_number",
    "history_retention_option",
    "host",
    "ignore_samples",
    "movie_categories",
    "safe_postproc",
    "tv_categories",
    "unwanted_extensions",
    "unwanted_extensions_mode",
    "username",
)
_CLIENT_FIELDS = {"host", "port", *CATEGORY.values()}
_ACROSS = {"sonarr": {"downloadclient"}, "radarr": {"downloadclient"}, "sabnzbd": {"config"}, "plex": {"sections"}}
"""What rules about another service need of each kind."""


def _keep(value: Any, fields: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_keep(item, fields) for item in value]
    return {field: value[field] for field in fields if field in value} if isinstance(value, dict) else value


def _arr_reader(path: str) -> Reader:
    async def read(client: Any) -> Parts:
        value = _keep(await client.get(path), _ARR[path])
        if path == "downloadclient":
            for entry in as_list(value):
                fields = as_list(entry.get("fields", []))
                entry["fields"] = [field for field in fields if field.get("name") in _CLIENT_FIELDS]
        return {path: value}

    return read


async def _sabnzbd(client: Any) -> Parts:
    config = await client.get_config()
    misc = config.get("misc")
    if not isinstance(misc, dict):
        raise Unknown("its configuration has no section misc")
    parts = {
        "misc": _keep(misc, _SABNZBD_MISC),
        # A list that nothing was ever put on isn't answered.
        "servers": _keep(config.get("servers", []), ("name", "displayname", "enable", "port", "ssl")),
        "sorters": _keep(config.get("sorters", []), ("name", "is_active", "sort_cats")),
    }
    if "password" in misc:
        parts["misc"]["password"] = bool(misc["password"])
    if "categories" in config:
        parts["categories"] = _keep(config["categories"], ("name", "dir"))
    return parts


async def _plex_prefs(client: Any) -> Parts:
    return {"prefs": await client.prefs()}


async def _plex_sections(client: Any) -> Parts:
    sections = await client.sections()
    return {"sections": [{"type": section.type, "locations": section.paths} for section in sections]}


READERS: Mapping[str, Mapping[str, Reader]] = {
    "sonarr": {path: _arr_reader(path) for path in _ARR},
    "radarr": {path: _arr_reader(path) for path in _ARR},
    "sabnzbd": {"config": _sabnzbd},
    "plex": {"prefs": _plex_prefs, "sections": _plex_sections},
}
_GIVEN = {"config": ("misc", "servers", "sorters", "categories")}
"""The parts that one reader gives, where they aren't called like it."""


async def read_service(context: Context, service: Service, *, whole: bool, deadline: float = DEADLINE) -> Seen:
    """Read one service; what can't be read is a `Failure` among its parts.

    Args:
        whole: everything; else what rules about other services need.
    """
    kind: Kind = service.kind  # type: ignore[assignment]  # the table's constraint says so
    readers = {name: read for name, read in READERS[kind].items() if whole or name in _ACROSS[kind]}
    late = Failure(detail=f"no answer within {deadline:g} s")
    parts: Parts = {given: late for name in readers for given in _GIVEN.get(name, (name,))}

    def fail(name: str, detail: str) -> None:
        parts.update(dict.fromkeys(_GIVEN.get(name, (name,)), Failure(detail=detail)))

    async def read(client: Client, name: str) -> None:
        try:
            answer = await readers[name](client)
            fail(name, f"{name} is not in its answer")
            parts.update(answer)
        except UpstreamError as error:
            fail(name, error.detail)
        except Unknown as unknown:
            fail(name, str(unknown))
        except (AttributeError, TypeError):
            fail(name, f"its answer for {name} has an unexpected form")

    try:
        async with asyncio.timeout(deadline):
            client = await context.upstreams.client(service.id)
            async with asyncio.TaskGroup() as group:
                for name in readers:
                    group.create_task(read(client, name))
    except UpstreamError as error:
        for name in readers:
            fail(name, error.detail)
    except TimeoutError:
        pass  # what was not read by then is late
    return Seen(
        id=service.id,
        kind=kind,
        name=service.name,
        url=service.url,
        tls_insecure=service.tls_insecure,
        path_mappings=tuple(service.path_mappings),
        parts=parts,
    )


async def take_snapshot(
    context: Context, services: Sequence[Service], scope: set[uuid.UUID], *, deadline: float = DEADLINE
) -> Snapshot:
    """Read all services at the same time, those in `scope` wholly."""
    reading = [read_service(context, one, whole=one.id in scope, deadline=deadline) for one in services]
    trash, *seen = await asyncio.gather(load_trash(context.settings), *reading)
    return Snapshot(services=tuple(seen), trash=trash)

"""Services on which every rule passes, as plain values: what tests of rules begin with."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autoarr.audits.evaluate import Evaluation, evaluate
from autoarr.audits.model import Failure, Rule, Seen, Snapshot

Parts = dict[str, Any]
TRASH_ID = "0123456789abcdef0123456789abcdef"


def download_client(kind: str) -> Parts:
    """A SABnzbd, as Sonarr or Radarr has it."""
    field, category = ("tvCategory", "tv") if kind == "sonarr" else ("movieCategory", "movies")
    return {
        "id": 1,
        "name": "SABnzbd",
        "enable": True,
        "protocol": "usenet",
        "implementation": "Sabnzbd",
        "removeCompletedDownloads": True,
        "removeFailedDownloads": True,
        "fields": [
            {"name": "host", "value": "sab"},
            {"name": "port", "value": 8080},
            {"name": field, "value": category},
        ],
    }


def torrent_client() -> Parts:
    """A client for torrents."""
    return {
        "id": 2,
        "name": "Torrents",
        "enable": True,
        "protocol": "torrent",
        "implementation": "QBittorrent",
        "removeCompletedDownloads": False,
        "removeFailedDownloads": False,
        "fields": [],
    }


def quality_profile() -> Parts:
    """A profile with the name of one in `trash`."""
    return {
        "id": 4,
        "name": "WEB-1080p",
        "cutoff": 1001,
        "upgradeAllowed": True,
        "minFormatScore": 0,
        "cutoffFormatScore": 10000,
        "items": [
            {"quality": {"id": 1, "name": "SDTV"}, "items": [], "allowed": False},
            {"id": 1001, "name": "WEB 1080p", "items": [], "allowed": True},
        ],
        "formatItems": [{"format": 1, "name": "Repack/Proper", "score": 5}, {"format": 2, "name": "Own", "score": 7}],
    }


def arr(kind: str) -> Parts:
    """A Sonarr or Radarr."""
    naming = {
        "sonarr": {
            "renameEpisodes": True,
            "standardEpisodeFormat": "standard",
            "dailyEpisodeFormat": "daily",
            "animeEpisodeFormat": "anime",
            "seriesFolderFormat": "series plex",
            "seasonFolderFormat": "season",
        },
        "radarr": {"renameMovies": True, "standardMovieFormat": "file", "movieFolderFormat": "folder"},
    }
    return {
        "config/downloadclient": {"enableCompletedDownloadHandling": True, "autoRedownloadFailed": True},
        "config/host": {"certificateValidation": "enabled", "authenticationMethod": "forms"},
        "config/mediamanagement": {
            "copyUsingHardlinks": True,
            "downloadPropersAndRepacks": "doNotPrefer",
            "episodeTitleRequired": "bulkSeasonReleases",
            "minimumFreeSpaceWhenImporting": 100,
            "recycleBin": "/media/trash",
            "rescanAfterRefresh": "always",
            "skipFreeSpaceCheckWhenImporting": False,
        },
        "config/naming": naming[kind],
        "downloadclient": [download_client(kind), torrent_client()],
        "health": [],
        # Without a largest size: the application leaves out what is unlimited.
        "qualitydefinition": [{"id": 7, "quality": {"name": "SDTV"}, "minSize": 2.2, "preferredSize": 94.9}],
        "qualityprofile": [quality_profile()],
        "rootfolder": [{"path": "/tv/" if kind == "sonarr" else "/movies"}],
    }


def sabnzbd() -> Parts:
    """A SABnzbd, with values as its API mixes them."""
    return {
        "misc": {
            "action_on_unwanted_extensions": 2,
            "deobfuscate_final_filenames": True,
            "download_free": "1G",
            "enable_recursive": "1",
            "fail_hopeless_jobs": 1,
            "flat_unpack": 1,
            "fulldisk_autoresume": 1,
            "history_retention_number": 14,
            "history_retention_option": "days-delete",
            "host": "0.0.0.0",
            "ignore_samples": 0,
            "password": True,
            "safe_postproc": 1,
            "unwanted_extensions": ["exe"],
            "unwanted_extensions_mode": 0,
            "username": "ada",
        },
        "servers": [{"name": "news", "displayname": "News", "enable": 1, "port": 563, "ssl": 1}],
        "sorters": [{"name": "Music", "is_active": 1, "sort_cats": ["audio"]}],
        "categories": [{"name": "*", "dir": "*"}, {"name": "tv", "dir": "tv"}, {"name": "movies", "dir": ""}],
    }


def plex() -> Parts:
    """A Plex, whose values come as booleans, numbers and texts."""
    return {
        "prefs": {
            "FSEventLibraryUpdatesEnabled": True,
            "FSEventLibraryPartialScanEnabled": 1,
            "autoEmptyTrash": "1",
            "ScannerLowPriority": "true",
            "ScheduledLibraryUpdatesEnabled": False,
            "allowMediaDeletion": "0",
            "secureConnections": "1",
            "GenerateBIFBehavior": "Never",
        },
        "sections": [
            {"type": "show", "locations": ["/data/media/tv"]},
            {"type": "movie", "locations": ["/data/media/movies/"]},
        ],
    }


def trash() -> Parts:
    """Recommendations that those services follow."""
    sizes = [{"quality": "SDTV", "min": 2, "preferred": 95, "max": 2000}]
    profile = {
        "trash_id": TRASH_ID,
        "name": "WEB-1080p",
        "upgradeAllowed": True,
        "cutoff": "WEB 1080p",
        "minFormatScore": 0,
        "cutoffFormatScore": 10000,
        "formatItems": {"Repack/Proper": "repack"},
    }
    common = {"sizes": sizes, "profiles": [profile], "formats": {"repack": {"default": 5, "anime": 1}}}
    episodes = {name: {"default": name, "original": "{Original Title}"} for name in ("standard", "daily", "anime")}
    return {
        "sonarr": common
        | {
            "naming": {
                "season": {"default": "season"},
                "series": {"default": "series", "plex": "series plex"},
                "episodes": episodes,
            }
        },
        "radarr": common | {"naming": {"folder": {"default": "folder"}, "file": {"standard": "file"}}},
    }


class Noticing(Mapping[str, Any]):
    """Parts that note which of them were asked for."""

    def __init__(self, parts: Parts, asked: set[str]) -> None:
        self._parts, self._asked = parts, asked

    def __getitem__(self, name: str) -> Any:
        self._asked.add(name)
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


class World:
    """Four services, to be changed before a rule is asked.

    Attributes:
        parts: by kind of service.
        asked: the parts that rules asked for, by kind.
        services: what else is known of each service, by kind.
    """

    def __init__(self) -> None:
        self.parts: dict[str, Parts] = {
            "sonarr": arr("sonarr"),
            "radarr": arr("radarr"),
            "sabnzbd": sabnzbd(),
            "plex": plex(),
        }
        self.trash: Parts | Failure = trash()
        self.asked: dict[str, set[str]] = {kind: set() for kind in self.parts}
        mappings = {
            "sonarr": ({"remote": "/tv", "local": "/data/media/tv"},),
            "radarr": ({"remote": "/movies", "local": "/data/media/movies"},),
        }
        self.services: dict[str, Parts] = {
            kind: {"url": "https://outside:443", "path_mappings": mappings.get(kind, ())} for kind in self.parts
        }

    def snapshot(self) -> Snapshot:
        """What an audit would have read."""
        services = tuple(
            Seen(
                id=uuid.uuid5(uuid.NAMESPACE_DNS, kind),
                kind=kind,  # type: ignore[arg-type]  # keys of the dictionary above
                name=f"My {kind}",
                parts=Noticing(parts, self.asked[kind]),
                **self.services[kind],
            )
            for kind, parts in self.parts.items()
        )
        return Snapshot(services=services, trash=self.trash)

    def ask(self, rule: Rule, kind: str) -> Evaluation:
        """Ask a rule about the service of a kind."""
        snapshot = self.snapshot()
        return evaluate(rule, next(seen for seen in snapshot.services if seen.kind == kind), snapshot)


def verdicts(evaluation: Evaluation) -> set[str]:
    """The verdicts it came to; unknown also where a part was missing altogether."""
    return {result.verdict for result in evaluation.results} | ({"unknown"} if evaluation.because else set())


def make_folder(folder: Path, files: dict[str, Any]) -> Path:
    """Write files of JSON, or of text as it stands."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder

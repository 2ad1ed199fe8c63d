"""What a fresh installation of Sonarr is like, and the objects it has."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.app.fakes import arr_data as data
from tests.app.fakes.arr import ArrState
from tests.app.fakes.arr_data import Object

_SD, _HD, _UHD = (2.0, 100.0, 95.0), (3.0, 130.0, 95.0), (35.0, None, 95.0)
# Number, name, source, resolution, and the sizes of a fresh installation.
QUALITIES: tuple[tuple[int, str, str, int, data.Sizes], ...] = (
    (0, "Unknown", "unknown", 0, (1.0, 199.9, 194.9)),
    (1, "SDTV", "television", 480, _SD),
    (12, "WEBRip-480p", "webRip", 480, _SD),
    (8, "WEBDL-480p", "web", 480, _SD),
    (2, "DVD", "dvd", 480, _SD),
    (13, "Bluray-480p", "bluray", 480, _SD),
    (22, "Bluray-576p", "bluray", 576, _SD),
    (4, "HDTV-720p", "television", 720, (3.0, 125.0, 95.0)),
    (9, "HDTV-1080p", "television", 1080, (4.0, 125.0, 95.0)),
    (10, "Raw-HD", "televisionRaw", 1080, (4.0, None, 95.0)),
    (14, "WEBRip-720p", "webRip", 720, _HD),
    (5, "WEBDL-720p", "web", 720, _HD),
    (6, "Bluray-720p", "bluray", 720, (4.0, 130.0, 95.0)),
    (15, "WEBRip-1080p", "webRip", 1080, (4.0, 130.0, 95.0)),
    (3, "WEBDL-1080p", "web", 1080, (4.0, 130.0, 95.0)),
    (7, "Bluray-1080p", "bluray", 1080, (4.0, 155.0, 95.0)),
    (20, "Bluray-1080p Remux", "blurayRaw", 1080, _UHD),
    (16, "HDTV-2160p", "television", 2160, (35.0, 199.9, 95.0)),
    (17, "WEBRip-2160p", "webRip", 2160, _UHD),
    (18, "WEBDL-2160p", "web", 2160, _UHD),
    (19, "Bluray-2160p", "bluray", 2160, _UHD),
    (21, "Bluray-2160p Remux", "blurayRaw", 2160, _UHD),
)
PER_SERIES = 100
"""Episodes of each series that is made when asked for."""
EPISODE_FORMAT = "{Series Title} - S{season:00}E{episode:00} - {Episode Title} {Quality Full}"


def fresh(api_key: str, url_base: str) -> ArrState:
    """The state of a fresh installation, with one root folder, download client and indexer."""
    qualities: list[Object] = [
        {"id": n, "name": name, "source": source, "resolution": r} for n, name, source, r, _ in QUALITIES
    ]
    hd = [
        quality["id"] for quality in qualities if quality["resolution"] in (720, 1080) and quality["id"] not in (10, 20)
    ]
    everything = [quality["id"] for quality in qualities if quality["id"] != 10]
    naming = {
        "id": 1,
        "renameEpisodes": False,
        "replaceIllegalCharacters": True,
        "colonReplacementFormat": 4,
        "customColonReplacementFormat": "",
        "multiEpisodeStyle": 5,
        "standardEpisodeFormat": EPISODE_FORMAT,
        "dailyEpisodeFormat": "{Series Title} - {Air-Date} - {Episode Title} {Quality Full}",
        "animeEpisodeFormat": EPISODE_FORMAT,
        "seriesFolderFormat": "{Series Title}",
        "seasonFolderFormat": "Season {season}",
        "specialsFolderFormat": "Specials",
    }
    media = {
        **data.media_management(),
        "autoUnmonitorPreviouslyDownloadedEpisodes": False,
        "createEmptySeriesFolders": False,
        "episodeTitleRequired": "always",
    }
    status = {**data.system_status("Sonarr", "4.0.16.2944", url_base), "sqliteVersion": "3.50.4"}
    return ArrState(
        status=status,
        config={
            "mediamanagement": media,
            "naming": naming,
            "downloadclient": data.download_client_config(),
            "host": data.host_config("Sonarr", api_key, url_base, 8989, 9898),
        },
        collections={
            "rootfolder": [
                {"id": 1, "path": "/media/tv", "accessible": True, "freeSpace": 2**40, "unmappedFolders": []}
            ],
            "qualityprofile": [
                data.quality_profile(1, "Any", qualities, everything, 1),
                data.quality_profile(4, "HD-1080p", qualities, [9, 15, 3, 7], 9),
                data.quality_profile(6, "HD - 720p/1080p", qualities, hd, 4),
            ],
            "customformat": [],
            "qualitydefinition": data.quality_definitions(qualities, [row[4] for row in QUALITIES]),
            "downloadclient": [data.sabnzbd_client("tvCategory", "tv", "recentTvPriority", "olderTvPriority")],
            "indexer": [{**data.newznab_indexer([5030, 5040]), "seasonSearchMaximumSingleEpisodeAge": 0}],
        },
        diskspace=[{"path": "/media", "label": "media", "freeSpace": 2**40, "totalSpace": 2**42}],
    )


def quality(number: int = 3) -> Object:
    """The quality of a file or a release."""
    row = next(row for row in QUALITIES if row[0] == number)
    one = {"id": row[0], "name": row[1], "source": row[2], "resolution": row[3]}
    return {"quality": one, "revision": {"version": 1, "real": 0, "isRepack": False}}


def series(number: int, **fields: Any) -> Object:
    """A series."""
    title = fields.get("title", f"Series {number}")
    slug = re.sub(r"\W+", "-", title.lower())
    folder = f"/media/tv/{title}"
    return {
        "id": number,
        "title": title,
        "alternateTitles": [],
        "sortTitle": title.lower(),
        "status": "continuing",
        "ended": False,
        "overview": "",
        "network": "Example",
        "airTime": "20:00",
        "images": [],
        "originalLanguage": data.ENGLISH,
        "seasons": [{"seasonNumber": 1, "monitored": True}],
        "year": 2020,
        "path": folder,
        "qualityProfileId": 1,
        "seasonFolder": True,
        "monitored": True,
        "monitorNewItems": "all",
        "useSceneNumbering": False,
        "runtime": 45,
        "tvdbId": 100_000 + number,
        "tvRageId": 0,
        "tvMazeId": 0,
        "tmdbId": 0,
        "firstAired": "2020-01-01T00:00:00Z",
        "seriesType": "standard",
        "cleanTitle": slug.replace("-", ""),
        "titleSlug": slug,
        "rootFolderPath": "/media/tv",
        "genres": [],
        "tags": [],
        "added": "2026-01-01T00:00:00Z",
        "ratings": {"votes": 0, "value": 0.0},
        "languageProfileId": 1,
        **fields,
    }


def episode(number: int, **fields: Any) -> Object:
    """An episode that is wanted and missing."""
    of, count = (number - 1) // PER_SERIES + 1, (number - 1) % PER_SERIES + 1
    aired = datetime(2020, 1, 1, 20, tzinfo=UTC) + timedelta(days=count)
    return {
        "id": number,
        "seriesId": of,
        "tvdbId": 1_000_000 + number,
        "episodeFileId": 0,
        "seasonNumber": 1,
        "episodeNumber": count,
        "title": f"Episode {count}",
        "airDate": aired.strftime("%Y-%m-%d"),
        "airDateUtc": aired.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "runtime": 45,
        "overview": "",
        "hasFile": False,
        "monitored": True,
        "unverifiedSceneNumbering": False,
        **fields,
    }


def queue_row(number: int, **fields: Any) -> Object:
    """A row of the queue: an episode that is being downloaded."""
    return {
        "id": 1_000_000 + number,
        "seriesId": (number - 1) // PER_SERIES + 1,
        "episodeId": number,
        "seasonNumber": 1,
        "languages": [data.ENGLISH],
        "quality": quality(),
        "customFormats": [],
        "customFormatScore": 0,
        "size": 1_500_000_000.0,
        "title": f"Series.{(number - 1) // PER_SERIES + 1}.S01E{(number - 1) % PER_SERIES + 1:02}.1080p.WEB-GROUP",
        "estimatedCompletionTime": "2026-02-01T12:30:00Z",
        "added": "2026-02-01T12:00:00Z",
        "status": "downloading",
        "trackedDownloadStatus": "ok",
        "trackedDownloadState": "downloading",
        "statusMessages": [],
        "downloadId": f"SABnzbd_nzo_{number:08}",
        "protocol": "usenet",
        "downloadClient": "SABnzbd",
        "downloadClientHasPostImportCategory": False,
        "indexer": "Example",
        "outputPath": f"/downloads/incomplete/{number}",
        "episodeHasFile": False,
        "sizeleft": 750_000_000.0,
        "timeleft": "00:30:00",
        **fields,
    }

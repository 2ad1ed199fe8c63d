"""What a fresh installation of Radarr is like, and the objects it has."""

from __future__ import annotations

import re
from typing import Any

from tests.app.fakes import arr_data as data
from tests.app.fakes.arr import ArrState
from tests.app.fakes.arr_data import Object

# Number, name, source, resolution and modifier, in the order of their weights.
QUALITIES: tuple[tuple[int, str, str, int, str], ...] = (
    (0, "Unknown", "unknown", 0, "none"),
    (24, "WORKPRINT", "workprint", 0, "none"),
    (25, "CAM", "cam", 0, "none"),
    (26, "TELESYNC", "telesync", 0, "none"),
    (27, "TELECINE", "telecine", 0, "none"),
    (29, "REGIONAL", "dvd", 480, "regional"),
    (28, "DVDSCR", "dvd", 480, "screener"),
    (1, "SDTV", "tv", 480, "none"),
    (2, "DVD", "dvd", 0, "none"),
    (23, "DVD-R", "dvd", 480, "remux"),
    (8, "WEBDL-480p", "webdl", 480, "none"),
    (12, "WEBRip-480p", "webrip", 480, "none"),
    (20, "Bluray-480p", "bluray", 480, "none"),
    (21, "Bluray-576p", "bluray", 576, "none"),
    (4, "HDTV-720p", "tv", 720, "none"),
    (5, "WEBDL-720p", "webdl", 720, "none"),
    (14, "WEBRip-720p", "webrip", 720, "none"),
    (6, "Bluray-720p", "bluray", 720, "none"),
    (9, "HDTV-1080p", "tv", 1080, "none"),
    (3, "WEBDL-1080p", "webdl", 1080, "none"),
    (15, "WEBRip-1080p", "webrip", 1080, "none"),
    (7, "Bluray-1080p", "bluray", 1080, "none"),
    (30, "Remux-1080p", "bluray", 1080, "remux"),
    (16, "HDTV-2160p", "tv", 2160, "none"),
    (18, "WEBDL-2160p", "webdl", 2160, "none"),
    (17, "WEBRip-2160p", "webrip", 2160, "none"),
    (19, "Bluray-2160p", "bluray", 2160, "none"),
    (31, "Remux-2160p", "bluray", 2160, "remux"),
    (22, "BR-DISK", "bluray", 1080, "brdisk"),
    (10, "Raw-HD", "tv", 1080, "rawhd"),
)
FIRST_TMDB_ID = 500_000
"""Added to a movie's number, it is that of TMDB."""


def fresh(api_key: str, url_base: str) -> ArrState:
    """The state of a fresh installation, with one root folder, download client and indexer."""
    qualities: list[Object] = [
        {"id": n, "name": name, "source": source, "resolution": resolution, "modifier": modifier}
        for n, name, source, resolution, modifier in QUALITIES
    ]
    everything = [quality["id"] for quality in qualities if quality["id"] not in (0, 10, 22)]
    hd = [4, 5, 14, 6, 9, 3, 15, 7, 30]
    profiles = [
        data.quality_profile(1, "Any", qualities, everything, 20),
        data.quality_profile(4, "HD-1080p", qualities, [9, 3, 15, 7, 30], 7),
        data.quality_profile(6, "HD - 720p/1080p", qualities, hd, 6),
    ]
    naming = {
        "id": 1,
        "renameMovies": False,
        "replaceIllegalCharacters": True,
        "colonReplacementFormat": "smart",
        "standardMovieFormat": "{Movie Title} ({Release Year}) {Quality Full}",
        "movieFolderFormat": "{Movie Title} ({Release Year})",
    }
    media = {
        **data.media_management(),
        "autoUnmonitorPreviouslyDownloadedMovies": False,
        "createEmptyMovieFolders": False,
        "autoRenameFolders": False,
        "pathsDefaultStatic": False,
    }
    client = data.sabnzbd_client("movieCategory", "movies", "recentMoviePriority", "olderMoviePriority")
    sizes: list[data.Sizes] = [
        (0.0, 100.0, 95.0) if 0 < quality["resolution"] < 720 else (0.0, None, None) for quality in qualities
    ]
    return ArrState(
        status=data.system_status("Radarr", "6.0.4.10291", url_base),
        config={
            "mediamanagement": media,
            "naming": naming,
            "downloadclient": {**data.download_client_config(), "checkForFinishedDownloadInterval": 1},
            "host": data.host_config("Radarr", api_key, url_base, 7878, 9898),
        },
        collections={
            "rootfolder": [
                {"id": 1, "path": "/media/movies", "accessible": True, "freeSpace": 2**40, "unmappedFolders": []}
            ],
            "qualityprofile": [{**profile, "language": {"id": -2, "name": "Original"}} for profile in profiles],
            "customformat": [],
            "qualitydefinition": data.quality_definitions(qualities, sizes),
            "downloadclient": [client],
            "indexer": [data.newznab_indexer([2000, 2010, 2020, 2030, 2040, 2045, 2050, 2060])],
        },
        diskspace=[{"path": "/media", "label": "media", "freeSpace": 2**40, "totalSpace": 2**42}],
    )


def quality(number: int = 7) -> Object:
    """The quality of a file or a release."""
    row = next(row for row in QUALITIES if row[0] == number)
    one = {"id": row[0], "name": row[1], "source": row[2], "resolution": row[3], "modifier": row[4]}
    return {"quality": one, "revision": {"version": 1, "real": 0, "isRepack": False}}


def movie(number: int, *, has_file: bool = False, **fields: Any) -> Object:
    """A movie."""
    title = fields.get("title", f"Movie {number}")
    slug = re.sub(r"\W+", "-", title.lower())
    return {
        "id": number,
        "title": title,
        "originalTitle": title,
        "originalLanguage": data.ENGLISH,
        "alternateTitles": [],
        "secondaryYearSourceId": 0,
        "sortTitle": title.lower(),
        "sizeOnDisk": 8_000_000_000 if has_file else 0,
        "status": "released",
        "overview": "",
        "inCinemas": "2020-03-01T00:00:00Z",
        "digitalRelease": "2020-06-01T00:00:00Z",
        "releaseDate": "2020-06-01T00:00:00Z",
        "images": [],
        "website": "",
        "year": 2020,
        "youTubeTrailerId": "",
        "studio": "Example",
        "path": f"/media/movies/{title} (2020)",
        "qualityProfileId": 1,
        "hasFile": has_file,
        "movieFileId": number if has_file else 0,
        "monitored": True,
        "minimumAvailability": "announced",
        "isAvailable": True,
        "folderName": f"/media/movies/{title} (2020)",
        "runtime": 100,
        "cleanTitle": slug.replace("-", ""),
        "tmdbId": FIRST_TMDB_ID + number,
        "titleSlug": str(FIRST_TMDB_ID + number),
        "rootFolderPath": "/media/movies",
        "genres": [],
        "keywords": [],
        "tags": [],
        "added": "2026-01-01T00:00:00Z",
        "ratings": {},
        "popularity": 1.5,
        "statistics": {"movieFileCount": int(has_file), "sizeOnDisk": 0, "releaseGroups": []},
        **fields,
    }


def queue_row(number: int, **fields: Any) -> Object:
    """A row of the queue: a movie that is being downloaded."""
    return {
        "id": 1_000_000 + number,
        "movieId": number,
        "languages": [data.ENGLISH],
        "quality": quality(),
        "customFormats": [],
        "customFormatScore": 0,
        "size": 8_000_000_000.0,
        "title": f"Movie.{number}.2020.1080p.BluRay-GROUP",
        "estimatedCompletionTime": "2026-02-01T12:30:00Z",
        "added": "2026-02-01T12:00:00Z",
        "status": "downloading",
        "trackedDownloadStatus": "ok",
        "trackedDownloadState": "downloading",
        "statusMessages": [],
        "downloadId": f"SABnzbd_nzo_m{number:07}",
        "protocol": "usenet",
        "downloadClient": "SABnzbd",
        "downloadClientHasPostImportCategory": False,
        "indexer": "Example",
        "outputPath": f"/downloads/incomplete/m{number}",
        "sizeleft": 4_000_000_000.0,
        "timeleft": "01:00:00",
        **fields,
    }

"""Rules for Sonarr and Radarr."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from autoarr.audits.checks import as_bool, as_list, as_number, enabled_clients, judge, name_of, need, per_item, setting
from autoarr.audits.model import ARR, OPINION, Check, Result, Rule, Seen, Severity, Snapshot
from autoarr.changes.fix import Fix

_WIKI = "https://wiki.servarr.com/{kind}/settings#"
_SABNZBD = "https://trash-guides.info/Downloaders/SABnzbd/Basic-Setup/#recommended-sonarrradarr-settings"
_MEDIA = "config/mediamanagement"
_REPACK = re.compile(r"\b(repack|proper)", re.IGNORECASE)
_LOGINS = {"basic", "external", "forms"}
_HEALTH: dict[str, Severity] = {"error": "error", "warning": "warning", "notice": "notice"}


def _usenet_clients(field: str) -> Check:
    def check(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
        def one(client: dict[str, Any]) -> Iterator[Result]:
            fix = Fix(resource=f"downloadclient/{need(client, 'id')}", fields={field: True})
            value = as_bool(need(client, field))
            yield judge(value, value, fix, subject=name_of(client))

        yield from per_item(enabled_clients(seen, "usenet"), name_of, one)

    return check


def _hardlinks(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    if any(True for _ in enabled_clients(seen, "torrent")):
        yield from setting(_MEDIA, "copyUsingHardlinks", True)(seen, snapshot)


def _repack_is_scored(seen: Seen) -> bool:
    scored = (
        as_number(need(item, "score")) > 0
        for profile in as_list(seen["qualityprofile"])
        for item in as_list(need(profile, "formatItems"))
        if _REPACK.search(name_of(item))
    )
    return any(scored)


def _propers(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    # Without that score, "do not prefer" would mean that no better version of a bad release is ever taken.
    if _repack_is_scored(seen):
        yield from setting(_MEDIA, "downloadPropersAndRepacks", "doNotPrefer")(seen, snapshot)


def _repack_score(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    scored = _repack_is_scored(seen)
    yield judge(scored, "scored" if scored else "in no quality profile")


def _health(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    issues = [issue for issue in as_list(seen["health"]) if need(issue, "type") != "ok"]
    if not issues:
        yield judge(True, "no issues")
    for issue in issues:
        address = str(issue.get("wikiUrl") or "")
        message = str(need(issue, "message"))
        yield Result(
            verdict="failed",
            subject=message,
            title=message,
            found=issue.get("source"),
            severity=_HEALTH.get(issue["type"], "warning"),
            source=address if address.startswith(("https://", "http://")) else None,
        )


RULES = (
    Rule(
        id="arr.completed-download-handling",
        kinds=ARR,
        severity="error",
        title="Completed downloads are imported",
        wanted=True,
        reason="With this off, finished downloads stay in the download client and never reach the library.",
        source=_WIKI + "completed-download-handling",
        check=setting("config/downloadclient", "enableCompletedDownloadHandling", True),
    ),
    Rule(
        id="arr.redownload-failed",
        kinds=ARR,
        severity="warning",
        title="A failed download is replaced by another release",
        wanted=True,
        reason="A release that failed is then blocklisted and the next one is searched for without anybody's help.",
        source=_WIKI + "failed-download-handling",
        check=setting("config/downloadclient", "autoRedownloadFailed", True),
    ),
    Rule(
        id="arr.remove-completed",
        kinds=ARR,
        severity="warning",
        title="Imported downloads are removed from the Usenet client",
        wanted=True,
        reason="Only the newest entries of the client's history are looked at: where imported ones stay in it, "
        "others are overlooked.",
        source=_SABNZBD,
        check=_usenet_clients("removeCompletedDownloads"),
    ),
    Rule(
        id="arr.remove-failed",
        kinds=ARR,
        severity="warning",
        title="Failed downloads are removed from the Usenet client",
        wanted=True,
        reason="Failed entries otherwise fill the client's history and the disk.",
        source=_SABNZBD,
        check=_usenet_clients("removeFailedDownloads"),
    ),
    Rule(
        id="arr.rename",
        kinds=ARR,
        severity="warning",
        title="Files are renamed on import",
        wanted=True,
        reason="Quality and release group in a file's name keep it recognisable when the library is read again, "
        "and prevent downloading it twice.",
        source="https://trash-guides.info/{Kind}/{Kind}-recommended-naming-scheme/",
        check=setting("config/naming", {"sonarr": "renameEpisodes", "radarr": "renameMovies"}, True),
    ),
    Rule(
        id="arr.propers-and-repacks",
        kinds=ARR,
        severity="notice",
        title="Propers and repacks are ranked by custom format",
        wanted="doNotPrefer",
        reason="A quality profile scores the repack custom format, and that score only decides when the "
        "built-in preference is off.",
        source="https://trash-guides.info/{Kind}/{kind}-setup-quality-profiles/#proper-and-repacks",
        check=_propers,
    ),
    Rule(
        id="arr.repack-scored",
        kinds=ARR,
        severity="notice",
        title="The repack custom format is scored",
        wanted="a custom format for repacks and propers with a score above 0 in a quality profile",
        reason="With such a score a repaired release is preferred without overruling the other custom formats. "
        "Add it before setting propers and repacks to Do Not Prefer.",
        source="https://trash-guides.info/{Kind}/{kind}-setup-quality-profiles/#proper-and-repacks",
        check=_repack_score,
    ),
    Rule(
        id="sonarr.episode-title-required",
        kinds=("sonarr",),
        severity="notice",
        title="Only season packs wait for episode titles",
        wanted="bulkSeasonReleases",
        reason="Otherwise a new episode waits up to two days for its title, or a whole season is imported "
        "without titles.",
        source=_WIKI + "importing",
        check=setting(_MEDIA, "episodeTitleRequired", "bulkSeasonReleases"),
    ),
    Rule(
        id="arr.hardlinks",
        kinds=ARR,
        severity="warning",
        title="Torrents are imported by hard link",
        wanted=True,
        reason="A hard link takes no second copy's space while the torrent is still seeded.",
        source="https://trash-guides.info/File-and-Folder-Structure/Hardlinks-and-Instant-Moves/",
        check=_hardlinks,
    ),
    Rule(
        id="arr.rescan",
        kinds=ARR,
        severity="notice",
        title="Folders are rescanned after a refresh",
        wanted="always",
        reason="Without a rescan it goes unnoticed when files are deleted or changed by something else.",
        source=_WIKI + "file-management",
        check=setting(_MEDIA, "rescanAfterRefresh", "always", ok=lambda value: value in {"always", "afterManual"}),
    ),
    Rule(
        id="arr.minimum-free-space",
        kinds=ARR,
        severity="warning",
        title="Importing stops before the disk is full",
        wanted="at least 100 MB",
        reason="A full disk damages what is being written and can stop the database.",
        source=_WIKI + "importing",
        check=setting(_MEDIA, "minimumFreeSpaceWhenImporting", 100, ok=lambda value: as_number(value) >= 100),
    ),
    Rule(
        id="arr.free-space-check",
        kinds=ARR,
        severity="warning",
        title="Free space is checked before importing",
        wanted=False,
        reason="Skipping the check is only for disks whose free space can't be read.",
        source=_WIKI + "importing",
        check=setting(_MEDIA, "skipFreeSpaceCheckWhenImporting", False),
    ),
    Rule(
        id="arr.recycle-bin",
        kinds=ARR,
        severity="notice",
        title="Deleted files go to a recycling bin",
        wanted="a folder",
        reason="An upgrade or a deletion by mistake can then be undone for some days.",
        source=OPINION,
        check=setting(_MEDIA, "recycleBin", "", ok=lambda value: bool(str(value).strip()), fix=False),
    ),
    Rule(
        id="arr.certificate-validation",
        kinds=ARR,
        severity="warning",
        title="Certificates of other servers are verified",
        wanted="enabled",
        reason="Without it, whoever is on the way to an indexer can read its API key.",
        source=_WIKI + "security",
        check=setting("config/host", "certificateValidation", "enabled"),
    ),
    Rule(
        id="arr.authentication",
        kinds=ARR,
        severity="error",
        title="Its user interface needs a login",
        wanted="forms, basic or external",
        reason="Anybody who reaches the page can otherwise change everything and read its API key.",
        source=OPINION,
        check=setting("config/host", "authenticationMethod", "", ok=lambda value: value in _LOGINS, fix=False),
    ),
    Rule(
        id="arr.health",
        kinds=ARR,
        severity="warning",
        title="It reports no problems of its own",
        wanted="no issues",
        reason="The application found this itself; its wiki says what to do.",
        source="https://wiki.servarr.com/{kind}/system#health",
        check=_health,
    ),
)

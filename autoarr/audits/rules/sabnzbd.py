"""Rules for SABnzbd by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from autoarr.audits.checks import as_bool, as_list, as_number, judge, name_of, need, per_item
from autoarr.audits.model import OPINION, Check, Result, Rule, Seen, Severity, Snapshot, Unknown
from autoarr.changes.fix import Fix

_TRASH = "https://trash-guides.info/Downloaders/SABnzbd/Basic-Setup/#"
_RETENTION_DAYS = 14
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1", re.IGNORECASE)
_PROGRAMS = re.findall(r"\w+", "bat cmd com cpl exe hta js jse lnk msi pif ps1 reg scr vbe vbs wsf")
"""Kinds of files that run something on Windows."""


def _misc(field: str, wanted: int) -> Check:
    def check(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
        value = as_bool(need(seen["misc"], field))
        yield judge(value == bool(wanted), int(value), Fix(resource="misc", fields={field: wanted}))

    return check


def _unwanted_extensions(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    value = need(seen["misc"], "unwanted_extensions")
    extensions = value.replace(",", " ").split() if isinstance(value, str) else as_list(value)
    # Of a list of what is allowed, ours would be the opposite.
    allow_list = as_number(seen["misc"].get("unwanted_extensions_mode") or 0) == 1
    fix = None if allow_list else Fix(resource="misc", fields={"unwanted_extensions": _PROGRAMS})
    yield judge(bool(extensions), extensions, fix)


def _unwanted_action(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    value = int(as_number(need(seen["misc"], "action_on_unwanted_extensions")))
    yield judge(value == 2, value, Fix(resource="misc", fields={"action_on_unwanted_extensions": 2}))


def _history_retention(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    misc = seen["misc"]
    if "history_retention_option" in misc:
        option = str(need(misc, "history_retention_option"))
        fix = Fix(resource="misc", fields={"history_retention_option": "all"})
        if option.startswith("days"):
            days = as_number(need(misc, "history_retention_number"))
            yield judge(days >= _RETENTION_DAYS, f"{option} {days:g}", fix)
        else:
            yield judge(option == "all", option, fix)
        return
    # Before version 4.3: "" and "0" keep everything, "15d" is days, another number is how many.
    kept = str(misc["history_retention"]) if "history_retention" in misc else need(misc, "history_retention_option")
    days_kept = as_number(kept[:-1]) if kept.endswith("d") else 0
    good = kept in ("", "0") or days_kept >= _RETENTION_DAYS
    yield judge(good, kept or "all", Fix(resource="misc", fields={"history_retention": "0"}))


def _server_tls(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    def one(server: dict[str, Any]) -> Iterator[Result]:
        if not as_bool(server.get("enable", True)):
            return
        fields = {"ssl": 1} | ({"port": 563} if as_number(server.get("port") or 0) == 119 else {})
        value = as_bool(need(server, "ssl"))
        yield judge(value, int(value), Fix(resource=f"servers/{name_of(server)}", fields=fields), subject=label(server))

    def label(server: dict[str, Any]) -> str:
        return str(server.get("displayname") or name_of(server))

    yield from per_item(as_list(seen["servers"]), label, one)


def _download_free(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    value = need(seen["misc"], "download_free")
    good = str(value).strip() not in ("", "0")
    yield judge(good, value, Fix(resource="misc", fields={"download_free": "1G"}))


def _password(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
    host = str(need(seen["misc"], "host"))
    if _LOOPBACK.fullmatch(host):
        yield judge(True, f"it listens on {host} only")
        return
    if not {"username", "password"} <= seen["misc"].keys():
        raise Unknown("the answer has no username or no password")
    given = bool(seen["misc"]["username"] and seen["misc"]["password"])
    yield judge(given, "a password" if given else f"no password, and it listens on {host}")


def _switch(
    name: str,
    field: str,
    wanted: int,
    severity: Severity,
    title: str,
    reason: str,
    *,
    page: str = "post-processing",
) -> Rule:
    return Rule(
        id=f"sabnzbd.{name}",
        kinds=("sabnzbd",),
        severity=severity,
        title=title,
        wanted=wanted,
        reason=reason,
        source=_TRASH + page,
        check=_misc(field, wanted),
    )


RULES = (
    _switch(
        "fail-hopeless-jobs",
        "fail_hopeless_jobs",
        1,
        "warning",
        "Jobs that can't be completed are aborted",
        "Sonarr and Radarr learn sooner that they need another release, and no traffic is spent on a lost one.",
        page="queue",
    ),
    _switch(
        "safe-postproc",
        "safe_postproc",
        1,
        "error",
        "Only verified jobs are post-processed",
        "Otherwise damaged downloads count as completed, and Sonarr and Radarr don't look for another release.",
    ),
    _switch(
        "recursive-unpack",
        "enable_recursive",
        1,
        "warning",
        "Archives inside archives are unpacked",
        "A video inside a nested archive is otherwise never found.",
    ),
    _switch(
        "flat-unpack",
        "flat_unpack",
        1,
        "notice",
        "Folders inside archives are ignored",
        "Subtitles in subfolders then lie beside the video, where they are looked for.",
    ),
    _switch(
        "deobfuscate",
        "deobfuscate_final_filenames",
        1,
        "warning",
        "Meaningless file names are replaced",
        "Files with random names or wrong extensions are hard to recognise on import.",
    ),
    _switch(
        "ignore-samples",
        "ignore_samples",
        0,
        "notice",
        "Samples are left to Sonarr and Radarr",
        "They judge by running time; SABnzbd judges by name and may delete the real video.",
    ),
    Rule(
        id="sabnzbd.unwanted-extensions",
        kinds=("sabnzbd",),
        severity="warning",
        title="Unwanted file extensions are listed",
        wanted=_PROGRAMS,
        reason="A program has no business in a film's download: it is a fake or does harm.",
        source=_TRASH + "prevent-unwanted-extensions",
        check=_unwanted_extensions,
    ),
    Rule(
        id="sabnzbd.unwanted-extensions-action",
        kinds=("sabnzbd",),
        severity="warning",
        title="A job with an unwanted extension fails",
        wanted=2,
        reason="Only a failed job makes Sonarr and Radarr look for another release; a paused one waits for a person.",
        source=_TRASH + "prevent-unwanted-extensions",
        check=_unwanted_action,
    ),
    Rule(
        id="sabnzbd.history-retention",
        kinds=("sabnzbd",),
        severity="error",
        title="The history is kept long enough",
        wanted="all, or at least 14 days",
        reason="What is gone from the history before Sonarr or Radarr saw it is never imported.",
        source="https://wiki.servarr.com/sonarr/system#download-client-removes-completed-downloads",
        check=_history_retention,
    ),
    Rule(
        id="sabnzbd.server-tls",
        kinds=("sabnzbd",),
        severity="warning",
        title="News servers are asked over TLS",
        wanted=1,
        reason="Without it, the account's password and what is downloaded can be read on the way.",
        source=_TRASH + "servers",
        check=_server_tls,
    ),
    Rule(
        id="sabnzbd.download-free",
        kinds=("sabnzbd",),
        severity="warning",
        title="Downloading pauses before the disk is full",
        wanted="a size, such as 1G",
        reason="A download that fills the disk fails, and takes other programs on it along.",
        source=OPINION,
        check=_download_free,
    ),
    Rule(
        id="sabnzbd.fulldisk-autoresume",
        kinds=("sabnzbd",),
        severity="notice",
        title="Downloading resumes when there is space again",
        wanted=1,
        reason="Otherwise the queue stays paused after a full disk until a person notices.",
        source=OPINION,
        check=_misc("fulldisk_autoresume", 1),
    ),
    Rule(
        id="sabnzbd.password",
        kinds=("sabnzbd",),
        severity="error",
        title="Its user interface needs a login where others can reach it",
        wanted="a user name and a password",
        reason="Anybody who reaches the page can otherwise read the accounts of news servers and run scripts.",
        source=OPINION,
        check=_password,
    ),
)

"""What Sonarr and Radarr check when an object is saved: it is replaced as a whole, so what is left out is reset."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.app.fakes.asgi import Answer

if TYPE_CHECKING:
    from tests.app.fakes.arr import ArrState
    from tests.app.fakes.arr_data import Object

ENUMS: dict[str, dict[str, tuple[str, ...]]] = {
    "config/mediamanagement": {
        "downloadPropersAndRepacks": ("preferAndUpgrade", "doNotUpgrade", "doNotPrefer"),
        "rescanAfterRefresh": ("always", "afterManual", "never"),
        "episodeTitleRequired": ("always", "bulkSeasonReleases", "never"),
        "fileDate": ("none", "localAirDate", "utcAirDate", "cinemas", "release"),
    },
    "config/naming": {"colonReplacementFormat": ("delete", "dash", "spaceDash", "spaceDashSpace", "smart")},
    "config/host": {
        "authenticationMethod": ("none", "basic", "forms", "external"),
        "authenticationRequired": ("enabled", "disabledForLocalAddresses"),
        "certificateValidation": ("enabled", "disabledForLocalAddresses", "disabled"),
        "updateMechanism": ("builtIn", "script", "external", "apt", "docker"),
        "proxyType": ("http", "socks4", "socks5"),
    },
    "downloadclient": {"protocol": ("unknown", "usenet", "torrent")},
}

Rule = tuple[str, Callable[[Any, "Object", "ArrState"], bool], str]
"""A field, when its value is good, and what is said when it isn't."""


def _between(least: float, most: float) -> Callable[[Any, Object, ArrState], bool]:
    return lambda value, *_: least <= value <= most


def _path(value: Any, *_: object) -> bool:
    return not value or value.startswith("/")


def _named(value: Any, *_: object) -> bool:
    return bool(value)


def _with_login(value: Any, wanted: Object, _: ArrState) -> bool:
    return bool(value) or wanted["authenticationMethod"] not in ("basic", "forms")


def _token(pattern: str) -> Callable[[Any, Object, ArrState], bool]:
    return lambda value, *_: bool(value and re.search(pattern, value, re.IGNORECASE))


EPISODE = r"\{season.*\{episode|\{air[-_. ]date|\{absolute|\{original (title|filename)"
MOVIE = r"\{movie[-_. ]*(clean)?(original)?title|\{original (title|filename)"
EMPTY = "must not be empty."
RULES: dict[str, list[Rule]] = {
    "config/mediamanagement": [
        ("recycleBin", _path, "Invalid Path"),
        ("recycleBinCleanupDays", _between(0, 2**31), "must be greater than or equal to '0'."),
        ("minimumFreeSpaceWhenImporting", _between(100, 2**31), "must be greater than or equal to '100'."),
        ("scriptImportPath", lambda value, wanted, _: bool(value) or not wanted["useScriptImport"], EMPTY),
    ],
    "config/naming": [
        ("multiEpisodeStyle", _between(0, 5), "must be between 0 and 5."),
        ("standardEpisodeFormat", _token(EPISODE), "Must contain season and episode numbers OR Original Title"),
        ("dailyEpisodeFormat", _token(EPISODE), "Must contain Air Date OR season and episode OR Original Title"),
        ("animeEpisodeFormat", _token(EPISODE), "Must contain Absolute Episode number OR season and episode"),
        ("seriesFolderFormat", _token(r"\{series[-_. ]*(clean)?title"), "Must contain series title"),
        ("seasonFolderFormat", _token(r"\{season"), "Must contain season number"),
        ("specialsFolderFormat", _named, EMPTY),
        ("standardMovieFormat", _token(MOVIE), "Must contain movie title"),
        ("movieFolderFormat", _token(MOVIE), "Must contain movie title"),
    ],
    "config/downloadclient": [
        ("checkForFinishedDownloadInterval", _between(1, 120), "must be between 1 and 120."),
    ],
    "config/host": [
        ("port", _between(1, 65535), "must be between 1 and 65535."),
        ("username", _with_login, EMPTY),
        ("password", _with_login, EMPTY),
        ("backupInterval", _between(1, 7), "must be between 1 and 7."),
        ("backupRetention", _between(1, 90), "must be between 1 and 90."),
        ("logSizeLimit", _between(1, 10), "must be between 1 and 10."),
    ],
    "downloadclient": [
        ("name", _named, EMPTY),
        ("priority", _between(1, 50), "must be between 1 and 50."),
    ],
    "indexer": [("name", _named, EMPTY), ("priority", _between(1, 50), "must be between 1 and 50.")],
    "qualityprofile": [
        ("name", _named, EMPTY),
        (
            "cutoff",
            lambda value, wanted, _: value in allowed(wanted["items"]),
            "Cutoff must be an allowed quality or group",
        ),
        ("minUpgradeFormatScore", _between(1, 2**31), "must be greater than or equal to '1'."),
    ],
    "customformat": [("name", _named, EMPTY)],
}


def allowed(items: list[Object]) -> set[int]:
    """The numbers of a profile's allowed qualities and groups."""
    return {item.get("id") or item["quality"]["id"] for item in items if item.get("allowed")}


def check(application: str, resource: str, body: Any, current: Object, state: ArrState) -> tuple[Answer | None, Object]:
    """Read what is to replace an object.

    Returns:
        The answer that refuses it, or None; and the whole object as it is to be stored.
    """
    if not isinstance(body, dict):
        return unreadable("$", "The JSON value could not be converted"), {}
    enums = ENUMS.get(resource, {})
    wanted: Object = {}
    for name, value in current.items():
        kind = type(value)
        if name not in body or body[name] is None:
            # A number or a boolean becomes zero or false; settings that are text stay when they are null.
            unset = value if kind is str and resource != "config/naming" else None if kind is str else kind()
            wanted[name] = body.get(name) if value is None else unset
        elif not _is_like(body[name], value):
            return unreadable(f"$.{name}", f"The JSON value could not be converted to {kind.__name__}"), {}
        elif isinstance(value, str) and name in enums and body[name] not in enums[name]:
            return unreadable(f"$.{name}", "The JSON value could not be converted to the enumeration"), {}
        else:
            wanted[name] = copy.deepcopy(body[name])
    errors = [
        error(name, wanted[name], message)
        for name, good, message in RULES.get(resource, [])
        if name in wanted and not good(wanted[name], wanted, state)
    ]
    errors += [] if resource != "config/host" else _host_errors(application, wanted, current)
    return (Answer(errors, 400) if errors else None), wanted


def _host_errors(application: str, wanted: Object, current: Object) -> list[Object]:
    errors = []
    if application.lower() not in wanted["instanceName"].lower():
        errors.append(error("instanceName", wanted["instanceName"], f"Must contain {application}"))
    if wanted["password"] not in (current["password"], wanted["passwordConfirmation"]):
        errors.append(error("passwordConfirmation", "", "Must match Password"))
    return errors


def _is_like(value: Any, example: Any) -> bool:
    if example is None:
        return True
    if isinstance(example, bool) or isinstance(value, bool):
        return isinstance(example, bool) and isinstance(value, bool)
    if isinstance(example, int | float):
        return isinstance(value, int | float)
    return isinstance(value, type(example))


def error(name: str, value: Any, message: str) -> Object:
    """One of the list that refuses an object."""
    return {
        "propertyName": name[0].upper() + name[1:],
        "errorMessage": message if message[0].isupper() else f"'{name}' {message}",
        "attemptedValue": value,
        "severity": "error",
        "errorCode": "Validator",
        "formattedMessageArguments": [],
        "formattedMessagePlaceholderValues": {"propertyName": name, "propertyValue": value},
    }


def unreadable(where: str, message: str) -> Answer:
    """A body that is not even the right kind of object is a problem document, not a list."""
    problem = {
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": {where: [message]},
        "traceId": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00",
    }
    return Answer(problem, 400, "application/problem+json")

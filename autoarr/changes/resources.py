"""Objects of services, read and written as a whole, and their fields by the names a `Fix` gives them."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoarr.upstream.pool import Client

ABSENT = {"$absent": True}
"""The value of a field that isn't there; it survives JSON."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MASKED = re.compile(r"\*{4,}")
_SECRET = re.compile(r"key|password|token|secret", re.IGNORECASE)
MASK = "********"


def is_masked(value: Any) -> bool:
    """Whether a service shows asterisks instead of the value."""
    return isinstance(value, str) and _MASKED.fullmatch(value) is not None


def blank(name: str, value: Any) -> Any:
    """Give a value for people and logs: what its name or a name inside it calls a secret is blanked.

    >>> blank("fields.apiKey", "0123"), blank("fields", [{"name": "password", "value": "x"}])
    ('********', [{'name': 'password', 'value': '********'}])
    """
    if value == ABSENT:
        return None
    if isinstance(value, list):
        return [blank(name, item) for item in value]
    if isinstance(value, dict):
        return {
            key: blank(f"{name}.{value.get('name', key) if key == 'value' else key}", item)
            for key, item in value.items()
        }
    if isinstance(value, bool) or value in (None, "") or not _SECRET.search(name):
        return value
    return MASK


def _find(holder: Any, name: str) -> Any:
    """The key or index of `name`; None where there is none. Plex changes the case of its names between versions."""
    if isinstance(holder, list):
        return next((at for at, item in enumerate(holder) if isinstance(item, dict) and item.get("name") == name), None)
    if not isinstance(holder, dict) or name in holder:
        return name if isinstance(holder, dict) else None
    return next((key for key in holder if key.casefold() == name.casefold()), None)


def get_field(resource: Mapping[str, Any], field: str) -> Any:
    """Look a field up; `ABSENT` where there is none."""
    here: Any = resource
    for name in field.split("."):
        if (key := _find(here, name)) is None:
            return ABSENT
        here = here[key].get("value") if isinstance(here, list) else here[key]
    return here


def set_field(resource: dict[str, Any], field: str, value: Any) -> None:
    """Set a field, in place; `ABSENT` removes it.

    Raises:
        KeyError: what it would be a part of isn't there.
    """
    *path, last = field.split(".")
    holder: Any = resource
    for name in path:
        if (key := _find(holder, name)) is None:
            raise KeyError(field)
        holder = holder[key].setdefault("value", {}) if isinstance(holder, list) else holder[key]
    key = _find(holder, last)
    if value == ABSENT:
        if key is not None:
            del holder[key]
    elif isinstance(holder, list):
        if key is None:
            holder.append({"name": last, "value": value})
        else:
            holder[key]["value"] = value
    elif isinstance(holder, dict):
        holder[last if key is None else key] = value
    else:
        raise KeyError(field)


def _plain(value: Any) -> Any:
    if value is None or value in (ABSENT, []):
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in ("true", "false"):
            return int(text.lower() == "true")
        return float(text) if _NUMBER.fullmatch(text) else text
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def same_value(one: Any, other: Any) -> bool:
    """Whether two values are the same to a service, which may report one as it was not written.

    True is 1 and "1"; a list is its items with commas between; nothing is an empty text, and absent. Two texts
    are the same only when they are equal.

    >>> same_value(True, "1"), same_value(["a", "b"], "a, b"), same_value("07", "7"), same_value(None, False)
    (True, True, False, False)
    """
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    for listed, text in ((one, other), (other, one)):
        if isinstance(listed, list) and isinstance(text, str):
            return [str(item) for item in listed] == [part.strip() for part in text.split(",") if part.strip()]
    return bool(_plain(one) == _plain(other))


async def read(client: Client, resource: str) -> dict[str, Any]:
    """Read a whole object.

    Raises:
        UpstreamError: the service didn't give it, or has none.
    """
    from autoarr.upstream.arr import ArrClient
    from autoarr.upstream.plex import PlexClient

    if isinstance(client, ArrClient):
        found: Any = await client.get(resource)
        if isinstance(found, dict) and "id" not in found:
            raise UpstreamError(client.connection.name, Cause.INVALID_ANSWER, f"its {resource} has no id")
    elif isinstance(client, PlexClient):
        found = await client.prefs()
    else:
        section, _, name = resource.partition("/")
        found = (await client.get_config(section)).get(section)
        if name:
            entries = found if isinstance(found, list) else []
            found = next((entry for entry in entries if entry.get("name") == name), None)
    if not isinstance(found, dict):
        raise UpstreamError(client.connection.name, Cause.NOT_FOUND, f"it has no {resource}")
    return found


def _address(resource: str, current: Mapping[str, Any]) -> str:
    # One configuration is read without its id, and written with it.
    return resource if resource.rpartition("/")[2].isdigit() else f"{resource}/{current['id']}"


def only_for_people(kind: str, resource: str) -> str | None:
    """Why a service's API can't write an object, where it can't."""
    if kind == "sabnzbd" and resource.startswith("categories/") and resource != resource.lower():
        # It would make a second category, in small letters, and write to that.
        return f"{resource} has capital letters, which SABnzbd's API can't write to"
    return None


def _named_values(resource: str, current: Mapping[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    # SABnzbd takes a server without its quota for one whose quota changed, and begins to count anew.
    kept = {"quota": current["quota"]} if resource.startswith("servers/") and current.get("quota") else {}
    return kept | values


async def write(client: Client, resource: str, current: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Write an object with some of its fields changed.

    Sonarr and Radarr take whole objects: whatever else `current` says is written as well, with the asterisks
    that they show instead of secrets and take for "as it was".

    Args:
        current: the object as `read` gave it just now.

    Raises:
        UpstreamError: `sent` says whether anything may have been written.
    """
    from autoarr.upstream.arr import ArrClient
    from autoarr.upstream.plex import PlexClient

    if isinstance(client, ArrClient):
        changed = copy.deepcopy(dict(current))
        for field, value in fields.items():
            set_field(changed, field, value)
        await client.put(_address(resource, current), changed)
        return
    values = {_find(current, field) or field: "" if value == ABSENT else value for field, value in fields.items()}
    if isinstance(client, PlexClient):
        await client.put_prefs(values)
        return
    if reason := only_for_people("sabnzbd", resource):
        raise UpstreamError(client.connection.name, Cause.REJECTED, reason)
    section, _, name = resource.partition("/")
    if name:
        await client.set_config(section, _named_values(resource, current, values), keyword=name)
    else:
        await client.set_config(section, values)


def describe_write(kind: str, resource: str, current: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    """The exact calls that `write` makes, a line each; secrets blanked."""
    import json

    from autoarr.upstream.sabnzbd import as_text

    shown = {field: blank(field, value) for field, value in fields.items()}
    if kind in ("sonarr", "radarr"):
        body = ", ".join(f'"{field}": {json.dumps(value, ensure_ascii=False)}' for field, value in shown.items())
        return f"PUT /api/v3/{_address(resource, current)} {{..., {body}}}"
    if kind == "plex":
        return "PUT /:/prefs?" + "&".join(f"{field}={as_text(value)}" for field, value in shown.items())
    section, _, name = resource.partition("/")
    call = f"POST /api mode=set_config&section={section}&keyword="
    if name:
        named = _named_values(resource, current, shown)
        return call + "&".join([name, *(f"{field}={as_text(value)}" for field, value in named.items())])
    return "\n".join(f"{call}{field}&value={as_text(value)}" for field, value in shown.items())

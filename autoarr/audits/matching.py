"""What of one service is what of another: download clients and SABnzbd, folders and libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from autoarr.audits.checks import as_number, client_field, enabled_clients, need
from autoarr.audits.model import ARR, Seen, Snapshot, Unknown

CATEGORY = {"sonarr": "tvCategory", "radarr": "movieCategory"}
"""The field of a download client that holds the category."""
DEFAULT_CATEGORY = {"sonarr": "tv", "radarr": "movies"}


def sabnzbd_clients(arr: Seen) -> Iterator[dict[str, Any]]:
    """The download clients of Sonarr or Radarr that are a SABnzbd."""
    return (client for client in enabled_clients(arr, "usenet") if need(client, "implementation") == "Sabnzbd")


def category_of(arr: Seen, client: dict[str, Any]) -> str:
    """A download client's category; empty where none is set."""
    return str(client_field(client, CATEGORY[arr.kind]) or "").strip()


def address_of(client: dict[str, Any]) -> tuple[str, int]:
    """Host and port of a download client."""
    host, port = client_field(client, "host"), client_field(client, "port")
    if not host:
        raise Unknown("the download client names no host")
    return str(host).lower(), int(as_number(port))


def find_sabnzbd(arr: Seen, client: dict[str, Any], snapshot: Snapshot) -> Seen:
    """Which connected SABnzbd a download client is.

    The same host and port, else the only one there is: inside containers, names differ from those outside.
    """
    connected = snapshot.of("sabnzbd")
    address = address_of(client)
    same = [service for service in connected if _address(service.url) == address]
    if len(same) == 1:
        return same[0]
    if len(connected) == 1 and sum(1 for _ in sabnzbd_clients(arr)) == 1:
        return connected[0]
    if not connected:
        raise Unknown("no SABnzbd is connected")
    raise Unknown("none of the connected SABnzbd has this client's host and port")


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


@dataclass(frozen=True, kw_only=True)
class Use:
    """A category that Sonarr or Radarr gives its downloads in SABnzbd.

    Attributes:
        category: without case; empty where none is set.
        sabnzbd: None where it can't be told which it is.
    """

    arr: Seen
    category: str
    address: tuple[str, int]
    sabnzbd: Seen | None

    def same_sabnzbd(self, other: Use) -> bool | None:
        """Whether both are in one SABnzbd; None where it can't be told."""
        if self.address == other.address:
            return True
        return None if self.sabnzbd is None or other.sabnzbd is None else self.sabnzbd is other.sabnzbd


def use_of(arr: Seen, client: dict[str, Any], snapshot: Snapshot) -> Use:
    """The category that a download client uses."""
    try:
        sabnzbd = find_sabnzbd(arr, client, snapshot)
    except Unknown:
        sabnzbd = None
    category = category_of(arr, client).casefold()
    return Use(arr=arr, category=category, address=address_of(client), sabnzbd=sabnzbd)


def uses(snapshot: Snapshot) -> tuple[list[Use], str | None]:
    """All categories in use, and why there may be more."""
    found: list[Use] = []
    missing = None
    for arr in snapshot.of(*ARR):
        try:
            for client in sabnzbd_clients(arr):
                found.append(use_of(arr, client, snapshot))  # noqa: PERF401 -- what was found until it fails counts
        except Unknown as unknown:
            missing = str(unknown)
    return [use for use in found if use.category], missing


def normal_path(path: str) -> str:
    """A path in one spelling: `/` between its parts and none at its end, Windows paths in lower case."""
    plain = path.replace("\\", "/") if re.match(r"[A-Za-z]:|\\\\", path) else path
    plain = plain.lower() if plain != path or re.match(r"[A-Za-z]:", path) else plain
    return plain.rstrip("/") or "/"


def lies_under(path: str, parent: str) -> bool:
    """Whether a path is another or inside it; both as `normal_path` makes them."""
    return path == parent or path.startswith(parent.rstrip("/") + "/")


def outside_path(service: Seen, path: str) -> str:
    """How a service's path is called outside of it, by its mappings; the longest that fits counts."""
    plain = normal_path(path)
    best = ("", "")
    for mapping in service.path_mappings:
        remote = normal_path(str(mapping["remote"]))
        if lies_under(plain, remote) and len(remote) > len(best[0]):
            best = (remote, normal_path(str(mapping["local"])))
    return normal_path(best[1].rstrip("/") + "/" + plain[len(best[0]) :].lstrip("/")) if best[0] else plain

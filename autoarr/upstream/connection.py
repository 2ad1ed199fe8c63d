"""How a service is reached, and what it says it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from autoarr.upstream.errors import Cause, UpstreamError

Kind = Literal["sonarr", "radarr", "sabnzbd", "plex"]

LONGEST_DETAIL = 400
"""Characters of a failure's description; the rest is cut off."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A service's address and key.

    Attributes:
        kind: of a service as `Kind`; or of what else is reached in the same way.
        id: of the saved service; a new one for a connection that is only being tried.
        url: scheme, host, port and URL base, without a slash at its end.
        api_key: in clear; never shown by `repr`.
        tls_ca: certificates (PEM) that are trusted beside the system's.
        tls_insecure: don't verify its certificate.
    """

    kind: str
    name: str
    url: str
    api_key: str = field(repr=False)
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    tls_ca: str | None = None
    tls_insecure: bool = False

    @property
    def place(self) -> str:
        """Host and port, without what else the address may hold: a password, for one."""
        try:
            return urlsplit(self.url).netloc.rpartition("@")[2]
        except ValueError:
            return "its address"

    def failure(
        self,
        cause: Cause,
        detail: str,
        *,
        status: int | None = None,
        sent: bool = False,
        retry_after: float | None = None,
    ) -> UpstreamError:
        """Make an error about this service; its text is one printable line, cut to a length, without the key."""
        for secret in {self.api_key, quote(self.api_key, safe="")} - {""}:
            detail = detail.replace(secret, "***")
        line = " ".join("".join(char if char.isprintable() else " " for char in detail).split())
        if len(line) > LONGEST_DETAIL:
            line = line[: LONGEST_DETAIL - 1] + "…"
        return UpstreamError(self.name, cause, line, status=status, sent=sent, retry_after=retry_after)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What answers at an address.

    Attributes:
        application: its own name, such as ``Sonarr``.
        capabilities: what is worth knowing of this instance, as JSON.
    """

    application: str
    version: str
    capabilities: dict[str, Any] = field(default_factory=dict)

"""What an audit is made of: what was read, the rules, and what they say of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autoarr.changes.fix import Fix
from autoarr.upstream.connection import Kind

Verdict = Literal["failed", "passed", "unknown"]
Severity = Literal["error", "warning", "notice"]
ARR: tuple[Kind, ...] = ("sonarr", "radarr")
OPINION = "opinion"
"""The source of a rule that is AutoArr's own advice."""


class Unknown(Exception):
    """Something that a rule needs was not read; its text says why."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """In the place of what could not be read."""

    detail: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was read of one service.

    Attributes:
        parts: by name, what the service answered as plain JSON values, or why it did not.
    """

    id: uuid.UUID
    kind: Kind
    name: str
    url: str = ""
    tls_insecure: bool = False
    path_mappings: Iterable[Mapping[str, str]] = ()
    parts: Mapping[str, Any]

    def __getitem__(self, part: str) -> Any:
        """Give a part.

        Raises:
            Unknown: it could not be read.
        """
        value = self.parts.get(part, Failure(detail=f"{part} was not read"))
        if isinstance(value, Failure):
            raise Unknown(f"{self.name}: {value.detail}")
        return value


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What was read of all services, and TRaSH's recommendations.

    Attributes:
        trash: by application, as `autoarr.audits.trash` makes it.
    """

    services: tuple[Seen, ...]
    trash: Mapping[str, Any] | Failure = field(default_factory=lambda: Failure(detail="not read"))

    def of(self, *kinds: Kind) -> list[Seen]:
        """The services of some kinds."""
        return [service for service in self.services if service.kind in kinds]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a rule says of one thing.

    Attributes:
        subject: which of several things; empty where there is one only.
        because: why it is unknown.
        wanted, title, severity, source: the rule's own where None.
    """

    verdict: Verdict
    subject: str = ""
    found: Any = None
    wanted: Any = None
    fix: Fix | None = None
    because: str | None = None
    title: str | None = None
    severity: Severity | None = None
    source: str | None = None


Check = Callable[[Seen, Snapshot], Iterable[Result]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One piece of advice.

    Attributes:
        wanted: the value it asks for, or words for it.
        reason: why, in a sentence or two.
        source: an address, in which ``{kind}`` and ``{Kind}`` stand for the application; or `OPINION`.
        check: judges one service of these kinds.
    """

    id: str
    kinds: tuple[Kind, ...]
    severity: Severity
    title: str
    wanted: Any
    reason: str
    source: str
    check: Check = field(repr=False)

    def source_for(self, kind: str) -> str:
        """The source's address for one application."""
        return self.source.format(kind=kind, Kind=kind.title())

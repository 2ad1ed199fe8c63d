"""What the indexes say of locked packages, as facts: findings, and what nobody answered for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import InvalidVersion, Version

LENGTH = 200
CREDENTIALS = re.compile(r"//[^/@\s]+@")


class Ecosystem(StrEnum):
    """Where a package comes from."""

    PYPI = "pypi"
    NPM = "npm"


class Scope(StrEnum):
    """What a package is locked for: the image and the build of the UI in it, or work on the repository alone."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A known vulnerability of a locked package.

    Attributes:
        aliases: other names of it; an accepted risk may use any of them.
        fixed: versions, or ranges of them, without it, later than the locked one; empty where there is none.
        severity: as the index puts it; empty where it does not say.
        address: where to read about it.
        source: which index says so.
    """

    ecosystem: Ecosystem
    scope: Scope
    package: str
    version: str
    id: str
    aliases: tuple[str, ...]
    fixed: tuple[str, ...]
    severity: str
    summary: str
    address: str
    source: str

    @property
    def names(self) -> frozenset[str]:
        """Everything it is called."""
        return frozenset((self.id, *self.aliases))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was learnt of one ecosystem's packages of one scope.

    Attributes:
        source: the indexes that answered; those that were asked, where none did.
        packages: how many an index answered for.
        unknown: the packages that none answered for, each with the reason.
        reason: why nothing is known at all; empty where something is.
    """

    ecosystem: Ecosystem
    scope: Scope
    source: str
    packages: int = 0
    findings: tuple[Finding, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether there is no package that nothing is known of."""
        return not self.reason and not self.unknown

    @property
    def name(self) -> str:
        """For tables: `pypi production`."""
        return f"{self.ecosystem} {self.scope}"


def later(versions: Iterable[str], than: str) -> tuple[str, ...]:
    """Of the versions that end a vulnerability those that an upgrade reaches: an older branch's fix is none.

    What is no version by Python's rules is kept.
    """

    def is_later(version: str) -> bool:
        try:
            return Version(version) > Version(than)
        except InvalidVersion:
            return True

    return tuple(version for version in versions if is_later(version))


def in_short(text: str) -> str:
    """Text as one short line, without a password that an address in it carries."""
    return textwrap.shorten(CREDENTIALS.sub("//", text), LENGTH, placeholder="…")

"""What files belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote


class Kind(StrEnum):
    """What sort of thing a component is."""

    PYTHON = "python"
    INTERPRETER = "interpreter"
    LIBC = "libc"
    SYSTEM = "system"
    UI = "ui"
    APPLICATION = "application"
    IMAGE = "image"  # made by the build itself, such as /etc/passwd
    UNOWNED = "unowned"


@dataclass(frozen=True, kw_only=True)
class Component:
    """Something that files come from.

    Attributes:
        licence: an SPDX expression; empty where the image does not say.
        source: a package URL or an address; empty where the image does not say.
    """

    kind: Kind
    name: str
    version: str
    licence: str
    source: str


UNOWNED = Component(kind=Kind.UNOWNED, name="unowned", version="", licence="", source="")

# By absolute path, whose it is.
Claims = Mapping[str, Component]


def purl(kind: str, name: str, version: str, *, namespace: str = "", qualifiers: str = "") -> str:
    """A package URL."""
    path = "/".join(quote(part, safe="") for part in (namespace, name) if part)
    return f"pkg:{kind}/{path}" + (f"@{quote(version, safe='')}" if version else "") + qualifiers


def normal_name(name: str) -> str:
    """A Python distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()

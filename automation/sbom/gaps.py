"""What an image lacks to be accounted for: owners, versions, licences, sources, licence texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from automation.ownership import Kind
from automation.sbom.bill import Bill, Part
from automation.sbom.spdx import unknown_licences

# What this project writes itself; one licence text serves all of it.
OURS = (Kind.APPLICATION, Kind.UI, Kind.IMAGE)
TEXT = re.compile(r"(un)?licen[cs]es?|copying|copyright|(.*[-_.])?licen[cs]e([-_.].*)?|copying[-_.].*", re.IGNORECASE)
NO_TEXT = re.compile(r"(authors|contributors|notice)\b.*", re.IGNORECASE)
CODE = (".py", ".pyc", ".pyi", ".so", ".js", ".json", ".gz", ".html")


class Lack(StrEnum):
    """What is not there."""

    OWNER = "no owner"
    VERSION = "no version"
    LICENCE = "no licence"
    SOURCE = "no source"
    TEXT = "no licence text"
    BUNDLE = "no list of what was bundled"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Something missing: of which component, and the files or words that it is about."""

    lack: Lack
    component: str
    details: tuple[str, ...] = ()


def find(bill: Bill) -> tuple[Gap, ...]:
    """All gaps of an image, by component."""
    return tuple(gap for part in bill.parts for gap in _of(part, bill))


def _of(part: Part, bill: Bill) -> Iterator[Gap]:
    component, paths = part.component, _paths(part)
    if component.kind is Kind.UNOWNED:
        yield Gap(lack=Lack.OWNER, component=component.name, details=paths)
        return
    unknown = unknown_licences(component.licence) if component.licence else ()
    for lack, missing in (
        (Lack.VERSION, not component.version),
        (Lack.LICENCE, not component.licence or unknown),
        (Lack.SOURCE, not component.source),
    ):
        if missing:
            details = unknown if lack is Lack.LICENCE and unknown else paths
            yield Gap(lack=lack, component=component.name, details=details)
    if not texts(part, bill):
        yield Gap(lack=Lack.TEXT, component=component.name, details=(component.licence,) if component.licence else ())
    if component.kind is Kind.UI and not part.embedded:
        yield Gap(lack=Lack.BUNDLE, component=component.name, details=paths)


def texts(part: Part, bill: Bill) -> tuple[str, ...]:
    """The files with a component's licence: its own, or those put in the usual places under its name."""
    name = part.component.name
    # Debian's packages of one source share a folder of documents: those of the others are links to it.
    shared = (target for other in bill.parts for path, target in other.links if path == f"/usr/share/doc/{name}")
    folders = (name, *(target.rpartition("/")[2] for target in shared))
    places = (f"/usr/share/licenses/{name}/", *(f"/usr/share/doc/{folder}/copyright" for folder in folders))
    found = [file.path for file in part.files if _is_text(file.path)]
    found += [file.path for other in bill.parts for file in other.files if file.path.startswith(places)]
    if not found and part.component.kind in OURS:
        others = (one for one in bill.parts if one.component.kind in OURS and one is not part)
        same = (one for one in others if one.component.licence == part.component.licence)
        found += [file.path for one in same for file in one.files if _is_text(file.path)]
    return tuple(sorted(set(found)))


def _is_text(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    if name.lower().endswith(CODE):
        return False
    stated = folder.endswith(".dist-info/licenses") and not NO_TEXT.match(name)
    return stated or TEXT.fullmatch(name) is not None


def _paths(part: Part) -> tuple[str, ...]:
    return (*(file.path for file in part.files), *(path for path, _ in part.links))

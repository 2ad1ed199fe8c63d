"""The format of the symbol data: text in sections, so that a change of it can be read in a diff.

    # origin: musl 1.2.5-3 (Debian)
    [since=1.2.2]
    abort abs accept …

A section's attributes hold for every name in its body; names are sorted and separated by white space.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ORIGIN = "# origin: "
MADE = "# Made by `python -m automation.loadability.symbols.make`."
WIDTH = 120


@dataclass(frozen=True, kw_only=True)
class Section:
    """Names, and what holds for all of them."""

    attributes: Mapping[str, str]
    names: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One data file: what it was made from, and its sections."""

    origins: tuple[str, ...]
    sections: tuple[Section, ...]


def parse(text: str) -> Table:
    """Read a data file.

    Raises:
        ValueError: it is not in the format, with the line.
    """
    origins: list[str] = []
    sections: list[tuple[dict[str, str], set[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(ORIGIN):
            origins.append(line.removeprefix(ORIGIN))
        elif line.startswith("["):
            if not line.endswith("]") or not all("=" in word for word in line[1:-1].split()):
                raise ValueError(f"line {number}: not a section's head: {line[:60]}")
            sections.append(({key: value for key, _, value in (w.partition("=") for w in line[1:-1].split())}, set()))
        elif line and not line.startswith("#"):
            if not sections:
                raise ValueError(f"line {number}: names before the first section")
            sections[-1][1].update(line.split())
    return Table(
        origins=tuple(origins),
        sections=tuple(Section(attributes=attributes, names=frozenset(names)) for attributes, names in sections),
    )


def render(title: str, table: Table) -> str:
    """The text that :func:`parse` reads, the same for the same table."""
    lines = [f"# {title}", MADE, *(ORIGIN + item for item in table.origins)]
    for section in sorted(table.sections, key=lambda section: sorted(section.attributes.items())):
        head = " ".join(f"{key}={value}" for key, value in sorted(section.attributes.items()))
        lines += ["", f"[{head}]"]
        lines += textwrap.wrap(
            " ".join(sorted(filter(None, section.names))), WIDTH, break_long_words=False, break_on_hyphens=False
        )
    return "\n".join(lines) + "\n"


def group(rows: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[Section, ...]:
    """Sections out of single names and their attributes."""
    grouped: dict[tuple[tuple[str, str], ...], set[str]] = {}
    for name, attributes in rows:
        grouped.setdefault(tuple(sorted(attributes.items())), set()).add(name)
    return tuple(Section(attributes=dict(key), names=frozenset(names)) for key, names in grouped.items())


def load(path: Path) -> Table:
    """Read a data file of this package."""
    return parse(path.read_text(encoding="utf-8"))

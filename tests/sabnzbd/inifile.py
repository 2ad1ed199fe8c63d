"""sabnzbd.ini, read as it stands."""

from __future__ import annotations

from automation.sabnzbd import Sabnzbd


def ini(sabnzbd: Sabnzbd) -> str:
    """Its file. It has written it in full by the time it answers first, and writes it before it answers a change."""
    return sabnzbd.config.read_text(encoding="utf-8")


def changed(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that differ."""
    pairs = list(zip(before.splitlines(), after.splitlines(), strict=True))
    return [(old, new) for old, new in pairs if old != new]

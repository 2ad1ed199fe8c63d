"""All rules."""

from __future__ import annotations

from autoarr.audits.model import Rule
from autoarr.audits.rules import arr, cross, plex, sabnzbd, trash

RULES: tuple[Rule, ...] = arr.RULES + sabnzbd.RULES + cross.RULES + plex.RULES + trash.RULES

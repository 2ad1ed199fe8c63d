"""What people can be told of."""

from __future__ import annotations

from typing import Literal

Event = Literal[
    "recovery.asking",
    "recovery.recovered",
    "recovery.given_up",
    "recovery.local_fault",
    "request.asked",
    "request.choosing",
    "request.approved",
    "request.denied",
    "request.in_plex",
    "request.failed",
    "audit.finished",
    "service.unreachable",
    "service.reachable",
    "test",
]

TargetKind = Literal["webhook", "discord", "slack", "ntfy", "gotify"]

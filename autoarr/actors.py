"""Who acts: a person, a program with a person's token, or AutoArr itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import uuid

Role = Literal["admin", "requester"]


@dataclass(frozen=True, kw_only=True)
class Actor:
    """As the activity log names it.

    Attributes:
        name: a user's name, or ``system``.
        via: how it was asked for.
    """

    name: str
    id: uuid.UUID | None = None
    via: Literal["session", "token", "job", "command", "start"]


SYSTEM = Actor(name="system", via="job")
"""AutoArr's own work: schedules and what follows from them."""

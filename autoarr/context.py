"""What one running application holds, and how a request reaches it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from autoarr.database import Database
from autoarr.settings import Settings

if TYPE_CHECKING:
    import uuid


@dataclass
class Context:
    """The application's settings, database and identity.

    Attributes:
        started_at: when it started, by the wall clock.
        instance_id: the installation's id; known once the application has started.
    """

    settings: Settings
    database: Database
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    instance_id: uuid.UUID = field(init=False)
    _started: float = field(default_factory=time.monotonic)

    @property
    def uptime(self) -> float:
        """Seconds since it started."""
        return time.monotonic() - self._started


def get_context(request: Request) -> Context:
    """Find the context of the application that answers `request`."""
    context: Context = request.app.state.context
    return context


ContextDep = Annotated[Context, Depends(get_context)]

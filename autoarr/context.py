"""What one running application holds, and how a request reaches it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from autoarr.database import Database
from autoarr.events.bus import Bus
from autoarr.events.redis import RedisBus, url_passwords
from autoarr.jobs.engine import JobEngine
from autoarr.settings import Settings
from autoarr.upstream.pool import UpstreamPool

if TYPE_CHECKING:
    import uuid

    from autoarr.keys import KeyRing


@dataclass
class Context:
    """The application's settings, database, keys and identity.

    Attributes:
        started_at: when it started, by the wall clock.
        instance_id: the installation's id; known once the application has started, as are the keys.
    """

    settings: Settings
    database: Database
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    bus: Bus = field(default_factory=Bus)
    instance_id: uuid.UUID = field(init=False)
    keys: KeyRing = field(init=False)
    jobs: JobEngine = field(init=False)
    upstreams: UpstreamPool = field(init=False)
    _started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if redis_url := self.settings.redis_url:
            url = redis_url.get_secret_value()
            self.bus = RedisBus(url, lambda: f"autoarr:{self.instance_id}", url_passwords(url))
        self.jobs = JobEngine(self)
        self.upstreams = UpstreamPool(self.database, lambda: self.keys)

    @property
    def uptime(self) -> float:
        """Seconds since it started."""
        return time.monotonic() - self._started


def get_context(request: Request) -> Context:
    """Find the context of the application that answers `request`."""
    context: Context = request.app.state.context
    return context


ContextDep = Annotated[Context, Depends(get_context)]

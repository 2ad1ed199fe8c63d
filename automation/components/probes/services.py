"""Services as the application asks them, and how they fail."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.http import HttpPolicy, Upstream
from automation.components.probes.harness import refused, require

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

KEY = "the probe's own key"


@asynccontextmanager
async def service(url: str, policy: HttpPolicy | None = None, **trust: Any) -> AsyncIterator[Upstream]:
    """A service of the application's, which is asked once and not again unless the policy says otherwise."""
    made = Upstream(
        Connection(kind="sonarr", name="probe", url=url, api_key=KEY, **trust),
        {"X-Api-Key": KEY},
        policy=policy or HttpPolicy(attempts=1),
    )
    try:
        yield made
    finally:
        await made.close()


@contextmanager
def fails(what: str, cause: Cause, *, sent: bool = False) -> Iterator[None]:
    """What is done inside has to fail for this cause.

    Raises:
        Wrong: it was accepted, failed for another one, or shows the key.
    """
    with refused(what, UpstreamError) as caught:
        yield
    error = caught[0]
    require(isinstance(error, UpstreamError) and (error.cause, error.sent) == (cause, sent), f"{what}: {error}")
    require(KEY not in str(error), f"{what}: the error shows the key")

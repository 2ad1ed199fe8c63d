"""A breaker: a service that keeps failing is left alone for a while, then tried with one request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from purgatory.domain.model import Context
    from purgatory.service._async.circuitbreaker import AsyncCircuitBreaker

    from autoarr.upstream.connection import Connection

T = TypeVar("T")

FAILURES = {Cause.CONNECT, Cause.DNS, Cause.TLS, Cause.TIMEOUT, Cause.SERVER_ERROR}
"""What counts against a service. Any other answer, a refusal too, shows that it is there."""


class Breaker:
    """Purgatory's states for one service, with one probe at a time.

    Args:
        failures: so many in a row open it.
        seconds: so long it stays open.
    """

    def __init__(self, connection: Connection, failures: int, seconds: float) -> None:
        self._connection = connection
        self._failures = failures
        self._seconds = seconds
        self._breaker: AsyncCircuitBreaker | None = None
        self._probing = False
        self._last = ""

    @property
    def is_open(self) -> bool:
        """Whether the newest failure opened it."""
        return self._breaker is not None and self._breaker.context.opened_at is not None

    async def check(self) -> None:
        """Fail at once when it is open.

        Raises:
            UpstreamError: it is.
        """
        if self._breaker is not None:
            await self._enter(self._breaker)

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call and count how it ends; one that is cancelled counts neither way.

        Raises:
            UpstreamError: it is open, or the call's own.
        """
        if self._breaker is None:
            from purgatory import AsyncCircuitBreakerFactory

            factory = AsyncCircuitBreakerFactory(self._failures, self._seconds)
            self._breaker = await factory.get_breaker(str(self._connection.id))
        breaker, context = self._breaker, self._breaker.context
        await self._enter(breaker)
        before = context.state
        self._probing = probe = before == "half-opened"
        try:
            result = await call()
        except UpstreamError as error:
            # A request from before the breaker opened says nothing about the service of now.
            if context.state == before:
                failed = error.cause in FAILURES
                self._last = error.detail
                await breaker.__aexit__(*((type(error), error, None) if failed else (None, None, None)))
            raise
        else:
            if context.state == before:
                await breaker.__aexit__(None, None, None)
            return result
        finally:
            if probe:
                self._probing = False

    async def _enter(self, breaker: AsyncCircuitBreaker) -> None:
        from purgatory.domain.model import OpenedState

        # Purgatory lets every request through that comes while the first one is under way.
        if self._probing:
            raise self._refuse(breaker.context, "one request is trying it now")
        try:
            await breaker.__aenter__()
        except OpenedState as state:
            # It is one object, raised again and again: it would collect every caller's frames.
            state.__traceback__ = state.__context__ = None
            opened_at, until = state.opened_at, state.opened_at + self._seconds
        else:
            return
        raise self._refuse(breaker.context, f"not asked since {_clock(opened_at)}, until {_clock(until)}")

    def _refuse(self, context: Context, why: str) -> UpstreamError:
        return self._connection.failure(
            Cause.CIRCUIT_OPEN, f"it failed {context.threshold} times in a row; {why}; last: {self._last}"
        )


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S} UTC"

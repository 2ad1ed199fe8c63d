"""One attempt at a job: the handler runs, the lease is renewed meanwhile, and the outcome is written once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from autoarr import logs
from autoarr.errors import AutoArrError, describe
from autoarr.jobs import store
from autoarr.jobs.registry import JobRun, find_handler
from autoarr.unavailable import is_unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from autoarr.context import Context
    from autoarr.jobs.store import Claim

MAXIMUM_ERROR = 2000

log = logging.getLogger(__name__)


class Attempt:
    """Runs a claimed job.

    Args:
        since: `time.monotonic()` from just before the job was claimed: its lease began no earlier.
    """

    def __init__(
        self,
        context: Context,
        claim: Claim,
        *,
        since: float,
        lease_s: float,
        now: Callable[[], datetime],
        back_off: Callable[[int], float],
    ) -> None:
        self._context = context
        self._claim = claim
        self._lease_s = lease_s
        self._now = now
        self._back_off = back_off
        self._valid_until = since + lease_s
        self._lost = False

    async def run(self) -> None:
        """Run it to its end. When cancelled, the job is handed back, to be run again soon."""
        logs.request_id.set(self._claim.id.hex)
        work = asyncio.create_task(self._work())
        renewal = asyncio.create_task(self._renew(work))
        try:
            await asyncio.wait([work])
            await self._settle(work)
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait([work])
            with contextlib.suppress(Exception):
                await store.hand_back(self._context.database, self._claim, self._now())
            raise
        finally:
            renewal.cancel()

    async def _work(self) -> dict[str, Any] | None:
        claim = self._claim
        handler = find_handler(claim.kind)
        run = JobRun(
            id=claim.id,
            kind=claim.kind,
            key=claim.key,
            payload=claim.payload,
            attempt=claim.attempt,
            actor=claim.actor,
        )
        deadline = asyncio.timeout(handler.timeout_s)
        try:
            async with deadline:
                return await handler.run(self._context, run)
        except TimeoutError:
            if deadline.expired():
                raise AutoArrError(f"it took longer than {handler.timeout_s:g} s") from None
            raise

    async def _renew(self, work: asyncio.Task[dict[str, Any] | None]) -> None:
        """Keep the lease; when that fails until it has passed, stop the work: another process may have begun it."""
        pause = self._lease_s / 3
        while not self._lost:
            await asyncio.sleep(pause)
            began = time.monotonic()
            try:
                async with asyncio.timeout(pause):
                    until = self._now() + timedelta(seconds=self._lease_s)
                    self._lost = not await store.renew(self._context.database, self._claim, until)
                    self._valid_until = began + self._lease_s
            except Exception as error:  # noqa: BLE001 -- whatever it is, the lease passes
                self._lost = time.monotonic() + pause > self._valid_until
                log.debug("lease not renewed: %s", describe(error, self._context.database.secrets))
        log.warning("job lost to another process", extra={"kind": self._claim.kind, "job": str(self._claim.id)})
        work.cancel()

    async def _settle(self, work: asyncio.Task[dict[str, Any] | None]) -> None:
        error = self._explain(work)
        while not self._lost:
            try:
                await self._write(work, error)
                return
            except Exception as problem:
                if is_unavailable(problem):
                    await asyncio.sleep(min(1.0, self._lease_s / 10))
                elif error is None:  # a result that is not JSON
                    error = describe(problem, self._context.database.secrets)[:MAXIMUM_ERROR]
                else:
                    raise

    def _explain(self, work: asyncio.Task[dict[str, Any] | None]) -> str | None:
        if work.cancelled():
            return "it was interrupted"
        if (raised := work.exception()) is None:
            return None
        log.warning(
            "job failed",
            extra={"kind": self._claim.kind, "job": str(self._claim.id), "attempt": self._claim.attempt},
            # An expected failure says enough by itself.
            exc_info=None if isinstance(raised, AutoArrError) or is_unavailable(raised) else raised,
        )
        return describe(raised, self._context.database.secrets).replace("\0", "")[:MAXIMUM_ERROR]

    async def _write(self, work: asyncio.Task[dict[str, Any] | None], error: str | None) -> None:
        claim, database, now = self._claim, self._context.database, self._now()
        state = "finished"
        if error is None:
            owned = await store.finish(database, claim, work.result(), now)
        else:
            again = claim.attempt < claim.max_attempts
            state = "queued" if again else "failed"
            retry_at = now + timedelta(seconds=self._back_off(claim.attempt)) if again else None
            owned = await store.fail(database, claim, error, now, retry_at)
        if owned:
            await self._context.bus.publish("job.changed", {"id": str(claim.id), "kind": claim.kind, "state": state})

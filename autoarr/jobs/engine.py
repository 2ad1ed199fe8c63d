"""The job engine: takes jobs from the table and runs them, in every process of the application."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from autoarr.errors import describe
from autoarr.jobs import store
from autoarr.jobs.attempt import Attempt
from autoarr.jobs.schedules import run_schedules

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.context import Context
    from autoarr.models import Job

CONCURRENCY = 4
LEASE_S = 60.0
SCHEDULE_DELAY_S = 2.0
"""Seconds after the start in which nothing runs by the clock: the first requests come first."""
MAXIMUM_BACK_OFF_S = 600.0
_CHANGES_ELSEWHERE = {"job.queued", "policy.changed"}

log = logging.getLogger(__name__)


def back_off(attempt: int) -> float:
    """Seconds to wait after a failed attempt: about 5, 20, 80, ... up to ten minutes, not all at one moment."""
    return min(MAXIMUM_BACK_OFF_S, 5.0 * 4.0 ** (attempt - 1)) * random.uniform(0.75, 1.25)  # noqa: S311 -- no secret


class JobEngine:
    """Runs jobs; several of them, in several processes, share the work.

    Args:
        now: the wall clock. Replicas' clocks may differ by much less than `lease_s`.
        poll_s: seconds between two looks at the table for what other processes queued without a word.
    """

    def __init__(
        self,
        context: Context,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lease_s: float = LEASE_S,
        poll_s: float | None = None,
        schedule_delay_s: float = SCHEDULE_DELAY_S,
        back_off: Callable[[int], float] = back_off,
    ) -> None:
        self.context = context
        self.worker = uuid.uuid4().hex
        self._now = now
        self._lease_s = lease_s
        self._poll_s = poll_s or (2.0 if context.database.kind == "postgresql" else 10.0)
        self._schedule_delay_s = schedule_delay_s
        self._back_off = back_off
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._schedules_due = datetime.max.replace(tzinfo=UTC)
        self._away = False

    async def enqueue(
        self,
        session: AsyncSession,
        kind: str,
        key: str,
        payload: Mapping[str, Any] | None = None,
        *,
        actor: Actor,
        run_at: datetime | None = None,
    ) -> Job:
        """Queue a job in the caller's transaction; it may begin as soon as that is committed.

        Args:
            session: of `Database.writing`.
            payload: JSON-able; no secrets.
            run_at: not before then.

        Returns:
            The new job, or the one of the same kind and key that is queued or running already.

        Raises:
            LookupError: there is no such kind.
        """
        event.listen(session.sync_session, "after_commit", self._on_commit, once=True)
        return await store.add(session, kind, key, payload, actor=actor, now=self._now(), run_at=run_at)

    def _on_commit(self, session: object) -> None:
        self._wake.set()
        self._spawn(self._background, self.context.bus.publish("job.queued"))

    def _spawn(self, group: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        group.add(task)
        task.add_done_callback(group.discard)
        return task

    def start(self) -> None:
        """Begin to take jobs."""
        self._spawn(self._background, self._loop())
        self._spawn(self._background, self._listen())

    async def close(self) -> None:
        """Take no more jobs; those still running after the grace time are handed back to be run again."""
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if running := list(self._running):
            await asyncio.wait(running, timeout=self.context.settings.shutdown_grace)
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=2.0)

    async def _listen(self) -> None:
        with self.context.bus.subscribe() as subscription:
            async for heard in subscription:
                if heard.kind in _CHANGES_ELSEWHERE:
                    if heard.kind == "policy.changed":
                        self._schedules_due = min(self._schedules_due, self._now())
                    self._wake.set()

    async def _loop(self) -> None:
        self._schedules_due = self._now() + timedelta(seconds=self._schedule_delay_s)
        while True:
            self._wake.clear()
            try:
                wait = await self._look()
            except Exception as error:  # noqa: BLE001 -- whatever it is, the engine outlives it
                wait = min(self._poll_s, 2.0)
                if not self._away:
                    log.warning("jobs wait: %s", describe(error, self.context.database.secrets))
                self._away = True
            else:
                if self._away:
                    log.warning("jobs go on")
                self._away = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    async def _look(self) -> float:
        """Start what is due; give the seconds until something else will be."""
        now = self._now()
        if now >= self._schedules_due:
            # Asked again sooner than needed: another replica may have changed the policy.
            self._schedules_due = min(await run_schedules(self, now), now + timedelta(seconds=30))
        following = self._schedules_due
        async with self.context.database.sessions() as session:
            found = await store.read_due(session)
        for job, due in found:
            if due > now:
                following = min(following, due)
                break
            if len(self._running) >= CONCURRENCY:
                return self._poll_s  # the end of a job wakes it
            await self._take(job, now)
        return max(0.01, min(self._poll_s, (following - self._now()).total_seconds()))

    async def _take(self, job: Job, now: datetime) -> None:
        began = time.monotonic()
        lease = now + timedelta(seconds=self._lease_s)
        claim = await store.claim(self.context.database, job, self.worker, lease)
        if claim is None:
            return
        if claim.attempt > claim.max_attempts:
            await store.fail(self.context.database, claim, "its process ended during the last attempt", now, None)
            return
        attempt = Attempt(
            self.context, claim, since=began, lease_s=self._lease_s, now=self._now, back_off=self._back_off
        )
        task = self._spawn(self._running, attempt.run())
        task.add_done_callback(lambda done: self._wake.set())

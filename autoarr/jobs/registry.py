"""What can be done as a job."""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import uuid
    from collections.abc import Awaitable, Callable, Mapping

    from sqlalchemy.ext.asyncio import AsyncSession

    from autoarr.actors import Actor
    from autoarr.context import Context

    Unfinished = Callable[[AsyncSession, uuid.UUID, str], Awaitable[None]]
    Run = Callable[[Context, "JobRun"], Awaitable[dict[str, Any] | None]]

TIMEOUT_S = 900.0
"""Seconds one attempt may take, unless its handler says otherwise."""


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """One attempt at a job, as its handler sees it.

    Attributes:
        attempt: counted from 1. A handler may be run again after it did its work but before that was noted, so
            what it does must be safe to repeat.
        actor: who asked for it.
    """

    id: uuid.UUID
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempt: int
    actor: Actor


@dataclass(frozen=True, kw_only=True)
class Handler:
    """How jobs of one kind are done."""

    run: Run
    max_attempts: int
    timeout_s: float
    unfinished: Unfinished | None = None


_handlers: dict[str, Handler] = {}


def handler(
    kind: str, max_attempts: int = 3, timeout_s: float = TIMEOUT_S, unfinished: Unfinished | None = None
) -> Callable[[Run], Run]:
    """Make a function do the jobs of a kind.

    It gives back the job's result, JSON-able; raises where it failed, and is then run again until `max_attempts`
    are used up; and is cancelled when the application stops or another process has taken the job over.

    Args:
        unfinished: called with a job's id and the reason when it failed for good or was cancelled, in the transaction
            that notes so: a process that died can't tell it itself.
    """

    def register(run: Run) -> Run:
        _handlers[kind] = Handler(run=run, max_attempts=max_attempts, timeout_s=timeout_s, unfinished=unfinished)
        return run

    return register


def find_handler(kind: str) -> Handler:
    """Find how jobs of a kind are done; its module is imported when first needed.

    Raises:
        LookupError: this version knows no such kind.
    """
    from autoarr.jobs.catalogue import MODULES

    if kind not in _handlers and kind in MODULES:
        importlib.import_module(MODULES[kind])
    return _handlers[kind]


async def tell_unfinished(session: AsyncSession, kind: str, job_id: uuid.UUID, reason: str) -> None:
    """Tell who made a job that it will not be done."""
    with contextlib.suppress(LookupError):  # of another version
        if unfinished := find_handler(kind).unfinished:
            await unfinished(session, job_id, reason)

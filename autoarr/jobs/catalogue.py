"""Which kinds of jobs there are, and which of them run by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from autoarr.policy import Policy

DAY_S = 24 * 3600

MODULES = {
    "audit": "autoarr.audits.jobs",
    "changes-recovery": "autoarr.changes.jobs",
    "notifications": "autoarr.notifications.jobs",
    "poll": "autoarr.dashboard.jobs",
    "recovery": "autoarr.recovery.jobs",
    "requests": "autoarr.requests.jobs",
    "retention": "autoarr.retention",
    "watch": "autoarr.recovery.watch",
}
"""The module that handles each kind; its `autoarr.jobs.registry.handler` registers it when imported."""

SCHEDULED_KEY = "all"
"""The key of jobs that the clock queues; their payload is empty."""


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """A kind of job that runs by the clock.

    Attributes:
        every_s: seconds between two runs, as the policy wants it.
        at_once: whether the first run is at the first start, and not one interval later.
    """

    every_s: Callable[[Policy], int]
    at_once: bool = False


SCHEDULES = {
    "audit": Scheduled(every_s=lambda policy: policy.audit_every_h * 3600),
    "changes-recovery": Scheduled(every_s=lambda policy: 60, at_once=True),
    "notifications": Scheduled(every_s=lambda policy: 60, at_once=True),
    "poll": Scheduled(every_s=lambda policy: policy.poll_every_s, at_once=True),
    "recovery": Scheduled(every_s=lambda policy: 30),
    "requests": Scheduled(every_s=lambda policy: 60, at_once=True),
    "retention": Scheduled(every_s=lambda policy: DAY_S),
    "watch": Scheduled(every_s=lambda policy: policy.poll_every_s, at_once=True),
}

"""What one look at a request begins with, and how delays are worded and spaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from autoarr.models import MediaRequest, RequestStep, Service
from autoarr.policy import Policy, load_policy
from autoarr.requests.ledger import Outcome
from autoarr.requests.wish import Media, Wish, number_of
from autoarr.services.registry import list_enabled
from autoarr.upstream.arr import ArrClient
from autoarr.upstream.errors import Cause, UpstreamError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from autoarr.context import Context

KINDS: dict[Media, str] = {"movie": "radarr", "series": "sonarr"}
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Work:
    """A request that was taken, and what holds now.

    Attributes:
        services: the enabled ones.
        since: when something last happened to it.
        clock: the time, at any later moment.
    """

    context: Context
    request: MediaRequest
    policy: Policy
    services: Sequence[Service]
    now: datetime
    since: datetime
    clock: Callable[[], datetime]

    @property
    def wish(self) -> Wish:
        """What was understood."""
        return Wish.model_validate(self.request.wish)

    @property
    def media(self) -> Media:
        """Film or series, once that is decided."""
        return "movie" if self.request.media == "movie" else "series"

    @property
    def kind(self) -> str:
        """The kind of service it goes to."""
        return KINDS[self.media]

    @property
    def number(self) -> int:
        """What its title is known by at that kind of service, once it is decided."""
        number = number_of(self.request, self.media)
        if number is None:
            raise ValueError("a request that was looked up has a number")
        return number

    def find_service(self) -> Service | None:
        """The service it goes to, where there still is one that is enabled."""
        return next((service for service in self.services if service.id == self.request.service_id), None)

    def stay(self, reason: str, after: timedelta) -> Outcome:
        """Wait where it is."""
        return Outcome(state=self.request.state, reason=reason, next_at=self.now + after)

    def move(self, state: str, reason: str, after: timedelta = timedelta(0)) -> Outcome:
        """Go on to a state, and look at it there after a while."""
        return Outcome(state=state, reason=reason, next_at=self.now + after)

    def end(self, state: str, reason: str) -> Outcome:
        """Come to an end."""
        return Outcome(state=state, reason=reason, ended=True)

    def delay(self, reason: str) -> Outcome:
        """Wait where it is because something failed; longer each time."""
        wait = min(FIRST_DELAY * 2.0**self.request.attempts, LONGEST_DELAY)
        return Outcome(state=self.request.state, reason=reason, next_at=self.now + wait, failed=True)

    @property
    def patience(self) -> timedelta:
        """How long to wait before the next look at what takes its time: longer, the longer nothing happened."""
        return max(FIRST_DELAY, min((self.now - self.since) / 20, LONGEST_DELAY))


async def begin(context: Context, request: MediaRequest, clock: Callable[[], datetime]) -> Work:
    """Read what a look at a request needs to know."""
    async with context.database.sessions() as session:
        policy, services = await load_policy(session), await list_enabled(session)
        newest = select(func.max(RequestStep.at)).where(RequestStep.request_id == request.id)
        since = await session.scalar(newest) or request.created_at
    now = clock()
    return Work(context=context, request=request, policy=policy, services=services, now=now, since=since, clock=clock)


async def connect(context: Context, service_id: uuid.UUID) -> ArrClient:
    """The client of a Sonarr or Radarr.

    Raises:
        UpstreamError: there is none.
    """
    client = await context.upstreams.client(service_id)
    if not isinstance(client, ArrClient):
        raise UpstreamError(client.connection.name, Cause.UNEXPECTED_APPLICATION, "it has no library")
    return client


def explain(error: UpstreamError) -> str:
    """Why a service can't be asked, in words that stay the same while it can't."""
    if error.cause is Cause.CIRCUIT_OPEN:
        return f"{error.service} can't be asked: it failed several times in a row."
    return f"{error.service} can't be asked: {error.detail}."


def is_observing(policy: Policy, service: Service) -> bool:
    """Whether nothing may be written to a service, whoever asks."""
    return "observe" in (policy.mode, policy.services.get(service.id))

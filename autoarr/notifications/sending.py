"""One notification over HTTP: sent once, with a failure by its cause. Whether again is the delivery's to say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autoarr import __version__
from autoarr.keys import UnreadableSecret
from autoarr.notifications.address import secret_parts
from autoarr.notifications.formats import make_outgoing
from autoarr.upstream.answers import read_answer
from autoarr.upstream.connection import Connection
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.failures import explain
from autoarr.upstream.http import HttpPolicy
from autoarr.upstream.tls import make_context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    import httpx2

    from autoarr.keys import KeyRing
    from autoarr.models import NotificationTarget

POLICY = HttpPolicy(read=10, largest_answer=64 * 1024)
"""Of its limits only those of one call: `connect`, `read`, and what of an answer is read."""

ADVICE = {
    Cause.AUTHENTICATION: "check its token, or whether its address is still valid",
    Cause.WRONG_URL_BASE: "check the address; where it redirects to, give that one",
    Cause.NOT_FOUND: "check the address: what it leads to may have been removed",
    Cause.UNREADABLE_KEY: "enter its address and secret again, or give AutoArr the key they were encrypted with",
}
"""Of those causes whose usual advice is about the services'."""


@dataclass(frozen=True, kw_only=True)
class Receiver(Connection):
    """Where a target's notifications go; the address is as secret as the token.

    Attributes:
        hidden: what no text may show.
    """

    hidden: tuple[str, ...] = field(default=(), repr=False)

    def failure(
        self,
        cause: Cause,
        detail: str,
        *,
        status: int | None = None,
        sent: bool = False,
        retry_after: float | None = None,
    ) -> UpstreamError:
        """As a service's; an answer may repeat the address, or parts of it."""
        for part in self.hidden:
            detail = detail.replace(part, "***")
        made = super().failure(cause, detail, status=status, sent=sent, retry_after=retry_after)
        made.advice = ADVICE.get(cause, made.advice)
        return made


def open_target(keys: KeyRing, target: NotificationTarget) -> Receiver:
    """Decrypt where a target's notifications go.

    Raises:
        UpstreamError: no key of this process can.
    """
    try:
        url = keys.decrypt(target.url_encrypted)
        secret = keys.decrypt(target.secret_encrypted) if target.secret_encrypted else ""
    except UnreadableSecret as error:
        detail = f"its address and secret can't be read: {error}"
        raise UpstreamError(target.name, Cause.UNREADABLE_KEY, detail, advice=ADVICE[Cause.UNREADABLE_KEY]) from None
    hidden = tuple(secret_parts(url))
    return Receiver(kind=target.kind, name=target.name, url=url, api_key=secret, id=target.id, hidden=hidden)


async def send(receiver: Receiver, event: str, body: Mapping[str, Any], now: datetime) -> None:
    """Send one notification.

    Args:
        body: as the outbox keeps it.

    Raises:
        UpstreamError: it was not taken, or nobody can tell.
    """
    import httpx2

    outgoing = make_outgoing(receiver.kind, receiver.url, receiver.api_key, event, body, now)
    headers = {"Content-Type": "application/json", "User-Agent": f"AutoArr/{__version__}", **outgoing.headers}
    policy = POLICY
    try:
        async with (
            asyncio.timeout(2 * policy.read),
            httpx2.AsyncClient(
                verify=make_context(receiver),
                timeout=httpx2.Timeout(policy.read, connect=policy.connect),
                # Nothing goes where a redirect leads, nor to a proxy meant for the internet.
                follow_redirects=False,
                trust_env=False,
            ) as client,
            client.stream("POST", outgoing.url, content=outgoing.body, headers=headers) as response,
        ):
            if response.is_success:
                return
            answer = await _read(response, policy.largest_answer)
    except TimeoutError:
        detail = f"its answer was not complete within {2 * policy.read:g} s"
        raise receiver.failure(Cause.TIMEOUT, detail, sent=True) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        raise explain(receiver, error, connect=policy.connect, read=policy.read) from None
    read_answer(receiver, response.status_code, response.headers, answer)


async def _read(response: httpx2.Response, most: int) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > most:
            break
    return bytes(body[:most])

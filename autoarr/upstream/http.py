"""One HTTP policy for all services: limits of time, size and number, retries, a breaker, failures by their cause."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from autoarr import __version__
from autoarr.upstream.answers import read_answer, read_file
from autoarr.upstream.breaker import Breaker
from autoarr.upstream.errors import Cause, UpstreamError
from autoarr.upstream.failures import explain
from autoarr.upstream.tls import make_context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import httpx2
    from tenacity import RetryCallState

    from autoarr.upstream.connection import Connection

# httpx2 logs each request's address, and SABnzbd's holds its key.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

RELEASE_SEARCH_TIMEOUT = 120.0
"""Seconds Sonarr and Radarr may take to ask all their indexers."""


@dataclass(frozen=True, kw_only=True)
class HttpPolicy:
    """Seconds, unless it says otherwise.

    Attributes:
        connect: to connect.
        read: between two pieces of an answer; a whole call, with waiting for its turn and retries, has twice as much.
        attempts: how often a GET is tried.
        first_wait: before the second attempt, about; it doubles.
        concurrency: how many requests one service gets at a time.
        failures: how many in a row open the breaker.
        rest: how long it stays open.
        largest_answer: bytes, after decompression.
        sleep: waits between attempts.
    """

    connect: float = 3
    read: float = 15
    attempts: int = 3
    first_wait: float = 0.5
    concurrency: int = 4
    failures: int = 5
    rest: float = 60
    largest_answer: int = 64 * 2**20
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Upstream:
    """One service, over HTTP. Making one connects to nothing and loads nothing.

    Args:
        headers: sent with each request; the key among them where the service takes it there.
        transport: in place of the network.
    """

    def __init__(
        self,
        connection: Connection,
        headers: Mapping[str, str] | None = None,
        *,
        policy: HttpPolicy | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.connection = connection
        self.policy = policy or HttpPolicy()
        self._headers = {"Accept": "application/json", "User-Agent": f"AutoArr/{__version__}", **(headers or {})}
        self._transport = transport
        self._breaker = Breaker(connection, self.policy.failures, self.policy.rest)
        self._slots = asyncio.Semaphore(self.policy.concurrency)
        self._downloads = asyncio.Semaphore(max(1, self.policy.concurrency // 2))
        self._client: httpx2.AsyncClient | None = None
        self._calls = 0
        self._retired = False

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        read_timeout: float | None = None,
    ) -> Any:
        """Ask, and give the answer's JSON; None where it is empty.

        Args:
            path: below the service's address, with its leading slash.
            read_timeout: seconds in place of the policy's `read`.

        Raises:
            UpstreamError: there is no usable answer.
        """
        read = read_timeout or self.policy.read
        content = {
            name: value for name, value in (("params", params), ("json", json), ("data", form)) if value is not None
        }
        return await self._call(
            partial(self._send, method, path, content, read, read_answer), read, retries=method == "GET"
        )

    async def download(self, path: str, *, accept: str, largest: int) -> bytes:
        """Read a file, once; at most half of what the service gets at a time are files.

        Args:
            path: below the service's address, with its leading slash.
            accept: the media types that are wanted.
            largest: bytes.

        Raises:
            UpstreamError: there is none, or it is too large.
        """
        content = {"headers": {"Accept": accept}}
        send = partial(self._send, "GET", path, content, self.policy.read, read_file, largest=largest)
        async with self._downloads:
            # Sonarr and Radarr fail where they lack a picture: that says nothing about the rest of them.
            body: bytes = await self._call(send, self.policy.read, retries=False, counts=False)
        return body

    async def _call(
        self, send: Callable[[float], Awaitable[Any]], read: float, *, retries: bool, counts: bool = True
    ) -> Any:
        attempt = partial(self._attempt, asyncio.get_running_loop().time() + 2 * read, send, counts)
        self._open()
        self._calls += 1
        try:
            return await (self._retry(attempt, 2 * read) if retries else attempt())
        finally:
            self._calls -= 1
            await self._close_if_done()

    async def retire(self) -> None:
        """Close as soon as nothing is under way; whoever still holds it can finish what they began."""
        self._retired = True
        await self._close_if_done()

    async def close(self) -> None:
        """Close every connection now."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _close_if_done(self) -> None:
        if self._retired and not self._calls:
            await self.close()

    async def _retry(self, attempt: Callable[[], Awaitable[Any]], seconds: float) -> Any:
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay
        from tenacity.wait import wait_exponential_jitter

        backoff = wait_exponential_jitter(multiplier=self.policy.first_wait, jitter=self.policy.first_wait)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after if isinstance(error, UpstreamError) else None
            return backoff(state) if asked is None else asked

        retrying = AsyncRetrying(
            sleep=self.policy.sleep,
            stop=stop_after_attempt(self.policy.attempts) | stop_before_delay(seconds),
            wait=wait,
            retry=retry_if_exception(self._is_worth_retrying),
            reraise=True,
        )
        return await retrying(attempt)

    def _is_worth_retrying(self, error: BaseException) -> bool:
        if not isinstance(error, UpstreamError) or self._breaker.is_open:
            return False
        if error.cause is Cause.TIMEOUT:
            return not error.sent
        return error.cause in (Cause.CONNECT, Cause.DNS, Cause.RATE_LIMITED) or error.status in (502, 503, 504)

    async def _attempt(self, deadline: float, send: Callable[[float], Awaitable[Any]], counts: bool) -> Any:
        await self._breaker.check()
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError:
            detail = f"{self.policy.concurrency} other requests to it took all the time"
            raise self.connection.failure(Cause.TIMEOUT, detail) from None
        try:
            return await (self._breaker.run(partial(send, deadline)) if counts else send(deadline))
        finally:
            self._slots.release()

    async def _send(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any],
        read: float,
        decode: Callable[[Connection, int, Mapping[str, str], bytes], Any],
        deadline: float,
        *,
        largest: int | None = None,
    ) -> Any:
        import httpx2

        client, url = self._open(), self.connection.url + path
        timeout = httpx2.Timeout(read, connect=self.policy.connect)
        try:
            async with (
                asyncio.timeout_at(deadline),
                client.stream(method, url, timeout=timeout, **content) as response,
            ):
                body = await self._read(response, largest or self.policy.largest_answer)
        except TimeoutError:
            detail = f"its answer was not complete within {2 * read:g} s"
            raise self.connection.failure(Cause.TIMEOUT, detail, sent=True) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
            raise explain(self.connection, error, connect=self.policy.connect, read=read) from None
        return decode(self.connection, response.status_code, response.headers, body)

    async def _read(self, response: httpx2.Response, largest: int) -> bytes:
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > largest:
                detail = f"its answer is larger than {largest >> 20} MiB"
                raise self.connection.failure(Cause.INVALID_ANSWER, detail, sent=True)
        return bytes(body)

    def _open(self) -> httpx2.AsyncClient:
        if self._client is None:
            import httpx2

            key = self.connection.api_key
            if not (key.isascii() and key.isprintable()):
                raise self.connection.failure(Cause.AUTHENTICATION, "its key has characters that no key has")
            limit = self.policy.concurrency
            self._client = httpx2.AsyncClient(
                headers=self._headers,
                verify=make_context(self.connection),
                transport=self._transport,
                limits=httpx2.Limits(max_connections=limit, max_keepalive_connections=limit),
                # A key goes to its service only: not where a redirect leads, nor to a proxy meant for the internet.
                follow_redirects=False,
                trust_env=False,
            )
        return self._client

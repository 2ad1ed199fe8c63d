"""The HTTP policy: what is tried again, what each answer means, and what never shows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from autoarr.upstream.connection import Connection, Kind
from autoarr.upstream.errors import ADVICE, Cause, UpstreamError
from autoarr.upstream.http import HttpPolicy, Upstream

KEY = "0123456789abcdef0123456789abcdef"
Handler = Callable[[httpx2.Request], httpx2.Response]


class Sleeper:
    """Notes what would have been waited."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    """What the retries wait with."""
    return Sleeper()


def connection(kind: Kind = "sonarr", url: str = "http://media/sonarr", **more: Any) -> Connection:
    return Connection(kind=kind, name="Series", url=url, api_key=more.pop("api_key", KEY), **more)


def upstream(handler: Any, sleeper: Sleeper | None = None, kind: Kind = "sonarr", **policy: Any) -> Upstream:
    return Upstream(
        connection(kind),
        {"X-Api-Key": KEY},
        policy=HttpPolicy(sleep=sleeper or Sleeper(), **policy),
        transport=httpx2.MockTransport(handler),
    )


class Answers:
    """Gives one answer after another; the last one again and again. Errors are raised."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)


def ok(data: Any = None) -> httpx2.Response:
    return httpx2.Response(200, json={"fine": True} if data is None else data)


async def fail(service: Upstream, method: str = "GET", **content: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await service.request(method, "/api/v3/thing", **content)
    await service.close()
    return caught.value


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ConnectError("refused"),
        httpx2.ConnectTimeout("slow"),
        httpx2.ReadError("reset"),
        httpx2.RemoteProtocolError("Server disconnected without sending a response."),
        httpx2.Response(429),
        httpx2.Response(502),
        httpx2.Response(503),
        httpx2.Response(504),
    ],
    ids=repr,
)
async def test_a_read_is_tried_again(failure: httpx2.Response | Exception, sleeper: Sleeper) -> None:
    answers = Answers(failure, failure, ok())
    service = upstream(answers, sleeper)

    assert await service.request("GET", "/api/v3/thing") == {"fine": True}

    first, second = sleeper.seconds
    assert 0.5 <= first <= 1 <= second <= 1.5
    await service.close()


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("failure", [httpx2.ConnectError("refused"), httpx2.Response(503)], ids=repr)
async def test_a_write_never_is(method: str, failure: httpx2.Response | Exception, sleeper: Sleeper) -> None:
    answers = Answers(failure, ok())

    error = await fail(upstream(answers, sleeper), method, json={"a": 1} if method != "DELETE" else None)

    assert len(answers.requests) == 1
    assert error.sent == isinstance(failure, httpx2.Response)
    assert sleeper.seconds == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 501])
async def test_other_failures_are_not_tried_again(status: int, sleeper: Sleeper) -> None:
    answers = Answers(httpx2.Response(status))

    error = await fail(upstream(answers, sleeper))

    assert error.status == status
    assert len(answers.requests) == 1


async def test_an_answer_that_takes_too_long_is_not_tried_again() -> None:
    answers = Answers(httpx2.ReadTimeout("slow"))

    error = await fail(upstream(answers))

    assert error.cause is Cause.TIMEOUT
    assert error.detail == "no answer within 15 s"
    assert len(answers.requests) == 1


async def test_it_gives_up_after_three(sleeper: Sleeper) -> None:
    answers = Answers(httpx2.Response(503))

    error = await fail(upstream(answers, sleeper))

    assert error.cause is Cause.SERVER_ERROR
    assert len(answers.requests) == 3


async def test_it_waits_as_long_as_it_is_asked_to(sleeper: Sleeper) -> None:
    answers = Answers(httpx2.Response(429, headers={"Retry-After": "7"}), ok())
    service = upstream(answers, sleeper)

    await service.request("GET", "/x")

    assert sleeper.seconds == [7]
    await service.close()


async def test_a_date_is_understood_too(sleeper: Sleeper) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=9)
    answers = Answers(httpx2.Response(503, headers={"Retry-After": format_datetime(moment, usegmt=True)}), ok())
    service = upstream(answers, sleeper)

    await service.request("GET", "/x")

    assert 6 < sleeper.seconds[0] < 10
    await service.close()


@pytest.mark.parametrize("nonsense", ["soon", "-3", "²", "Mon, 99 Foo 2026"])
async def test_nonsense_is_not(nonsense: str, sleeper: Sleeper) -> None:
    answers = Answers(httpx2.Response(429, headers=[(b"Retry-After", nonsense.encode())]), ok())
    service = upstream(answers, sleeper)

    await service.request("GET", "/x")

    assert sleeper.seconds[0] <= 1
    await service.close()


async def test_it_does_not_wait_longer_than_the_call_may_take(sleeper: Sleeper) -> None:
    answers = Answers(httpx2.Response(429, headers={"Retry-After": "31"}), ok())

    error = await fail(upstream(answers, sleeper))

    assert error.cause is Cause.RATE_LIMITED
    assert error.retry_after == 31
    assert error.detail == "it was asked too often; it wants 31 s of rest"
    assert len(answers.requests) == 1
    assert sleeper.seconds == []


HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = "<!DOCTYPE html><html><head><title>Radarr</title></head></html>"
VALIDATION = [
    {"propertyName": "Host", "errorMessage": "Unable to connect", "attemptedValue": "secret", "severity": "error"},
    {"propertyName": "", "errorMessage": "Try again"},
]

MEANINGS: list[tuple[httpx2.Response, Cause, str]] = [
    (httpx2.Response(401), Cause.AUTHENTICATION, "it refused access (401)"),
    (httpx2.Response(401, headers=HTML, text=PAGE), Cause.AUTHENTICATION, "it refused access (401)"),
    (
        httpx2.Response(403, headers=HTML, text="API Key Incorrect"),
        Cause.AUTHENTICATION,
        "it refused access (403): API Key Incorrect",
    ),
    (
        httpx2.Response(302, headers={"Location": f"https://a:b@login.example:8443/go?next=/api?apikey={KEY}"}),
        Cause.WRONG_URL_BASE,
        "it redirects to https://login.example/go",
    ),
    (httpx2.Response(307, headers={"Location": "/sonarr/x"}), Cause.WRONG_URL_BASE, "it redirects to /sonarr/x"),
    (httpx2.Response(301, headers={"Location": "http://[x"}), Cause.WRONG_URL_BASE, "it redirects elsewhere"),
    (
        httpx2.Response(200, headers=HTML, text=PAGE),
        Cause.WRONG_URL_BASE,
        'it answered with a web page titled "Radarr" instead of data',
    ),
    (
        httpx2.Response(200, headers=HTML, text="Welcome"),
        Cause.WRONG_URL_BASE,
        "it answered with a web page instead of data",
    ),
    (
        httpx2.Response(200, content=b"\xef\xbb\xbf\n <html>"),
        Cause.WRONG_URL_BASE,
        "it answered with a web page instead of data",
    ),
    (
        httpx2.Response(404, headers=HTML, text="<title>404</title>"),
        Cause.WRONG_URL_BASE,
        'it answered with a web page titled "404" instead of data',
    ),
    (
        httpx2.Response(404, json={"message": "NotFound", "description": "at Some.Where()"}),
        Cause.NOT_FOUND,
        "it doesn't have what was asked for: NotFound",
    ),
    (
        httpx2.Response(400, json=VALIDATION),
        Cause.REJECTED,
        "it refused (400): Host: Unable to connect; Try again",
    ),
    (
        httpx2.Response(400, json={"title": "One or more errors", "errors": {"$.id": ["not a number"]}}),
        Cause.REJECTED,
        "it refused (400): $.id: not a number",
    ),
    (httpx2.Response(409, json={"message": "Exists"}), Cause.REJECTED, "it refused (409): Exists"),
    (httpx2.Response(422, json=["odd", 3]), Cause.REJECTED, "it refused (422)"),
    (httpx2.Response(405), Cause.REJECTED, "it refused (405)"),
    (httpx2.Response(429, text="slow down"), Cause.RATE_LIMITED, "it was asked too often: slow down"),
    (
        httpx2.Response(500, json={"message": "database is locked", "description": "trace"}),
        Cause.SERVER_ERROR,
        "it failed with status 500: database is locked",
    ),
    (httpx2.Response(502, headers=HTML, text=PAGE), Cause.SERVER_ERROR, "it failed with status 502"),
    (httpx2.Response(200, text='{"records": ['), Cause.INVALID_ANSWER, "its answer is not valid JSON, or was cut off"),
    (httpx2.Response(200, text="NaN"), Cause.INVALID_ANSWER, "its answer is not valid JSON, or was cut off"),
    (httpx2.Response(200, text="[" * 5000), Cause.INVALID_ANSWER, "its answer is not valid JSON, or was cut off"),
    (httpx2.Response(200, text="<Response/>"), Cause.INVALID_ANSWER, "its answer is not valid JSON, or was cut off"),
    (httpx2.Response(200, content=b'"\xff"'), Cause.INVALID_ANSWER, "its answer is not valid JSON, or was cut off"),
]


@pytest.mark.parametrize(("answer", "cause", "detail"), MEANINGS, ids=[f"{a.status_code}-{d}" for a, _, d in MEANINGS])
async def test_what_an_answer_means(answer: httpx2.Response, cause: Cause, detail: str) -> None:
    error = await fail(upstream(Answers(answer), attempts=1), "POST", json={})

    assert (error.cause, error.detail, error.status) == (cause, detail, answer.status_code)
    assert error.advice == ADVICE[cause]
    assert str(error) == f"Series: {detail}; {ADVICE[cause]}"


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (httpx2.Response(302), False),
        (httpx2.Response(401), False),
        (httpx2.Response(404), False),
        (httpx2.Response(422), False),
        (httpx2.Response(429), False),
        (httpx2.Response(500), True),
        (httpx2.Response(503), True),
        (httpx2.Response(200, text="{"), True),
        (httpx2.Response(200, headers=HTML, text=PAGE), True),
        (httpx2.ConnectError("refused"), False),
        (httpx2.ConnectTimeout("slow"), False),
        (httpx2.WriteTimeout("slow"), True),
        (httpx2.ReadTimeout("slow"), True),
        (httpx2.ReadError("reset"), True),
        (httpx2.WriteError("reset"), True),
        (httpx2.RemoteProtocolError("peer closed connection without sending complete message body"), True),
        (ConnectionResetError("reset"), True),
    ],
    ids=repr,
)
async def test_whether_a_write_may_have_been_made(answer: httpx2.Response | Exception, sent: bool) -> None:
    assert (await fail(upstream(Answers(answer)), "PUT", json={})).sent is sent


async def test_plex_says_that_there_is_nothing_with_a_page() -> None:
    answer = httpx2.Response(404, headers=HTML, text="<html><head><title>Not Found</title></head></html>")

    assert (await fail(upstream(Answers(answer), kind="plex"))).cause is Cause.NOT_FOUND


async def test_data_may_be_called_html() -> None:
    service = upstream(Answers(httpx2.Response(200, headers=HTML, text="[]")))

    assert await service.request("GET", "/x") == []
    await service.close()


@pytest.mark.parametrize("body", [b"", b" \r\n"])
async def test_an_empty_answer_is_nothing(body: bytes) -> None:
    service = upstream(Answers(httpx2.Response(200, headers=HTML, content=body)))

    assert await service.request("PUT", "/x") is None
    await service.close()


async def test_a_redirect_is_not_followed() -> None:
    answers = Answers(httpx2.Response(308, headers={"Location": "http://elsewhere/"}), ok())

    await fail(upstream(answers))

    assert [request.url.host for request in answers.requests] == ["media"]


async def test_where_and_how_it_asks() -> None:
    answers = Answers(ok())
    service = upstream(answers)

    await service.request("POST", "/api/v3/command", json={}, params={"a": "ü &"})

    (request,) = answers.requests
    assert str(request.url) == "http://media/sonarr/api/v3/command?a=%C3%BC+%26"
    assert request.content == b"{}"
    assert request.headers["X-Api-Key"] == KEY
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"].startswith("AutoArr/")
    await service.close()


async def test_an_answer_has_a_largest_size() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 2**16

    service = upstream(lambda _: httpx2.Response(200, content=endless()), largest_answer=2**20)

    error = await fail(service)

    assert error.cause is Cause.INVALID_ANSWER
    assert error.detail == "its answer is larger than 1 MiB"


async def test_four_requests_at_a_time() -> None:
    running = most = 0
    go_on = asyncio.Event()

    async def handler(request: httpx2.Request) -> httpx2.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go_on.wait()
        running -= 1
        return ok()

    service = upstream(handler)
    tasks = [asyncio.create_task(service.request("GET", "/x")) for _ in range(20)]
    await asyncio.sleep(0.02)
    assert running == 4
    go_on.set()
    await asyncio.gather(*tasks)

    assert most == 4
    await service.close()


async def test_waiting_for_a_turn_counts() -> None:
    async def handler(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(10)
        return ok()

    service = upstream(handler, concurrency=1, read=0.1)
    first = asyncio.create_task(service.request("GET", "/x", read_timeout=20))
    await asyncio.sleep(0.01)

    error = await fail(service)

    assert (error.cause, error.sent) == (Cause.TIMEOUT, False)
    assert error.detail == "1 other requests to it took all the time"
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_the_failure_that_opens_the_breaker_is_told(sleeper: Sleeper) -> None:
    answers = Answers(httpx2.ConnectError("refused"))
    service = upstream(answers, sleeper, failures=2)

    causes = []
    for _ in range(2):
        with pytest.raises(UpstreamError) as caught:
            await service.request("GET", "/x")
        causes.append(caught.value.cause)

    assert causes == [Cause.CONNECT, Cause.CIRCUIT_OPEN]
    assert len(answers.requests) == 2
    assert len(sleeper.seconds) == 1
    await service.close()


async def test_nobody_waits_for_a_turn_to_hear_that_it_is_open() -> None:
    answered = asyncio.Event()

    async def handler(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("fail"):
            return httpx2.Response(500)
        await answered.wait()
        return ok()

    service = upstream(handler, failures=1, rest=0.02, concurrency=2)
    old = asyncio.create_task(service.request("GET", "/slow"))
    await asyncio.sleep(0)
    with pytest.raises(UpstreamError):
        await service.request("GET", "/fail")
    await asyncio.sleep(0.03)
    probe = asyncio.create_task(service.request("GET", "/slow"))
    await asyncio.sleep(0.01)

    async with asyncio.timeout(30):
        with pytest.raises(UpstreamError) as caught:
            await service.request("GET", "/x")

    assert caught.value.cause is Cause.CIRCUIT_OPEN
    answered.set()
    assert await old == await probe == {"fine": True}
    await service.close()


async def test_a_call_has_an_end() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield b" "

    service = upstream(lambda _: httpx2.Response(200, content=drip()), read=0.06)
    started = asyncio.get_running_loop().time()

    error = await fail(service, "POST")

    assert (error.cause, error.sent) == (Cause.TIMEOUT, True)
    assert error.detail == "its answer was not complete within 0.12 s"
    assert asyncio.get_running_loop().time() - started < 20


async def test_one_call_may_take_longer() -> None:
    timeouts: list[Any] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        timeouts.append(request.extensions["timeout"])
        return ok()

    service = upstream(handler)
    await service.request("GET", "/x")
    await service.request("GET", "/x", read_timeout=120)

    assert [(t["connect"], t["read"]) for t in timeouts] == [(3, 15), (3, 120)]
    await service.close()


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(403, text=f"the key {KEY} is wrong\x00\x1b[31m"),
        httpx2.Response(400, json={"message": f"apikey={KEY}"}),
        httpx2.Response(200, headers=HTML, text=f"<title>{KEY}</title>"),
        httpx2.Response(302, headers={"Location": f"/{KEY}/x"}),
        httpx2.ReadError(f"GET /?apikey={KEY}"),
        httpx2.LocalProtocolError(f"Illegal header value {KEY}"),
        httpx2.InvalidURL(f"bad {KEY}"),
    ],
    ids=lambda answer: type(answer).__name__,
)
async def test_the_key_never_shows(answer: httpx2.Response | Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        service = upstream(Answers(answer))
        error = await fail(service, params={"apikey": KEY})

    assert KEY not in f"{error} {error!r} {error.detail} {error.__cause__} {caplog.text} {service.connection!r}"
    assert error.detail.isprintable()


async def test_no_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        service = upstream(Answers(ok()))
        await service.request("GET", "/api", params={"apikey": KEY})
        await service.close()

    assert not [record for record in caplog.records if record.name.startswith("http")]


async def test_a_long_message_is_cut() -> None:
    error = await fail(upstream(Answers(httpx2.Response(400, text="x" * 2000))))

    assert len(error.detail) == 400
    assert error.detail.endswith("x…")


@pytest.mark.parametrize("key", ["kéy", "a\nb", "a\x00b"])
async def test_a_key_that_no_header_can_hold(key: str) -> None:
    service = Upstream(connection(api_key=key), {"X-Api-Key": key})

    error = await fail(service)

    assert error.cause is Cause.AUTHENTICATION
    assert error.detail == "its key has characters that no key has"


@pytest.mark.parametrize("url", ["ftp://media", "http://", "media", "http://[::1"])
async def test_an_address_that_is_none(url: str) -> None:
    error = await fail(Upstream(connection(url=url), policy=HttpPolicy(sleep=Sleeper())))

    assert error.cause is Cause.WRONG_URL_BASE
    assert error.detail == "the address or the key has characters that HTTP forbids"


async def test_retired_means_closed_when_all_is_done() -> None:
    go_on = asyncio.Event()

    async def handler(request: httpx2.Request) -> httpx2.Response:
        await go_on.wait()
        return ok()

    service = upstream(handler)
    task = asyncio.create_task(service.request("GET", "/x"))
    await asyncio.sleep(0.01)
    client = service._client
    assert client is not None
    await service.retire()
    assert not client.is_closed
    go_on.set()
    assert await task == {"fine": True}
    assert client.is_closed

    # Whoever still holds it can go on, and leaves nothing open.
    assert await service.request("GET", "/x") == {"fine": True}
    assert service._client is None

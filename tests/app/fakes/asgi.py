"""What the stand-ins of other applications share: an ASGI application with a log of requests, faults and hooks.

It is plain ASGI, so that it needs nothing an image's reduced dependencies may lack, and so that a fault can leave an
answer half-sent. It serves both in-process and, by `serve`, on a port; faults that concern the connection (``hang``,
``slow``, ``disconnect``) show their full effect only on a port.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from tests.app.fakes.faults import Fault, Planted, body_of, carry_out
from tests.app.fakes.validation import Evidence, checker

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
State = TypeVar("State")

READ_METHODS = ("GET", "HEAD", "OPTIONS")


class NotThereError(Exception):
    """A handler found nothing under the number it was given."""


class Request(NamedTuple):
    """A request as a test sees it: the path is without the URL base, the body is JSON, a form's fields, or None."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class Call:
    """A request as a handler sees it; `pairs` is the query with repeated names, `params` is from the route."""

    method: str
    path: str
    query: dict[str, str]
    pairs: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any
    raw: bytes
    params: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The route's ``{id}``."""
        return int(self.params["id"])

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean of the query."""
        return self.query.get(name, str(default)).lower() == "true"

    def number(self, name: str, default: int) -> int:
        """An integer of the query."""
        try:
            return int(self.query.get(name, default))
        except ValueError:
            return default


@dataclass
class Answer:
    """An answer: `body` is text or bytes for any other type than JSON; `items` is a JSON list made while it is sent."""

    body: Any = None
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    items: Iterator[Any] | None = None

    def encode(self) -> bytes:
        """The whole body."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return (json.dumps(self.body) if "json" in self.content_type else str(self.body)).encode()

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces."""
        if self.items is None:
            yield self.encode()
            return
        yield b"["
        between = b""
        while batch := list(itertools.islice(self.items, 500)):
            yield between + json.dumps(batch)[1:-1].encode()
            between = b","
        yield b"]"


Handler = Callable[[Call], Answer]


class Fake(Generic[State]):
    """A stand-in of an application.

    Attributes:
        api_key: what it wants to be asked with.
        state: what it knows, to be read and changed by tests.
        requests: every request, in order.
        on_request: called with each request before it is answered, for changes between a read and a write.
        validated: whether requests and answers are held against the application's official description.
        url: where it is served, once it is.
    """

    url = ""
    description = ""
    default_key = "0123456789abcdef0123456789abcdef"

    def __init__(self, state: State, *, api_key: str = "", url_base: str = "") -> None:
        self.state = state
        self.api_key = api_key or self.default_key
        self.url_base = url_base.rstrip("/")
        self.requests: list[Request] = []
        self.on_request: Callable[[Request], None] | None = None
        self.validated = bool(self.description)
        self._evidence: list[Evidence] = []
        self._violations: list[str] = []
        self._planted: list[Planted] = []
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    # What a test uses.

    @property
    def writes(self) -> list[Request]:
        """The requests that were to change something."""
        return [request for request in self.requests if self.is_write(request)]

    @property
    def violations(self) -> list[str]:
        """What did not agree with the application's official description; see `validation`."""
        evidence, self._evidence = self._evidence, []
        look = checker(self.description) if evidence else None
        if look:
            self._violations += [violation for one in evidence for violation in look.check(one)]
        return self._violations

    def fail(self, path: str, fault: Fault | int, times: int | None = None, **options: Any) -> None:
        """Plant a fault.

        Args:
            path: the beginning of the paths it is for, without the URL base; `""` for all. See also `target`.
            fault: its kind, or a status.
            times: how often; always, if None.
            options: `method` it is for, `retry_after` of 429 and 503, `seconds` between the bytes of a slow body.
        """
        self._planted.append(Planted(path=path, fault=fault, times=times, **options))

    def mend(self) -> None:
        """Take all faults away."""
        self._planted.clear()

    # What an application's own stand-in says.

    def route(self, method: str, path: str, handler: Handler) -> None:
        """Have requests answered; ``{id}`` in the path is a number, ``{name}`` anything."""
        pattern = re.escape(path).replace(r"\{id\}", r"(?P<id>\d+)").replace(r"\{name\}", r"(?P<name>[^/]+)")
        self._routes.append((method, re.compile(pattern), handler))

    def is_write(self, request: Request) -> bool:
        """Whether a request is to change something."""
        return request.method not in READ_METHODS

    def target(self, request: Request) -> tuple[str, ...]:
        """The names by which `fail` finds a request."""
        return (request.path,)

    def refuse(self, call: Call) -> Answer | None:
        """An answer to a request that is not allowed."""
        raise NotImplementedError

    def missing(self, call: Call) -> Answer:
        """The answer where nothing is."""
        raise NotImplementedError

    def outside(self, path: str, query: str) -> Answer:
        """The answer to a request that is not below the URL base."""
        raise NotImplementedError

    def below_url_base(self, path: str) -> str | None:
        """The path without the URL base; None where it isn't below it."""
        if not (path + "/").startswith(self.url_base + "/"):
            return None
        return path[len(self.url_base) :] or "/"

    # ASGI.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", scope["type"]
        raw = b""
        while (message := await receive())["type"] == "http.request":
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        else:
            return
        query = scope["query_string"].decode()
        path = self.below_url_base(scope["path"])
        if path is None:
            self.requests.append(Request(scope["method"], scope["path"], dict(parse_qsl(query)), None))
            await send_answer(send, self.outside(scope["path"], query))
            return
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        pairs = parse_qsl(query, keep_blank_values=True)
        body = body_of(raw, headers.get("content-type", ""))
        call = Call(scope["method"], path, dict(pairs), pairs, headers, body, raw)
        request = Request(call.method, path, dict(pairs), body)
        self.requests.append(request)
        if self.on_request:
            self.on_request(request)
        planted = next((one for one in self._planted if one.takes(request.method, self.target(request))), None)
        if planted is None:
            await send_answer(send, self.answer(call))
        else:
            await carry_out(planted, self, call, receive, send)

    def answer(self, call: Call) -> Answer:
        """Answer without faults."""
        answer = self.refuse(call) or self._dispatch(call)
        if self.validated:
            self._evidence.append(Evidence.of(call, answer))
        return answer

    def answer_without_storing(self, call: Call) -> Answer:
        """Answer as if all were well, and forget what was to be stored."""
        kept, self.state = self.state, copy.deepcopy(self.state)
        try:
            return self.answer(call)
        finally:
            self.state = kept

    def _dispatch(self, call: Call) -> Answer:
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(call.path)
            if match and method == call.method:
                call.params = match.groupdict()
                try:
                    return handler(call)
                except NotThereError:
                    break
                except Exception as error:
                    # The application that asked may well cope with the 500 that follows.
                    self._violations.append(f"{method} {call.path}: the stand-in itself failed: {error!r}")
                    raise
        return self.missing(call)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer as ASGI messages."""
    headers = [(b"content-type", answer.content_type.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    if answer.items is None:
        headers.append((b"content-length", str(len(answer.encode())).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    for chunk in answer.chunks():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})

"""Live events, as server-sent events and over a WebSocket."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from autoarr.accounts.principal import Principal, PrincipalDep, authenticate
from autoarr.context import Context, ContextDep
from autoarr.events.bus import Event, TooManyListeners
from autoarr.unavailable import is_unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from autoarr.events.bus import Subscription

router = APIRouter(tags=["events"])

KEEP_ALIVE_S = 15.0
"""Seconds without an event after which a comment is sent: proxies cut what is silent."""
CHECK_S = 30.0
"""Seconds between two looks at whether the listener still may."""
TOKEN_S = 5.0
"""Seconds a WebSocket has for its token."""
MAXIMUM_MESSAGE = 8192
FOR_ALL = frozenset({"lagged"})
FOR_THEIR_OWNER = frozenset({"request.changed"})
"""The kinds of events that users who are no administrators hear of: where `user_id` names them."""

_MAY_END_IT = {"session.revoked", "token.changed", "user.changed", "lagged"}

MALFORMED, UNAUTHORISED, TOO_SLOW, TOO_MANY = 4400, 4401, 4408, 4429
STOPPING, TRY_LATER = 1012, 1013


def _is_for(principal: Principal, event: Event) -> bool:
    if principal.role == "admin" or event.kind in FOR_ALL:
        return True
    return event.kind in FOR_THEIR_OWNER and event.data.get("user_id") == str(principal.user_id)


def _as_json(event: Event) -> str:
    fields = {"id": event.id, "kind": event.kind, "at": event.at.isoformat(), "data": dict(event.data)}
    return json.dumps(fields, ensure_ascii=False)


async def _still_may(context: Context, principal: Principal, token: str) -> bool:
    """Whether the token is as good as it was; where nobody can tell, the listener has to come again."""
    with suppress(Exception):
        return await authenticate(context, token) == principal
    return False


async def _listen(
    context: Context, subscription: Subscription, principal: Principal, token: list[str]
) -> AsyncIterator[Event | None]:
    """Give the events a listener may hear, and None when there was nothing for a while.

    Args:
        token: one; a WebSocket's client may replace it meanwhile.
    """
    yield Event(kind="hello", data={})
    clock = asyncio.get_running_loop().time
    check_at = clock() + CHECK_S
    while True:
        event = None
        try:
            async with asyncio.timeout(max(0.0, min(KEEP_ALIVE_S, check_at - clock()))):
                if (event := await subscription.get()) is None:
                    return
        except TimeoutError:
            yield None
        if clock() >= check_at or (event is not None and event.kind in _MAY_END_IT):
            if not await _still_may(context, principal, token[0]):
                return
            check_at = clock() + CHECK_S
        if event is not None and _is_for(principal, event):
            yield event


@router.get(
    "/events",
    summary="Live events",
    response_class=StreamingResponse,
    responses={200: {"description": "Events, until the token expires", "content": {"text/event-stream": {}}}},
)
async def get_events(context: ContextDep, principal: PrincipalDep, request: Request) -> StreamingResponse:
    """Send what happens, as server-sent events: `id`, `event` (its kind) and `data` (JSON: id, kind, at, data).

    The first is `hello`; `lagged` says that some were lost. An event tells that something changed: look it up. What
    happened while nobody listened is not repeated. The stream ends when the token does.
    """
    if not context.bus.has_room(principal.user_id):
        raise HTTPException(429, "You listen on too many connections already.", {"Retry-After": "30"})

    token = request.headers["authorization"].partition(" ")[2].strip()

    async def chunks() -> AsyncIterator[str]:
        with suppress(TooManyListeners), context.bus.subscribe(principal.user_id) as subscription:
            async for event in _listen(context, subscription, principal, [token]):
                if event is None:
                    yield ": nothing new\n\n"
                else:
                    yield f"id: {event.id}\nevent: {event.kind}\ndata: {_as_json(event)}\n\n"

    return StreamingResponse(chunks(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.websocket("/ws")
async def websocket(socket: WebSocket) -> None:
    """Send events as JSON, to who says `{"token": "..."}` within five seconds, and again before a token expires.

    Closed with 4400: not the message that was expected. 4401: the token is not valid, or no longer. 4408: no token in
    time. 4429: too many connections of this user. 1012: the application stops. 1013: the database is away. A page of
    another site is refused with 403. `ping` is answered with `{"kind": "pong"}`.
    """
    if not _is_same_site(socket):
        await socket.close()
        return
    await socket.accept()
    context: Context = socket.app.state.context
    with suppress(WebSocketDisconnect, RuntimeError):  # the latter: written to after the client had left
        await socket.close(await _serve(context, socket))


def _is_same_site(socket: WebSocket) -> bool:
    """Whether a browser opened it from a page of ours; other programs send no Origin."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == socket.headers.get("host", "").lower()


async def _serve(context: Context, socket: WebSocket) -> int:
    """Talk to a client; give the code to close with."""
    try:
        async with asyncio.timeout(TOKEN_S):
            token = [_read_token(await _receive(socket))]
    except TimeoutError:
        return TOO_SLOW
    except ValueError:
        return MALFORMED
    try:
        if (principal := await authenticate(context, token[0])) is None:
            return UNAUTHORISED
        with context.bus.subscribe(principal.user_id) as subscription:
            return await _talk(context, socket, subscription, principal, token)
    except TooManyListeners:
        return TOO_MANY
    except Exception as error:
        if is_unavailable(error):
            return TRY_LATER
        raise


async def _talk(
    context: Context, socket: WebSocket, subscription: Subscription, principal: Principal, token: list[str]
) -> int:
    async def speak() -> int:
        async for event in _listen(context, subscription, principal, token):
            if event is not None:
                await socket.send_text(_as_json(event))
        return STOPPING if context.bus.ended else UNAUTHORISED

    async def hear() -> int:
        while True:
            message = await _receive(socket)
            if message == "ping":
                await socket.send_text('{"kind": "pong"}')
                continue
            try:
                renewed = _read_token(message)
            except ValueError:
                return MALFORMED
            if not await _still_may(context, principal, renewed):
                return UNAUTHORISED
            token[0] = renewed

    tasks = [asyncio.create_task(speak()), asyncio.create_task(hear())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _receive(socket: WebSocket) -> str:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return message.get("text") or ""


def _read_token(message: str) -> str:
    """Read the message that a client has to send.

    Raises:
        ValueError: it is another.
    """
    if len(message) > MAXIMUM_MESSAGE:
        raise ValueError("it is too long")
    with suppress(RecursionError):
        match json.loads(message):
            case {"token": str(token)}:
                return token
    raise ValueError("it holds no token")

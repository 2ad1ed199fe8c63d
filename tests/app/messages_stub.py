"""A stub that speaks the Anthropic Messages API: it answers from a script, and refuses what the API would refuse."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from tests.app.messages_rules import find_fault

KEY = "sk-ant-stub-5d1f0c9e"
Block = dict[str, Any]
_PIECE = 7


@dataclass(init=False)
class Say:
    """A message of the model.

    Attributes:
        blocks: texts, or what `use` and `think` make.
        stop: ``tool_use`` where it uses one, else ``end_turn``.
        fault: what happens in the middle: ``cut`` (the connection breaks), ``end`` (it ends without an end),
            ``overloaded`` (an error event), ``hold`` (nothing more until the stub is told to go on), ``garbage``.
        after: events of content that come before the fault.
    """

    blocks: Sequence[str | Block]
    stop: str | None = None
    fault: str | None = None
    after: int = 1_000_000
    input_tokens: int = 100
    output_tokens: int = 10
    cached: int = 0
    stored: int = 0

    def __init__(self, *blocks: str | Block, **values: Any) -> None:
        self.blocks = blocks
        for name, value in values.items():
            setattr(self, name, value)


@dataclass
class Refuse:
    """An error in place of an answer."""

    status: int
    kind: str
    message: str = "planted"
    retry_after: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


Step = Say | Refuse


@dataclass
class Asked:
    """One request: its body, and its headers by small names."""

    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def said(self) -> str:
        """The text that a person said last."""
        texts = [block["text"] for one in self.messages if one["role"] == "user" for block in blocks_of(one, "text")]
        return str(texts[-1])

    @property
    def results(self) -> list[Any]:
        """What the last message has of tools' results, as JSON where it is some."""
        return [read(block["content"]) for block in blocks_of(self.messages[-1], "tool_result")]


def blocks_of(message: dict[str, Any], kind: str) -> list[Block]:
    """The blocks of a kind of a message."""
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [block for block in blocks if block["type"] == kind]


def read(text: str) -> Any:
    """JSON, or the text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def use(name: str, identifier: str | None = None, **arguments: Any) -> Block:
    """A call of a tool."""
    return {"type": "tool_use", "id": identifier, "name": name, "input": arguments}


def think(text: str) -> Block:
    """A thought, with the signature that it has to come back with."""
    return {"type": "thinking", "thinking": text, "signature": f"signed:{text}"}


class MessagesStub:
    """Answers from a script, one step a request; then with `rest`.

    Attributes:
        script: steps, or functions from what was asked to a step.
        asked: what came, in order, refused or not.
        refused: why requests were refused as not valid.
        left: calls that the client left before their end.
        held: is set while a call holds.
    """

    def __init__(self, *script: Step | Callable[[Asked], Step]) -> None:
        self.url = ""
        self.script = list(script)
        self.rest: Step | Callable[[Asked], Step] = Say("Done.")
        self.asked: list[Asked] = []
        self.refused: list[str] = []
        self.left = 0
        self.held = threading.Event()
        self.go_on = threading.Event()
        self._calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        if scope["method"] != "POST" or scope["path"] != "/v1/messages":
            await _fail(send, Refuse(404, "not_found_error", f"no {scope['path']}"))
            return
        if KEY not in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")):
            await _fail(send, Refuse(401, "authentication_error", "invalid x-api-key"))
            return
        asked = Asked(json.loads(body), headers)
        self.asked.append(asked)
        if (wrong := find_fault(asked.body, asked.headers)) is not None:
            self.refused.append(wrong)
            await _fail(send, Refuse(400, "invalid_request_error", wrong))
            return
        step = self.script.pop(0) if self.script else self.rest
        step = step(asked) if callable(step) else step
        if isinstance(step, Refuse):
            await _fail(send, step)
        else:
            await self._say(step, asked.body["model"], receive, send)

    async def _say(self, step: Say, model: str, receive: Receive, send: Send) -> None:
        await _start(send, 200, [(b"content-type", b"text/event-stream"), (b"request-id", b"req_stub")])
        content = list(self._content(step))
        for kind, fields in (("message_start", _head(step, model)), *content[: step.after]):
            await _event(send, kind, fields)
        if step.fault == "hold":
            self.held.set()
            if await self._is_left(receive):
                self.left += 1
                return
            for kind, fields in content[step.after :]:
                await _event(send, kind, fields)
        elif step.fault == "cut":
            raise ConnectionResetError("planted")
        elif step.fault == "overloaded":
            await _event(send, "error", {"error": {"type": "overloaded_error", "message": "Overloaded"}})
        elif step.fault == "garbage":
            await send(
                {"type": "http.response.body", "body": b"event: message_delta\ndata: {no\n\n", "more_body": True}
            )
        if step.fault in (None, "hold"):
            uses = any(not isinstance(block, str) and block["type"] == "tool_use" for block in step.blocks)
            stop = step.stop or ("tool_use" if uses else "end_turn")
            usage = {"output_tokens": step.output_tokens}
            await _event(send, "message_delta", {"delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage})
            await _event(send, "message_stop", {})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _is_left(self, receive: Receive) -> bool:
        """Wait for the test or for the client's end."""

        async def leave() -> None:
            await receive()

        going, leaving = asyncio.create_task(self._wait()), asyncio.create_task(leave())
        done, waiting = await asyncio.wait({going, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        return leaving in done

    async def _wait(self) -> None:
        while not self.go_on.is_set():  # noqa: ASYNC110 -- it is set in another thread
            await asyncio.sleep(0.005)

    def _content(self, step: Say) -> Iterator[tuple[str, dict[str, Any]]]:
        for index, given in enumerate(step.blocks):
            block: Block = {"type": "text", "text": given} if isinstance(given, str) else dict(given)
            deltas: list[dict[str, Any]] = []
            if block["type"] == "text":
                deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
                block["text"] = ""
            elif block["type"] == "tool_use":
                self._calls += 1
                block["id"] = block["id"] or f"toolu_{self._calls:04}"
                text = json.dumps(block["input"])
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(text)]
                block["input"] = {}
            elif block["type"] == "thinking":
                deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(block["thinking"])]
                deltas.append({"type": "signature_delta", "signature": block["signature"]})
                block |= {"thinking": "", "signature": ""}
            yield "content_block_start", {"index": index, "content_block": block}
            for delta in deltas:
                yield "content_block_delta", {"index": index, "delta": delta}
            yield "content_block_stop", {"index": index}


def _head(step: Say, model: str) -> dict[str, Any]:
    usage = {
        "input_tokens": step.input_tokens,
        "cache_creation_input_tokens": step.stored,
        "cache_read_input_tokens": step.cached,
        "output_tokens": 1,
    }
    head = {"id": "msg_stub", "type": "message", "role": "assistant", "model": model, "content": [], "usage": usage}
    return {"message": {**head, "stop_reason": None, "stop_sequence": None}}


def _pieces(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


async def _start(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)


async def _event(send: Send, kind: str, fields: dict[str, Any]) -> None:
    body = f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _fail(send: Send, step: Refuse) -> None:
    headers = [(b"content-type", b"application/json"), *((k.encode(), v.encode()) for k, v in step.headers.items())]
    if step.retry_after is not None:
        headers.append((b"retry-after", step.retry_after.encode()))
    body = {"type": "error", "error": {"type": step.kind, "message": step.message}, "request_id": "req_stub"}
    await _start(send, step.status, headers)
    await send({"type": "http.response.body", "body": json.dumps(body).encode(), "more_body": False})

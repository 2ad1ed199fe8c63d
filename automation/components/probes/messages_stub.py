"""A stub that speaks Anthropic's Messages API, as documented: streamed events, tool use, and its errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automation.components.probes.stubs import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TOOL = "search_library"
ARGUMENTS = {"title": "M\u00f6bius \N{SNOWMAN}", "year": 1996}
TEXT = ("I will ", "look it ", "up.")
FINAL = "It is there."
USAGE = {"input_tokens": 12, "output_tokens": 1}


def _message(content: list[dict[str, Any]], stop: str | None) -> dict[str, Any]:
    return {
        "id": "msg_probe",
        "type": "message",
        "role": "assistant",
        "model": "probe",
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": USAGE,
    }


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def _texts(parts: Iterable[str]) -> Iterator[bytes]:
    yield _event("message_start", message=_message([], None))
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield _event("ping")
    for part in parts:
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": part})
    yield _event("content_block_stop", index=0)


def final_stream() -> Iterator[bytes]:
    """The final text alone."""
    yield from _texts((FINAL,))
    yield _event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 9})
    yield _event("message_stop")


def stream(tool: str, arguments: Mapping[str, object]) -> Iterator[bytes]:
    """A text, a ping and a tool's arguments in pieces, as events."""
    yield from _texts(TEXT)
    block = {"type": "tool_use", "id": "toolu_probe", "name": tool, "input": {}}
    yield _event("content_block_start", index=1, content_block=block)
    text = json.dumps(arguments, ensure_ascii=False)
    for start in range(0, len(text), 5):
        delta = {"type": "input_json_delta", "partial_json": text[start : start + 5]}
        yield _event("content_block_delta", index=1, delta=delta)
    yield _event("content_block_stop", index=1)
    yield _event("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage={"output_tokens": 42})
    yield _event("message_stop")


def broken_stream() -> Iterator[bytes]:
    """A stream that the service breaks off with an error."""
    yield _event("message_start", message=_message([], None))
    yield _event("error", error={"type": "overloaded_error", "message": "Overloaded"})


def error(status: int, kind: str, **headers: str) -> Answer:
    """An error as the API gives it."""
    body = {"type": "error", "error": {"type": kind, "message": f"planted {kind}"}, "request_id": "req_probe"}
    return Answer(json.dumps(body).encode(), status, {"Content-Type": "application/json", **headers})


class MessagesApi:
    """The stub: answers from a list of errors first, and keeps what it was asked.

    A conversation that ends with a tool's result gets the final text, any other a call of the tool.
    """

    def __init__(self, *errors: Answer, tool: str = TOOL, arguments: Mapping[str, object] = ARGUMENTS) -> None:
        self.errors = list(errors)
        self.tool, self.arguments = tool, arguments
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        self.asked.append(request)
        if self.errors:
            return self.errors.pop(0)
        asked = json.loads(request.body)
        last = asked["messages"][-1]["content"]
        after_tool = isinstance(last, list) and last[0]["type"] == "tool_result"
        if after_tool and not asked.get("stream"):
            body = json.dumps(_message([{"type": "text", "text": FINAL}], "end_turn")).encode()
            return Answer(body, headers={"Content-Type": "application/json", "request-id": "req_probe"})
        broken = asked["model"] == "broken"
        parts = broken_stream() if broken else final_stream() if after_tool else stream(self.tool, self.arguments)
        return Answer(parts, headers={"Content-Type": "text/event-stream"})

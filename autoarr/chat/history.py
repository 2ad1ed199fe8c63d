"""A kept conversation as the Messages API takes it, whatever happened while it was made.

The API refuses a conversation in which a call of a tool has no result. A replica may have been killed between the two,
so nothing here relies on how a reply ended: what is missing is put in its place when the conversation is read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Block = dict[str, Any]
Message = dict[str, Any]
"""`role` and `content`, a list of blocks."""

INTERRUPTED = "The reply was interrupted before this had a result. Nothing was written."
_THOUGHTS = ("thinking", "redacted_thinking")
_CACHE = {"type": "ephemeral"}


def note(stop: str, text: str) -> Block:
    """A block of our own in an assistant's message: why it ends where it does."""
    return {"type": "note", "stop": stop, "text": text}


def decided(identifier: str, tool: str, state: str, result: Any, error: Any) -> Block:
    """A block of our own in a user's message: what became of a write that was previewed.

    Args:
        result: as its tool gave it.
        error: fenced as well.
    """
    return {"type": "confirmation", "id": identifier, "tool": tool, "state": state, "result": result, "error": error}


def told(messages: Iterable[Message]) -> set[str]:
    """The confirmations whose outcome is in the conversation."""
    return {block["id"] for message in messages for block in message["content"] if block["type"] == "confirmation"}


def without_thoughts(content: Sequence[Block]) -> list[Block]:
    """Leave out what only the model that thought it takes back."""
    return [block for block in content if block["type"] not in _THOUGHTS]


def for_api(messages: Iterable[Message]) -> list[Message]:
    """Give a conversation that the API takes: roles alternate, the user's is first, each call has its result, nothing
    is empty. What was refused is left out with its question: asked again, it would be refused again."""
    made: list[Message] = []
    for message in messages:
        if message["role"] == "assistant" and _is_refusal(message):
            # The question, and what the model looked up about it.
            while made and not _is_spoken(made.pop()):
                pass
            continue
        content = [block for part in message["content"] if (block := _convert(part)) is not None]
        owed = _calls(made[-1]) if made and made[-1]["role"] == "assistant" else []
        if message["role"] == "user":
            content = _answer(owed, content)
        elif owed or not made:
            if not owed:
                continue  # an answer to nothing
            made.append({"role": "user", "content": _answer(owed, [])})
        if not content:
            continue
        if made and made[-1]["role"] == message["role"]:
            made[-1]["content"] = _in_order([*made[-1]["content"], *content])
        else:
            made.append({"role": message["role"], "content": content})
    if made and (owed := _calls(made[-1])):
        made.append({"role": "user", "content": _answer(owed, [])})
    return made


def with_cache(messages: Sequence[Message]) -> list[Message]:
    """Have the API keep the conversation so far for the next call."""
    *before, last = messages
    *blocks, final = last["content"]
    return [*before, {**last, "content": [*blocks, {**final, "cache_control": _CACHE}]}]


def _is_refusal(message: Message) -> bool:
    return any(block["type"] == "note" and block["stop"] == "refusal" for block in message["content"])


def _is_spoken(message: Message) -> bool:
    """Whether a person said it."""
    return message["role"] == "user" and any(block["type"] == "text" for block in message["content"])


def _convert(block: Block) -> Block | None:
    match block["type"]:
        case "text":
            return dict(block) if block["text"].strip() else None
        case "note":
            return {"type": "text", "text": f"[{block['text']}]"}
        case "confirmation":
            said = {key: block[key] for key in ("tool", "state", "result", "error")}
            return {"type": "text", "text": f"[AutoArr: {json.dumps(said, ensure_ascii=False)}]"}
        case _:
            return dict(block)


def _calls(message: Message) -> list[str]:
    return [block["id"] for block in message["content"] if block["type"] == "tool_use"]


def _answer(owed: Sequence[str], content: Sequence[Block]) -> list[Block]:
    """Results for exactly the calls that are owed one, before everything else."""
    given = {block["tool_use_id"]: block for block in content if block["type"] == "tool_result"}
    missing = {"type": "tool_result", "content": INTERRUPTED, "is_error": True}
    results = [given.get(call, {**missing, "tool_use_id": call}) for call in owed]
    return [*results, *(block for block in content if block["type"] != "tool_result")]


def _in_order(content: Sequence[Block]) -> list[Block]:
    """Results first."""
    return sorted(content, key=lambda block: block["type"] != "tool_result")

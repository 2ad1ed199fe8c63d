"""What the Anthropic Messages API refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def find_fault(body: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """Why the API would refuse a request; None where it would not. The headers' names are in small letters."""
    if "anthropic-version" not in headers:
        return "anthropic-version: header is required"
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1 or not body.get("model"):
        return "model and max_tokens are required"
    for tool in body.get("tools", ()):
        if not _NAME.fullmatch(tool["name"]) or tool["input_schema"].get("type") != "object":
            return f"tools: {tool['name']} is not as a tool is"
    if json.dumps(body).count('"cache_control"') > 4:
        return "a maximum of 4 blocks with cache_control may be provided"
    return find_disorder(body["messages"])


def find_disorder(messages: Sequence[dict[str, Any]]) -> str | None:
    """Why the API would refuse a conversation; None where it would not."""
    if not messages:
        return "messages: at least one message is required"
    if messages[0]["role"] != "user" or messages[-1]["role"] != "user":
        return "messages: first and last message must use the user role"
    owed: list[str] = []
    for number, message in enumerate(messages):
        if number and message["role"] == messages[number - 1]["role"]:
            return f"messages.{number}: roles must alternate"
        content = message["content"]
        if not content:
            return f"messages.{number}: content must not be empty"
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        kinds = [block["type"] for block in content]
        if unknown := set(kinds) - {"text", "tool_use", "tool_result", "thinking", "redacted_thinking"}:
            return f"messages.{number}: {unknown} are no blocks"
        if any(block["type"] == "text" and not block["text"].strip() for block in content):
            return f"messages.{number}: text content blocks must be non-empty"
        if any(
            block["type"] == "thinking" and block["signature"] != f"signed:{block['thinking']}" for block in content
        ):
            return f"messages.{number}: invalid signature in thinking block"
        given = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
        if sorted(given) != sorted(owed) or kinds[: len(given)] != ["tool_result"] * len(given):
            return f"messages.{number}: tool_use ids were found without tool_result blocks immediately after: {owed}"
        owed = [block["id"] for block in content if block["type"] == "tool_use"]
        if owed and message["role"] == "user":
            return f"messages.{number}: tool_use blocks can only be in assistant messages"
    return "messages: the last calls have no results" if owed else None

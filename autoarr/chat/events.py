"""What a client is told while a reply is made."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from pydantic import BaseModel, Field

Stop = Literal["end", "calls", "limit", "max_tokens", "context", "refusal", "cancelled"]
"""Why a reply ended: as it should; after too many calls; at a limit of tokens or cost; where one call's output or the
model's context was full; where the model refused; because somebody ended it."""

Fault = Literal["key", "model", "request", "rate_limited", "overloaded", "unreachable", "broken", "internal"]


class Started(BaseModel):
    """The first."""

    type: Literal["started"] = "started"
    conversation_id: uuid.UUID
    title: str
    model: str


class Text(BaseModel):
    """More of what the model says."""

    type: Literal["text"] = "text"
    text: str


class Waiting(BaseModel):
    """The API said to come again later, which is going to happen."""

    type: Literal["waiting"] = "waiting"
    seconds: float
    reason: str


class ToolCall(BaseModel):
    """The model looks something up, or prepares a write."""

    type: Literal["tool_call"] = "tool_call"
    id: str
    name: str
    title: str
    arguments: dict[str, Any]


class ToolAnswer(BaseModel):
    """What that gave; texts from outside are `{"untrusted": "..."}`."""

    type: Literal["tool_result"] = "tool_result"
    id: str
    name: str
    ok: bool
    data: dict[str, Any]


class Asked(BaseModel):
    """A write waits for its person: `POST /chat/confirm`."""

    type: Literal["confirmation"] = "confirmation"
    confirmation_id: uuid.UUID
    tool: str
    title: str
    destructive: bool
    preview: dict[str, Any] = Field(description="What would be written.")


class Spent(BaseModel):
    """Tokens and what they cost."""

    tokens: int
    cost_usd: float | None = Field(description="Null where the model's price is not known.")
    limit_tokens: int
    limit_usd: float


class Used(BaseModel):
    """What a call used, and all of them together."""

    type: Literal["usage"] = "usage"
    input_tokens: int
    output_tokens: int
    cached_tokens: int = Field(description="Read from the prompt's cache, at a tenth of the price.")
    cost_usd: float | None
    estimated: bool = Field(description="The call was cut off before the API had counted.")
    calls: int = Field(description="Calls of the model in this conversation.")
    conversation: Spent
    day: Spent


class Done(BaseModel):
    """The last: the reply is over."""

    type: Literal["done"] = "done"
    stop: Stop
    message: str | None = Field(description="What to know about it, where it did not simply end.")


class Failed(BaseModel):
    """The last: the reply could not be made, or not to its end. What came before it is kept."""

    type: Literal["error"] = "error"
    kind: Fault
    message: str
    retry_after_s: float | None = None


ChatEvent = Started | Text | Waiting | ToolCall | ToolAnswer | Asked | Used | Done | Failed


def as_sse(event: ChatEvent) -> str:
    """As server-sent events have it."""
    return f"event: {event.type}\ndata: {event.model_dump_json()}\n\n"

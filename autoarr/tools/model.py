"""What a tool is, how it is called, and what comes of that."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from autoarr.errors import AutoArrError
from autoarr.tools.fencing import Own, clean, fence

if TYPE_CHECKING:
    import uuid
    from collections.abc import Awaitable, Callable

    from autoarr.accounts.principal import Principal
    from autoarr.actors import Role
    from autoarr.context import Context

    Progress = Callable[[float, float | None, str], Awaitable[None]]
    """How far it is, of how much where that is known, and in words."""

Origin = Literal["chat", "mcp"]

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=r"^[^\x00]*$")]
"""A text that comes in: PostgreSQL takes no NUL."""
Limit = Annotated[int, Field(ge=1, le=50, description="How many at most.")]
Offset = Annotated[int, Field(ge=0, le=1_000_000, description="How many to skip: next_offset of the answer before.")]


class Arguments(BaseModel):
    """What a tool takes; of nothing else is anything read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NoArguments(Arguments):
    """Of a tool that takes nothing."""


class Paged(Arguments):
    """Of a tool that gives a list."""

    limit: Limit = 20
    offset: Offset = 0


async def _silent(done: float, total: float | None, message: str) -> None:
    """Nobody asked to be told."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a tool."""

    context: Context
    principal: Principal
    origin: Origin
    progress: Progress = _silent

    @property
    def is_admin(self) -> bool:
        """Whether everything may be seen."""
        return self.principal.role == "admin"


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a write would do.

    Attributes:
        summary: one sentence for a person.
        details: more, as a tool's result.
        basis: what it was made from, JSON-able: another one at the confirmation refuses it.
        understood: the arguments that are kept, where those given left open what is meant.
    """

    summary: str
    details: dict[str, Any]
    basis: Any
    understood: Arguments | None = None

    @property
    def fingerprint(self) -> str:
        """Of the basis."""
        said = json.dumps(self.basis, sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def shown(self) -> dict[str, Any]:
        """As it is kept, and shown to the person: the sentence in clear, the rest fenced."""
        return {"summary": clean(self.summary, 1000), "details": fence(self.details)}


@dataclass(frozen=True, kw_only=True)
class Tool:
    """What a program or a model may do.

    Attributes:
        role: who may at least: ``requester`` is everybody.
        run: of a tool that is done at once.
        preview: of one that writes: it only looks. No tool has a way to write; see `autoarr.tools.confirming`.
        read_only: nothing is another afterwards, but for what AutoArr remembers of having looked.
        destructive: what it writes takes something away or can't be undone.
        idempotent: doing it again changes nothing more.
    """

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    role: Role = "admin"
    run: Callable[[Call, Any], Awaitable[dict[str, Any]]] | None = None
    preview: Callable[[Call, Any], Awaitable[Preview]] | None = None
    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True

    @property
    def writes(self) -> bool:
        """Whether a person has to confirm it."""
        return self.preview is not None

    def may(self, role: Role) -> bool:
        """Whether a role has it."""
        return role == "admin" or self.role == "requester"

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Of its arguments: JSON Schema, flat."""
        return _flat(self.arguments.model_json_schema())


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """Without titles, references and alternatives of null: what is left out is as good as null."""
    definitions = schema.get("$defs", {})

    def flatten(part: Any) -> Any:
        if isinstance(part, list):
            return [flatten(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            part = definitions[part["$ref"].rpartition("/")[2]] | {k: v for k, v in part.items() if k != "$ref"}
        real = [choice for choice in part.get("anyOf", ()) if choice != {"type": "null"}]
        if len(real) == 1:
            part = real[0] | {key: value for key, value in part.items() if key != "anyOf"}
        return {
            key: {name: flatten(item) for name, item in value.items()} if key == "properties" else flatten(value)
            for key, value in part.items()
            if key not in ("title", "$defs") and not (key == "default" and value is None)
        }

    flat: dict[str, Any] = flatten({key: value for key, value in schema.items() if key != "description"})
    return {"type": "object", "properties": {}, **flat}


@dataclass(frozen=True, kw_only=True)
class ToolResult:
    """What a call gave.

    Attributes:
        data: JSON; every text from outside in it is fenced.
        preview: of a write: what it would do. Nothing was written.
        confirmation_id: of a write: what a person confirms it by.
    """

    data: dict[str, Any]
    preview: dict[str, Any] | None = None
    confirmation_id: uuid.UUID | None = None


@dataclass
class ToolError(AutoArrError):
    """A call that gave nothing; its text is for the caller.

    Attributes:
        message: `Own` where nothing from outside is in it.
        details: more of AutoArr's own words.
    """

    message: str
    details: list[str] = field(default_factory=list)
    kind: ClassVar[str] = "failed"

    def __post_init__(self) -> None:
        super().__init__(self.message)

    @property
    def data(self) -> dict[str, Any]:
        """As a tool's result."""
        more = {"details": self.details} if self.details else {}
        said: dict[str, Any] = fence({"error": Own(self.kind), "message": self.message, **more})
        return said


class UnknownTool(ToolError):
    """There is no such tool, or not for this caller."""

    kind = "unknown_tool"


class InvalidArguments(ToolError):
    """The arguments are not what the tool takes."""

    kind = "invalid_arguments"


class NotNow(ToolError):
    """It is not allowed, not there, or not as things are."""

    kind = "refused"

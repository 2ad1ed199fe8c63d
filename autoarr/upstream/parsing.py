"""Answers read into models; what is missing or of another kind is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from autoarr.upstream.errors import Cause

if TYPE_CHECKING:
    from autoarr.upstream.connection import Connection

M = TypeVar("M", bound=BaseModel)


def parse(connection: Connection, model: type[M], raw: Any, at: str = "") -> M:
    """Read an object.

    Args:
        at: where in the answer it stands, for the error.

    Raises:
        UpstreamError: a field is missing or of another kind.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = _path(at, first["loc"])
        if first["type"] == "missing":
            detail = f"its answer has no field {path}"
        else:
            detail = f"its answer's {f'field {path}' if path else 'content'} is unusable: {first['msg']}"
        raise connection.failure(Cause.INVALID_ANSWER, detail) from None


def parse_list(connection: Connection, model: type[M], raw: Any, at: str = "") -> list[M]:
    """Read a list of objects.

    Raises:
        UpstreamError: it is no list, or one of them can't be read.
    """
    if not isinstance(raw, list):
        raise connection.failure(Cause.INVALID_ANSWER, f"its answer{f' at {at}' if at else ''} is not a list")
    return [parse(connection, model, item, f"{at}[{number}]") for number, item in enumerate(raw)]


def pick(connection: Connection, raw: Any, name: str, at: str = "") -> Any:
    """Give a field of an object.

    Raises:
        UpstreamError: there is none.
    """
    if not isinstance(raw, Mapping) or name not in raw:
        raise connection.failure(Cause.INVALID_ANSWER, f"its answer has no field {_path(at, (name,))}")
    return raw[name]


def _path(at: str, location: Iterable[int | str]) -> str:
    for part in location:
        at += f"[{part}]" if isinstance(part, int) else f".{part}" if at else part
    return at

"""Results that fit: a page of a list, and never more bytes than a conversation can take."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MAXIMUM_BYTES = 12_000
"""Of a result as JSON: about 4,000 tokens."""


def page(items: Sequence[Any], total: int, offset: int) -> dict[str, Any]:
    """A part of a list; `next_offset` is None at its end."""
    after = offset + len(items)
    return {"items": list(items), "total": total, "offset": offset, "next_offset": after if after < total else None}


def size(data: Any) -> int:
    """The bytes of a value as JSON."""
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def trim(data: dict[str, Any], most: int = MAXIMUM_BYTES) -> tuple[dict[str, Any], bool]:
    """Shorten the longest lists of a fenced result until it fits, and say so in it.

    Returns:
        The result, and whether something is left out. Of a page, `next_offset` goes on with what was.
    """
    if size(data) <= most:
        return data, False
    data = copy.deepcopy(data)
    omitted: dict[str, int] = {}
    while size(data) > most and (found := _longest(data, "", data)):
        path, items, holder = found
        dropped = max(1, len(items) // 4)
        del items[-dropped:]
        omitted[path] = omitted.get(path, 0) + dropped
        if "next_offset" in holder:
            holder["next_offset"] = holder["offset"] + len(items)
    said = {path: f"{count} left out: the answer would be too long" for path, count in omitted.items()}
    return {**data, "trimmed": said}, True


def _longest(value: Any, path: str, holder: dict[str, Any]) -> tuple[str, list[Any], dict[str, Any]] | None:
    """The list that takes most bytes, but for those inside it, with the keys that lead there and what it lies in."""
    if isinstance(value, list):
        return (path, value, holder) if value else None
    if not isinstance(value, dict):
        return None
    inside = (_longest(item, f"{path}.{key}".lstrip("."), value) for key, item in value.items())
    return max(filter(None, inside), key=lambda one: size(one[1]), default=None)

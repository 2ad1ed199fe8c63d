"""What tools hand to a model: text from outside is marked as such, and nothing else can be in a result.

It is the other way round than usual: every text is fenced unless AutoArr's own code says that it wrote it, so that no
tool can forget.
"""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

LONGEST = 300
"""Characters of a text from outside that are kept."""
FENCE = "untrusted"
"""The one key of the object that a text from outside is in."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")


class Own(str):
    """A text of AutoArr's own: a literal of its sources, or a word that a table or a type allows no others beside."""

    __slots__ = ()


def clean(text: str, longest: int = LONGEST) -> str:
    """Make a text one visible line: no control, no invisible and no direction-turning characters, and no more than
    `longest` of the others."""
    seen = "".join(" " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in text if _is_seen(one))
    line = " ".join(seen.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _is_seen(character: str) -> bool:
    # Variation selectors are marks (Mn) by category, and can spell out hidden text.
    hidden = 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF
    return not hidden and unicodedata.category(character) not in ("Cf", "Cs", "Co", "Cn")


def as_text(value: Any) -> str | None:
    """Make one text of a value whose shape is not ours, so that it can be fenced as a whole; None of None."""
    return (
        value
        if value is None or isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    )


def fence(value: Any) -> Any:
    """Give the JSON of a value in which every text that is not `Own` is ``{"untrusted": "..."}``.

    Raises:
        TypeError: it holds what JSON can't, or a key that is not one of ours.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Own):
        return str(value)
    if isinstance(value, str):
        return {FENCE: clean(value)}
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or not _KEY.fullmatch(key) or key == FENCE:
                raise TypeError(f"{key!r} is no key of a tool's result")
        return {str(key): fence(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fence(item) for item in value]
    raise TypeError(f"a {type(value).__name__} is nothing that a tool gives")

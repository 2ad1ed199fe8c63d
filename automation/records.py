"""Files that commands write and others read again: records of what was measured, reports, pictures."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from automation import console
from automation.errors import Stale, UsageError


def save(path: Path, text: str) -> None:
    """Write a file as a whole or not at all.

    Raises:
        UsageError: it can't be written there.
    """
    temporary = path.parent / f".{path.name}.{os.getpid()}"
    try:
        content = text.encode("utf-8")
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink()
    except (OSError, UnicodeEncodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error.reason
        raise UsageError(f"{path} can't be written: {why}", hint="name a file in a folder that exists") from None
    console.note(f"written: {path}")


def text(data: Mapping[str, Any]) -> str:
    """A record as it stands in its file."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def load(path: Path, version: int, again: str) -> dict[str, Any]:
    """A record of this repository.

    Args:
        again: what to do to have it made anew.

    Raises:
        Stale: there is none, or it is of another version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Stale(f"no record: {error}", where=str(path), hint=again) from None
    found = data.get("version") if isinstance(data, dict) else None
    if not isinstance(data, dict) or found != version:
        raise Stale(f"a record of version {found!r}, not {version}", where=str(path), hint=again)
    return data

"""Reads any lock file: which kind it is, and one clear error for what is none."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from automation.errors import UsageError
from automation.wheels import poetry as wheel_poetry
from automation.wheels import requirements_file as wheel_requirements
from automation.wheels import uv as wheel_uv
from automation.wheels.graph import Lock

_KINDS = "poetry.lock, uv.lock and requirements files with hashes"
# A lock beside a requirements file, or above its folder, may know the names of the files that it has the digests of.
_SIBLINGS = ("poetry.lock", "uv.lock")


def read(path: Path, *, extras: Sequence[str] = ()) -> Lock:
    """A lock file.

    Args:
        extras: the project's extras to include; none by default.

    Raises:
        UsageError: there is none, it can't be read, is of no kind or version known, is truncated, or has no such extra.
    """
    text = _text(path)
    if path.suffix in (".lock", ".toml") or "\n[[package]]" in text:
        lock = _from_toml(text, path, extras)
    else:
        lock = _named(wheel_requirements.read(text, path))
    unknown = [extra for extra in extras if extra not in lock.extras]
    if unknown:
        raise UsageError(
            f"the project has no extra {', '.join(unknown)}",
            where=str(path),
            hint=f"it has {', '.join(lock.extras) or 'none'}",
        )
    return lock


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError("no such lock file", where=str(path), hint=f"those that can be read: {_KINDS}") from None
    except IsADirectoryError:
        raise UsageError("a folder, not a lock file", where=str(path), hint="name the file in it") from None
    except OSError as error:
        raise UsageError(f"it can't be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise UsageError("not a text file, so not a lock file", where=str(path), hint=f"name one of {_KINDS}") from None
    if not text.strip():
        raise UsageError("the lock file is empty", where=str(path), hint="lock again")
    return text


def _from_toml(text: str, path: Path, extras: Sequence[str]) -> Lock:
    if text.lstrip().startswith("{"):
        raise UsageError("JSON, so none of the lock files known", where=str(path), hint=f"name one of {_KINDS}")
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib says "at end of document" where it ran out of text.
        message = str(error).replace("at end of document", f"at the end, line {len(text.splitlines())}")
        raise UsageError(
            f"not TOML: {message}", where=str(path), hint="it may be truncated, or hold a merge conflict: lock again"
        ) from None
    read_as: Callable[[Mapping[str, Any], Path, Sequence[str]], Lock]
    if wheel_poetry.recognised(data):
        read_as = wheel_poetry.read
    elif wheel_uv.recognised(data):
        read_as = wheel_uv.read
    else:
        raise UsageError(
            "neither a poetry.lock, whose [metadata] may be missing, nor a uv.lock",
            where=str(path),
            hint=f"name one of {_KINDS}; lock again if it is truncated",
        )
    try:
        return read_as(data, path, extras)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        missing = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"a malformed lock file: {missing}", where=str(path), hint="lock again") from None


def _named(lock: Lock) -> Lock:
    """A requirements file's lock with the file names that a sibling lock gives for its digests."""
    names: dict[str, str] = {}
    notes = []
    for folder in (lock.path.parent, lock.path.resolve().parent.parent):
        for path in (folder / name for name in _SIBLINGS):
            if names or not path.is_file():
                continue
            try:
                sibling = read(path)
            except UsageError as error:
                notes.append(f"{path.name} gives no file names: {error.what}")
                continue
            names = {file.digest: file.name for package in sibling.packages for file in package.files if file.digest}
            notes.append(f"file names by their digests from {path}")
    packages = tuple(
        replace(
            package,
            files=tuple(
                replace(file, name=names[file.digest]) if not file.name and file.digest in names else file
                for file in package.files
            ),
        )
        for package in lock.packages
    )
    return replace(lock, packages=packages).noting(*notes)

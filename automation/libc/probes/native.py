"""The libc's own functions, called past Python."""

from __future__ import annotations

import ctypes
from typing import Any

from automation.libc.probes.harness import Skip


def libc() -> ctypes.CDLL:
    """The libc of this process, whatever its file is called.

    Raises:
        Skip: this Python has no ctypes that works.
    """
    try:
        return ctypes.CDLL(None, use_errno=True)
    except OSError as error:
        raise Skip(f"the libc can't be opened with ctypes: {error}") from None


def function(name: str, result: Any, *arguments: Any) -> Any:
    """A function of the libc with its types.

    Raises:
        Skip: this libc has none of that name.
    """
    try:
        found = getattr(libc(), name)
    except AttributeError:
        raise Skip(f"this libc has no {name}") from None
    found.restype = result
    found.argtypes = arguments
    return found

"""Places that a pattern finds and that were looked into: why what is found there does no harm.

A place is a file, since lines move. One that is not listed counts, so a new version of a dependency that brings one
is noticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch

from automation.libc.reach import Place

_MACOS = "for macOS only"
_LIBRARY = "the scan sees the library for glibc; the one for musl is another file, compiled against musl"
_TEXT = "a text for bug reports, which nothing is decided by"

# By pattern and file. A `*` stands for what a library's file name says of its platform.
DISMISSED: Mapping[tuple[str, str], str] = {
    ("find_library", "truststore/_macos.py"): _MACOS,
    (
        "find_library",
        "cffi/api.py",
    ): "only for dlopen() of a library by name, which no package of the closure asks of cffi",
    ("libc-identity", "autoarr/runtime.py"): "asked only after glibc was found mapped; an error counts as unknown",
    ("libc-identity", "pydantic/version.py"): _TEXT,
    ("libc-identity", "pydantic/v1/version.py"): _TEXT,
    ("libc-identity", "uvloop/loop.*.so"): _LIBRARY,
    ("setlocale", "greenlet/_greenlet.*.so"): "in the C++ runtime that is linked in; greenlet formats no text",
    ("native-threads", "uvloop/loop.*.so"): "libuv asks for a stack of its own size for each thread",
    ("native-threads", "cryptography/hazmat/bindings/_rust.*.so"): (
        "Rust asks for 2 MiB for each thread; OpenSSL starts one only where a thread pool was asked for"
    ),
}


def dismissal(pattern: str, place: Place) -> str | None:
    """Why a place of a pattern does no harm; None where it counts."""
    found = (why for (name, file), why in DISMISSED.items() if name == pattern and fnmatch(place.file, file))
    return next(found, None)

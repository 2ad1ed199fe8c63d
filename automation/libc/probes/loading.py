"""Shared libraries: how they are found, opened and closed, and which extensions the libc offers."""

# The system's calls are the question, so they are made by their own names, not through pathlib.
# ruff: noqa: PTH118, PTH207

from __future__ import annotations

import _ctypes
import ctypes
import ctypes.util
import glob
import os
import sysconfig
from typing import Any

from automation.libc.probes import native
from automation.libc.probes.harness import Skip, outcome, probe
from automation.libc.probes.identity import mapped

# GNU extensions that extension modules have been seen to ask for.
GNU = (
    "__cxa_thread_atexit_impl",
    "__register_atfork",
    "__res_init",
    "backtrace",
    "fts_open",
    "getcontext",
    "gnu_get_libc_version",
    "mallinfo2",
    "malloc_trim",
    "mallopt",
    "obstack_free",
    "pthread_getname_np",
    "qsort_r",
    "regexec",
    "secure_getenv",
    "strfry",
    "strtoul_l",
)


@probe("loading.find_library")
def find_library() -> Any:
    return {name: ctypes.util.find_library(name) for name in ("c", "m", "pthread")}


@probe("loading.reserved_names")
def reserved_names() -> Any:
    """musl takes the names of glibc's libraries for itself, so opening them proves nothing."""

    def opens(name: str) -> bool:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    return {name: opens(name) for name in ("libc.so.6", "libpthread.so.0", "libm.so.6", "libdl.so.2")}


@probe("loading.missing_library")
def missing_library() -> Any:
    try:
        ctypes.CDLL("libautoarr-nowhere.so")
    except OSError as error:
        return str(error)
    return "opened"


@probe("loading.dlclose")
def dlclose() -> Any:
    """Whether a library is still mapped after the last handle to it was closed."""
    before = set(mapped())
    folder = sysconfig.get_config_var("DESTSHARED") or ""
    for path in sorted(map(os.path.realpath, glob.glob(os.path.join(glob.escape(folder), "*.so")))):
        if path not in before:
            _ctypes.dlclose(_ctypes.dlopen(path, os.RTLD_LAZY))
            return "stays" if path in mapped() else "goes"
    raise Skip("this Python has no extension module that is not loaded yet")


@probe("loading.gnu_symbols")
def gnu_symbols() -> Any:
    """The extensions of :data:`GNU` that are missing."""
    library = native.libc()
    return [name for name in GNU if not hasattr(library, name)]


@probe("loading.missing_symbol")
def missing_symbol() -> Any:
    return outcome(lambda: native.libc().autoarr_nowhere)

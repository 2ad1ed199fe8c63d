"""Which libc it is, and its shared libraries."""

from __future__ import annotations

import re

from automation.libc.expectations import differs, exactly, harmful, harmless, same, such_that

_WIKI = "musl wiki, Functional differences from glibc"
_ASKING = "code that chooses by libc takes musl for glibc, or for nothing it knows"

ENTRIES = (
    differs(
        "identity.libc",
        "which libc is mapped into the process",
        glibc=such_that("glibc with a version", lambda seen: bool(re.fullmatch(r"glibc 2\.\d+", seen))),
        musl=such_that("musl with a version", lambda seen: bool(re.fullmatch(r"musl 1\.2\.\d+", seen))),
        known=harmless("it is what is compared", _WIKI, "the question itself"),
    ),
    differs(
        "identity.libc_ver",
        "what platform.libc_ver() says",
        glibc=such_that("glibc with a version", lambda seen: seen[0] == "glibc" and seen[1].startswith("2.")),
        musl=such_that("anything but glibc", lambda seen: len(seen) == 2 and seen[0] in ("", "libc", "musl")),
        known=harmful(
            "platform.libc_ver() searches the interpreter's file for glibc's marks",
            "CPython: platform.libc_ver",
            _ASKING,
        ),
        reached_by=("libc-identity",),
    ),
    differs(
        "identity.confstr",
        "what os.confstr() says of GNU's libc",
        glibc=such_that("glibc with a version", lambda seen: seen.startswith("glibc 2.")),
        musl="OSError EINVAL",
        known=harmful("musl's confstr knows CS_PATH only", "musl: src/conf/confstr.c", _ASKING),
        reached_by=("libc-identity",),
    ),
    differs(
        "identity.soabi",
        "the tag that extension modules of this Python carry",
        glibc=such_that("ends in gnu", lambda seen: seen.endswith("-linux-gnu")),
        musl=such_that("ends in musl", lambda seen: seen.endswith("-linux-musl")),
        known=harmless(
            "the interpreter was configured for its libc", "CPython: SOABI", "installers choose wheels by it"
        ),
        reached_by=("build-tag",),
    ),
    differs(
        "identity.loader",
        "the loader that the interpreter's file names",
        glibc=such_that("ld-linux", lambda seen: seen.startswith(("ld-linux-", "ld64.so"))),
        musl=such_that("ld-musl", lambda seen: seen.startswith("ld-musl-")),
        known=harmless("each libc has its own", _WIKI, "it is what keeps the wrong wheels out"),
    ),
    differs(
        "identity.platform_tag",
        "the tag by which installers choose wheels",
        glibc=such_that("manylinux_2_N", lambda seen: bool(re.fullmatch(r"manylinux_2_\d+", seen))),
        musl=such_that("musllinux_1_N", lambda seen: bool(re.fullmatch(r"musllinux_1_\d+", seen))),
        known=harmless("PEP 600 and PEP 656", "PEP 656", "the build installs the wheels of this tag"),
    ),
    differs(
        "loading.find_library",
        "whether ctypes.util.find_library finds the libc's own libraries",
        glibc=such_that("libc.so.6 and its like", lambda seen: seen["c"] == "libc.so.6" and seen["m"] == "libm.so.6"),
        musl=such_that(
            "nothing, or musl itself",
            lambda seen: (
                set(seen) == {"c", "m", "pthread"} and all(found is None or "musl" in found for found in seen.values())
            ),
        ),
        known=harmful(
            "it asks ldconfig, a compiler and a linker, which an image with musl has not",
            "CPython: ctypes.util",
            "the library is taken for missing",
        ),
        reached_by=("find_library",),
    ),
    same(
        "loading.reserved_names",
        "whether glibc's library names can be opened",
        {"libc.so.6": True, "libpthread.so.0": True, "libm.so.6": True, "libdl.so.2": True},
    ),
    differs(
        "loading.missing_library",
        "the text of the error for a missing library",
        glibc="libautoarr-nowhere.so: cannot open shared object file: No such file or directory",
        musl="Error loading shared library libautoarr-nowhere.so: No such file or directory",
        known=harmless(
            "each has its own words", "musl: ldso/dynlink.c", "a text for people; the exception is the same"
        ),
        reached_by=("dlopen",),
    ),
    same("loading.missing_symbol", "the exception for a function that a library has not", "AttributeError"),
    differs(
        "loading.dlclose",
        "whether a closed library is unloaded",
        glibc="goes",
        musl="stays",
        known=harmless(
            "musl's dlclose does nothing",
            f"{_WIKI}: Unloading libraries",
            "costs memory only where libraries are opened again and again under new names",
        ),
        reached_by=("dlclose",),
    ),
    differs(
        "loading.gnu_symbols",
        "which extensions of GNU are missing",
        glibc=exactly([]),
        musl=such_that(
            "musl's lacks",
            lambda seen: {"__cxa_thread_atexit_impl", "gnu_get_libc_version", "malloc_trim"} <= set(seen),
        ),
        known=harmless(
            "musl has few extensions of GNU",
            _WIKI,
            "a library that needs one does not load: the proof of loadability finds it",
        ),
    ),
)

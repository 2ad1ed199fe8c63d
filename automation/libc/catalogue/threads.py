"""Recursion, threads, and their stacks."""

from __future__ import annotations

from automation.libc.expectations import Expected, differs, environment, harmful, same, such_that
from automation.libc.patterns import RECURSIVE_KEY

_SURVIVES: Expected = such_that(
    "RecursionError, or an end: no crash", lambda seen: seen in ("RecursionError", "done", "MemoryError")
)
_SURVIVES_OR_NOT = such_that(
    "RecursionError, or death by signal 11", lambda seen: seen in ("RecursionError", "signal 11")
)
_MIB = 1024

ENTRIES = (
    same("recursion.python", "endless recursion of a Python function in a thread", "RecursionError"),
    differs(
        "recursion.sort_key",
        "endless recursion through the key of a sort in a thread",
        glibc="RecursionError",
        musl=_SURVIVES_OR_NOT,
        known=harmful(
            "Python's limit of 1000 calls needs about 4 MiB of stack here, and a thread on musl has 1 MiB",
            "musl wiki, Functional differences from glibc: Thread stack size",
            "the process dies where glibc's 8 MiB give a RecursionError",
        ),
        reached_by=(RECURSIVE_KEY,),
    ),
    same("recursion.method", "endless recursion of a method that Python calls, in a thread", "RecursionError"),
    same("recursion.iterator", "endless recursion through map in a thread", "RecursionError"),
    same("recursion.json_dumps", "writing a JSON of 50,000 levels in a thread", _SURVIVES),
    same("recursion.json_loads", "reading a JSON of 50,000 levels in a thread", _SURVIVES),
    same("recursion.pickle", "pickling 50,000 levels in a thread", _SURVIVES),
    same("recursion.repr", "the text of a list of 50,000 levels in a thread", _SURVIVES),
    same("recursion.regex", "compiling a regular expression of 50,000 groups in a thread", _SURVIVES),
    same("recursion.regex_match", "a match that repeats 50,000 times in a thread", "done"),
    same("recursion.compile", "compiling 80 levels of parentheses in a thread", _SURVIVES),
    same("recursion.raised_limit", "five times the default recursion limit in a thread", "RecursionError"),
    differs(
        "threads.native_stack",
        "KiB of stack for a thread that a library starts",
        glibc=such_that("1024 or more", lambda seen: seen >= _MIB),
        musl=such_that("128 or more", lambda seen: seen >= 128),
        known=harmful(
            "musl's default is 128 KiB unless the program's file asks for more",
            "musl wiki, Functional differences from glibc: Thread stack size",
            "a library whose threads need more crashes",
        ),
        reached_by=("native-threads",),
    ),
    environment(
        "threads.python_stack",
        "KiB of stack for a thread that Python starts",
        such_that("960 or more", lambda seen: seen >= _MIB - 64),
        why="Python was built to ask for 1 MiB or more, which every recursion probe above was run with",
        reached_by=("threads",),
    ),
    same(
        "threads.main_stack",
        "KiB that the main thread's stack may grow to",
        such_that("8192 or more", lambda seen: seen == "unlimited" or seen >= 8 * _MIB),
    ),
    same("threads.asked_stack", "whether a thread gets the stack asked for", True),
    same(
        "threads.smallest_stack",
        "which stack sizes are refused, in KiB",
        {"16": "ValueError", "32": True, "64": True},
    ),
    same("threads.many", "how many of 200 threads run at once", 200),
    same("threads.signal_handler", "which thread runs a signal's handler", "main"),
    same("threads.signal_mask", "whether a thread inherits blocked signals", True),
    same("threads.native_id", "whether the main thread's id is the process's", True),
    same("threads.lock_timeout", "whether a lock's time limit is kept", [False, True]),
)

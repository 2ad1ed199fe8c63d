"""Processes and signals."""

from __future__ import annotations

from automation.libc.expectations import differs, environment, harmless, same, such_that

ENTRIES = (
    same("processes.posix_spawn", "a program with a redirected stream and a session of its own", [7, "True"]),
    same("processes.posix_spawn_missing", "the error for a program that is not there", "OSError ENOENT"),
    same("processes.script_without_interpreter", "a script without #!", "OSError ENOEXEC"),
    same("processes.missing_program", "the error of subprocess for a program that is not there", "OSError ENOENT"),
    environment(
        "processes.shell",
        "whether there is a shell",
        such_that("one that works, or none", lambda seen: seen in ([3, "word\n"], "none")),
        why="the base decides; the application starts no shell",
    ),
    same("processes.killed", "how a death by a signal is reported", -15),
    same("processes.fault_handler", "what a crash leaves", ["signal 11", True]),
    same("processes.semaphore", "a semaphore between processes", [True, False]),
    same("processes.pipe_buffer", "how much a pipe holds", such_that("a page or more", lambda seen: seen >= 4096)),
    differs(
        "signals.real_time",
        "the real-time signals for programs",
        glibc=[34, 64],
        musl=[35, 64],
        known=harmless(
            "musl keeps one more for itself",
            "musl: src/signal/sigrtmin.c",
            "a program asks for SIGRTMIN, not for a number",
        ),
        reached_by=("real-time-signals",),
    ),
    same("signals.interrupted_call", "whether an interrupted sleep keeps its length", [1, True]),
    same("signals.wait", "waiting for a signal", [True, None]),
    same("signals.wakeup_descriptor", "the byte that event loops are woken by", True),
    same("signals.ignored_in_child", "SIGPIPE in a started program", -13),
)

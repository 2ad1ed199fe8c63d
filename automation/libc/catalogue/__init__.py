"""What is known of each probe: its question, the right answers, and what a difference means."""

from __future__ import annotations

from automation.libc.catalogue import (
    base,
    files,
    loading,
    locales,
    mathematics,
    names,
    processes,
    sockets,
    threads,
    times,
)
from automation.libc.expectations import Entry

ENTRIES: tuple[Entry, ...] = (
    *loading.ENTRIES,
    *threads.ENTRIES,
    *names.ENTRIES,
    *locales.ENTRIES,
    *times.ENTRIES,
    *mathematics.ENTRIES,
    *files.ENTRIES,
    *sockets.ENTRIES,
    *base.ENTRIES,
    *processes.ENTRIES,
)
BY_PROBE = {entry.probe: entry for entry in ENTRIES}

"""Who made a thing that can outlive its maker: a label that tells whether that process still runs."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def started_at(pid: int) -> str | None:
    """When a process started, in clock ticks since boot (field 22 of /proc/PID/stat); None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]


def name() -> str:
    """This process, told apart from a later one with the same number: `PID-START`. Fits file names and image tags."""
    return f"{os.getpid()}-{started_at(os.getpid())}"


def label() -> str:
    """The same with the host, for things in an engine that several hosts may share: `HOST:PID-START`."""
    return f"{socket.gethostname()}:{name()}"


def is_gone(made_by: str) -> bool:
    """Whether what starts with :func:`name` was made by a process of this host that no longer runs."""
    pid, _, rest = made_by.partition("-")
    return pid.isdigit() and started_at(int(pid)) != rest.partition("-")[0]


def is_gone_here(made_by: str) -> bool:
    """The same for a :func:`label`; another host's processes can't be judged from here."""
    host, _, rest = made_by.partition(":")
    return host == socket.gethostname() and is_gone(rest)

"""Ports of this machine's addresses."""

from __future__ import annotations

import socket


def free(host: str = "127.0.0.1") -> int:
    """A port of one of this machine's addresses that nobody has at the moment. Somebody else may be quicker to take it.

    Raises:
        OSError: this machine has no such address.
    """
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])

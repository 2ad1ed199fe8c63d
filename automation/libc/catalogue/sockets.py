"""Sockets."""

from __future__ import annotations

from automation.libc.expectations import same, such_that

ENTRIES = (
    same("sockets.reuse_port", "two listeners on one port", ["OSError EADDRINUSE", None]),
    same("sockets.ipv6", "connections over both families to one listener", ["::1", "::ffff:127.0.0.1"]),
    same("sockets.refused", "a connection that nobody accepts", "OSError ECONNREFUSED"),
    same("sockets.unix_descriptors", "descriptors sent over a socket", ["x", 0, 2, "through"]),
    same("sockets.unix_credentials", "who is at the other end", [True, True, True]),
    same("sockets.abstract", "a name in Linux's own space", "b'\\x00autoarr\\x00probe'"),
    same(
        "sockets.many_descriptors",
        "descriptors above 1024: refused by select, taken by poll and epoll",
        ["ValueError", 1, 1],
    ),
    same("sockets.edge_triggered", "epoll says once what is new", [1, 0]),
    same("sockets.timeout", "nothing comes in time", such_that("a time-out", lambda seen: seen == "TimeoutError")),
    same("sockets.closed_peer", "writing to nobody: an error, no signal", "OSError EPIPE"),
    same("sockets.interfaces", "whether loopback is there", True),
    same("sockets.backlog_options", "the options that servers set", [7, True]),
)

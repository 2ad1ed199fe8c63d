"""Sockets, and waiting for them."""

from __future__ import annotations

import array
import os
import resource
import select
import socket
from typing import Any

from automation.libc.probes.harness import Skip, outcome, probe


def listener(family: int, address: str) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind((address, 0))
    made.listen()
    return made


@probe("sockets.reuse_port")
def reuse_port() -> Any:
    """Two listeners on one port: without the option, and with it."""

    def both(option: bool) -> Any:
        with socket.socket() as one, socket.socket() as other:
            for each in (one, other):
                if option:
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(("127.0.0.1", 0))
            one.listen()
            return outcome(lambda: other.bind(one.getsockname()))

    return [both(False), both(True)]


@probe("sockets.ipv6")
def ipv6() -> Any:
    """A connection over IPv6, and one over IPv4 to a listener for both."""
    if not socket.has_ipv6:
        return "missing"
    try:
        server = listener(socket.AF_INET6, "::")
    except OSError as error:
        raise Skip(f"no IPv6 here: {error}") from None
    with server:
        seen = []
        for address in ("::1", "127.0.0.1"):
            try:
                with socket.create_connection((address, server.getsockname()[1]), timeout=5):
                    accepted, peer = server.accept()
                    accepted.close()
                    seen.append(peer[0])
            except OSError as error:
                raise Skip(f"no IPv6 here: {error}") from None
        return seen


@probe("sockets.refused")
def refused() -> Any:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return outcome(lambda: socket.create_connection(closed.getsockname(), timeout=5).close())


@probe("sockets.unix_descriptors")
def unix_descriptors() -> Any:
    """Descriptors sent over a socket: the layout of control messages is the libc's."""
    one, other = socket.socketpair()
    reading, writing = os.pipe()
    with one, other:
        payload = array.array("i", [reading, writing])
        one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, payload)])
        data, control, flags, _ = other.recvmsg(10, socket.CMSG_SPACE(2 * payload.itemsize))
        received = array.array("i")
        received.frombytes(control[0][2])
        os.write(received[1], b"through")
        return [data.decode(), flags & socket.MSG_CTRUNC, len(received), os.read(reading, 20).decode()]


@probe("sockets.unix_credentials")
def unix_credentials() -> Any:
    one, other = socket.socketpair()
    with one, other:
        raw = one.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid, uid, gid = array.array("i", raw)
        return [pid == os.getpid(), uid == os.getuid(), gid == os.getgid()]


@probe("sockets.abstract")
def abstract() -> Any:
    """A name in Linux's own space, with a zero byte in the middle."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(b"\0autoarr\0probe")
        return ascii(server.getsockname())


@probe("sockets.many_descriptors")
def many_descriptors() -> Any:
    """Descriptors beyond what `select` can hold: refused there, taken by poll and epoll."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit < 1200:
        raise Skip(f"only {limit} descriptors are allowed")
    one, other = socket.socketpair()
    os.dup2(one.fileno(), 1100)
    other.send(b"x")
    poll = select.poll()
    poll.register(1100, select.POLLIN)
    with select.epoll() as epoll:
        epoll.register(1100, select.EPOLLIN)
        return [
            outcome(lambda: len(select.select([1100], [], [], 0)[0])),
            len(poll.poll(1000)),
            len(epoll.poll(1)),
        ]


@probe("sockets.edge_triggered")
def edge_triggered() -> Any:
    one, other = socket.socketpair()
    with one, other, select.epoll() as epoll:
        epoll.register(one, select.EPOLLIN | select.EPOLLET)
        other.send(b"x")
        return [len(epoll.poll(1)), len(epoll.poll(0))]


@probe("sockets.timeout")
def timeout() -> Any:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(0.05)
        return outcome(lambda: one.recv(1))


@probe("sockets.closed_peer")
def closed_peer() -> Any:
    """Writing to nobody is an error, not a signal: Python ignores SIGPIPE."""
    one, other = socket.socketpair()
    other.close()
    with one:
        return outcome(lambda: one.send(b"x"))


@probe("sockets.interfaces")
def interfaces() -> Any:
    """Whether loopback is there, by name and by number."""
    names = {name: number for number, name in socket.if_nameindex()}
    return "lo" in names and socket.if_indextoname(names["lo"]) == "lo"


@probe("sockets.backlog_options")
def backlog_options() -> Any:
    """The options that servers set."""
    with socket.socket() as server:
        for option in (socket.SO_REUSEADDR, socket.SO_KEEPALIVE):
            server.setsockopt(socket.SOL_SOCKET, option, 1)
        for option in (socket.TCP_NODELAY, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
            server.setsockopt(socket.IPPROTO_TCP, option, 7)
        return [server.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), bool(socket.TCP_USER_TIMEOUT)]

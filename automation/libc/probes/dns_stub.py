"""A DNS server on loopback that answers as it is told to, over UDP and TCP."""

# The system's calls are the question, so they are made by their own names, not through pathlib.
# ruff: noqa: PTH123

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import time
from typing import TYPE_CHECKING, NamedTuple

from automation.libc.probes.harness import Skip

if TYPE_CHECKING:
    from types import TracebackType

# Record types and response codes, RFC 1035 and 3596.
A, CNAME, PTR, AAAA = 1, 5, 12, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
PORT = 53
# The addresses that the container's resolv.conf names, in this order, and its search domain.
SERVERS = ("127.0.0.1", "127.0.0.2")
SEARCH = "search.test"
SETTINGS = "/etc/resolv.conf"


class Reply(NamedTuple):
    """An answer: a code, `(type, data)` records for the name asked, and how it is sent."""

    code: int = NOERROR
    records: tuple[tuple[int, str], ...] = ()
    truncated: bool = False
    delay: float = 0.0


def required() -> None:
    """Raises Skip unless the resolver asks the stub's addresses, and nothing else."""
    try:
        with open(SETTINGS, encoding="utf-8") as file:
            lines = [line.split() for line in file]
    except OSError as error:
        raise Skip(f"{SETTINGS} can't be read: {error}") from None
    servers = tuple(words[1] for words in lines if words[:1] == ["nameserver"])
    if servers != SERVERS or ["search", SEARCH] not in lines:
        raise Skip(f"{SETTINGS} does not name the stub's servers {', '.join(SERVERS)} and the domain {SEARCH}")


class Stub:
    """Answers by name and type; anything else is NXDOMAIN. A context manager.

    It runs in a process of its own: some of Python's lookups keep every other thread from running until they end.

    Raises:
        Skip: the address and port can't be had.
    """

    def __init__(self, replies: dict[tuple[str, int], Reply], address: str = SERVERS[0]) -> None:
        self._replies = replies
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._udp.bind((address, PORT))
            self._tcp.bind((address, PORT))
        except OSError as error:
            self._close()
            raise Skip(f"{address} port {PORT} can't be had: {error}") from None
        self._tcp.listen()
        self._child = 0

    def __enter__(self) -> Stub:
        self._child = os.fork()
        if self._child == 0:
            try:
                self._serve()
            finally:
                os._exit(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        self._close()

    def _close(self) -> None:
        self._udp.close()
        self._tcp.close()

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._udp, self._tcp], [], [])
            if self._udp in ready:
                question, asker = self._udp.recvfrom(4096)
                self._udp.sendto(self._answer(question, tcp=False), asker)
            if self._tcp in ready:
                connection, _ = self._tcp.accept()
                with connection:
                    connection.settimeout(2)
                    self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        """Questions over one TCP connection, each with its length before it."""
        stream = connection.makefile("rb")
        while True:
            try:
                head = stream.read(2)
                question = stream.read(*struct.unpack("!H", head)) if len(head) == 2 else b""
            except OSError:
                return
            if not question:
                return
            answer = self._answer(question, tcp=True)
            connection.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, question: bytes, *, tcp: bool) -> bytes:
        name, kind, end = _asked(question)
        reply = self._replies.get((name, kind), Reply(NXDOMAIN))
        time.sleep(reply.delay)
        truncated = reply.truncated and not tcp
        records = () if truncated else reply.records
        flags = 0x8180 | reply.code | (0x0200 if truncated else 0)
        head = question[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
        return head + question[12:end] + b"".join(_record(*record) for record in records)


def _asked(question: bytes) -> tuple[str, int, int]:
    """The name and type of a message's one question, and where it ends."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode().lower())
        at += 1 + question[at]
    kind: int = struct.unpack("!H", question[at + 1 : at + 3])[0]
    return ".".join(labels), kind, at + 5


def _record(kind: int, data: str) -> bytes:
    """A record for the name of the question (a pointer to it)."""
    if kind == A:
        raw = socket.inet_aton(data)
    elif kind == AAAA:
        raw = socket.inet_pton(socket.AF_INET6, data)
    else:
        raw = b"".join(bytes([len(label)]) + label.encode() for label in data.split(".")) + b"\0"
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(raw)) + raw

"""Hosts, services and protocols, as far as no DNS server is needed for them."""

from __future__ import annotations

import socket
from typing import Any

from automation.libc.probes.dns import code
from automation.libc.probes.harness import outcome, outcomes, probe


def addresses(host: str | None, flags: int = 0, family: int = socket.AF_UNSPEC) -> Any:
    try:
        found = socket.getaddrinfo(host, 80, family, socket.SOCK_STREAM, 0, flags)
    except socket.gaierror as error:
        return code(error)
    return [str(entry[4][0]) for entry in found]


@probe("names.localhost")
def localhost() -> Any:
    """Whether it is loopback in every family."""
    found = addresses("localhost")
    return isinstance(found, list) and set(found) <= {"127.0.0.1", "::1"} and "127.0.0.1" in found


@probe("names.passive")
def passive() -> Any:
    """The addresses to listen on at all interfaces, in order."""
    return addresses(None, socket.AI_PASSIVE)


@probe("names.numeric_host")
def numeric_host() -> Any:
    return [addresses("host.example", socket.AI_NUMERICHOST), addresses("::1", socket.AI_NUMERICHOST)]


@probe("names.address_forms")
def address_forms() -> Any:
    """The old spellings of IPv4 addresses."""
    return {text: addresses(text) for text in ("127.1", "0x7f000001", "2130706433", "0177.0.0.1")}


@probe("names.inet_aton_garbage")
def inet_aton_garbage() -> Any:
    """Whether text after a blank is ignored."""
    return outcome(lambda: socket.inet_aton("127.0.0.1 and more").hex())


@probe("names.inet_pton")
def inet_pton() -> Any:
    texts = ("1.2.3", "01.2.3.4", "1.2.3.4 ", "256.1.1.1")
    return outcomes(texts, lambda text: socket.inet_pton(socket.AF_INET, text).hex())


@probe("names.inet_ntop")
def inet_ntop() -> Any:
    """The shortest spelling of IPv6 addresses, RFC 5952."""
    texts = (
        "::ffff:192.0.2.1",
        "2001:db8:0:0:1:0:0:1",
        "0:0:0:0:0:0:0:1",
        "2001:db8:0:1:1:1:1:1",
        "64:ff9b::192.0.2.1",
    )
    return [socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, text)) for text in texts]


@probe("names.scope")
def scope() -> Any:
    """A link-local address with its interface."""
    found = socket.getaddrinfo("fe80::1%lo", 80, socket.AF_INET6, socket.SOCK_STREAM)[0][4]
    return [found[0], len(found) == 4 and found[3] == socket.if_nametoindex("lo")]


@probe("names.every_socket_type")
def every_socket_type() -> Any:
    """The kinds of socket in the answer when none is asked for."""
    return sorted({socket.SocketKind(entry[1]).name for entry in socket.getaddrinfo("127.0.0.1", 80)})


@probe("names.service")
def service() -> Any:
    return outcome(lambda: socket.getservbyname("https", "tcp"))


@probe("names.unknown_service")
def unknown_service() -> Any:
    try:
        return socket.getaddrinfo("127.0.0.1", "autoarr-nowhere", type=socket.SOCK_STREAM)[0][4][1]
    except socket.gaierror as error:
        return code(error)


@probe("names.protocol")
def protocol() -> Any:
    return outcome(lambda: socket.getprotobyname("tcp"))


@probe("names.error_codes")
def error_codes() -> Any:
    """The numbers behind getaddrinfo's errors."""
    return {name: int(getattr(socket, name)) for name in sorted(dir(socket)) if name.startswith("EAI_")}


@probe("names.error_text")
def error_text() -> Any:
    try:
        socket.getaddrinfo("host.example", 80, flags=socket.AI_NUMERICHOST)
    except socket.gaierror as error:
        return error.strerror
    return "no error"


@probe("names.bad_family")
def bad_family() -> Any:
    return [addresses("::1", family=socket.AF_INET), addresses("127.0.0.1", family=socket.AF_INET6)]


@probe("names.getfqdn")
def getfqdn() -> Any:
    return socket.getfqdn("127.0.0.1") in ("localhost", "localhost.localdomain", "127.0.0.1")

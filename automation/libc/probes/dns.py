"""Names asked of a DNS server that answers as real ones do, well and badly."""

from __future__ import annotations

import socket
from typing import Any

from automation.libc.probes import dns_stub
from automation.libc.probes.dns_stub import (
    AAAA,
    NOERROR,
    NXDOMAIN,
    PTR,
    REFUSED,
    SEARCH,
    SERVERS,
    SERVFAIL,
    A,
    Reply,
    Stub,
)
from automation.libc.probes.harness import Skip, probe

GOOD = Reply(records=((A, "192.0.2.1"),))
GOOD6 = Reply(records=((AAAA, "2001:db8::1"),))
EMPTY = Reply(NOERROR)
# A resolver that gives a server up waits seconds first.
SLOW = 40.0


def code(error: socket.gaierror) -> str:
    """The name of getaddrinfo's error, which no two libcs word alike."""
    names = {getattr(socket, name): name for name in sorted(dir(socket)) if name.startswith("EAI_")}
    return names.get(error.errno, f"gaierror {error.errno}")


def looked_up(name: str, family: int = socket.AF_UNSPEC, flags: int = 0) -> Any:
    """The addresses of a name, sorted, or the error."""
    try:
        found = socket.getaddrinfo(name, 80, family, socket.SOCK_STREAM, 0, flags)
    except socket.gaierror as error:
        return code(error)
    return sorted({str(entry[4][0]) for entry in found})


def with_answers(a: Reply, aaaa: Reply, name: str = "host.example") -> Any:
    """What a lookup comes to when both servers answer the two questions so."""
    dns_stub.required()
    replies = {(name, A): a, (name, AAAA): aaaa}
    with Stub(replies, SERVERS[0]), Stub(replies, SERVERS[1]):
        return looked_up(name)


@probe("dns.both_families", SLOW)
def both_families() -> Any:
    return with_answers(GOOD, GOOD6)


@probe("dns.aaaa_empty", SLOW)
def aaaa_empty() -> Any:
    return with_answers(GOOD, EMPTY)


@probe("dns.aaaa_nxdomain", SLOW)
def aaaa_nxdomain() -> Any:
    return with_answers(GOOD, Reply(NXDOMAIN))


@probe("dns.aaaa_refused", SLOW)
def aaaa_refused() -> Any:
    return with_answers(GOOD, Reply(REFUSED))


@probe("dns.aaaa_servfail", SLOW)
def aaaa_servfail() -> Any:
    return with_answers(GOOD, Reply(SERVFAIL))


@probe("dns.a_family_only", SLOW)
def a_family_only() -> Any:
    """Asked for IPv4 alone, a bad AAAA answer can't matter."""
    dns_stub.required()
    replies = {("host.example", A): GOOD, ("host.example", AAAA): Reply(NXDOMAIN)}
    with Stub(replies, SERVERS[0]), Stub(replies, SERVERS[1]):
        return looked_up("host.example", socket.AF_INET)


@probe("dns.no_such_name", SLOW)
def no_such_name() -> Any:
    return with_answers(Reply(NXDOMAIN), Reply(NXDOMAIN))


@probe("dns.no_address", SLOW)
def no_address() -> Any:
    return with_answers(EMPTY, EMPTY)


@probe("dns.servfail", SLOW)
def servfail() -> Any:
    return with_answers(Reply(SERVFAIL), Reply(SERVFAIL))


@probe("dns.refused", SLOW)
def refused() -> Any:
    return with_answers(Reply(REFUSED), Reply(REFUSED))


@probe("dns.no_server", SLOW)
def no_server() -> Any:
    dns_stub.required()
    return looked_up("host.example")


@probe("dns.truncated", SLOW)
def truncated() -> Any:
    """An answer too long for UDP: whether it is asked for again over TCP."""
    many = Reply(records=tuple((A, f"192.0.2.{number}") for number in range(1, 101)), truncated=True)
    found = with_answers(many, EMPTY)
    return len(found) if isinstance(found, list) else found


@probe("dns.underscore", SLOW)
def underscore() -> Any:
    """A name as Compose gives it to a service called `my_db`."""
    return with_answers(GOOD, EMPTY, "my_db")


@probe("dns.upper_case", SLOW)
def upper_case() -> Any:
    dns_stub.required()
    with Stub({("host.example", A): GOOD, ("host.example", AAAA): EMPTY}):
        return looked_up("HOST.Example")


@probe("dns.search_single_label", SLOW)
def search_single_label() -> Any:
    dns_stub.required()
    full = f"host.{SEARCH}"
    with Stub({(full, A): GOOD, (full, AAAA): EMPTY}):
        return looked_up("host")


@probe("dns.search_dotted", SLOW)
def search_dotted() -> Any:
    """A name with as many dots as `ndots` that exists in the search domain only, such as `service.namespace`."""
    dns_stub.required()
    full = f"service.namespace.{SEARCH}"
    with Stub({(full, A): GOOD, (full, AAAA): EMPTY}):
        return looked_up("service.namespace")


@probe("dns.second_server", SLOW)
def second_server() -> Any:
    """Nothing listens at the first server's address."""
    dns_stub.required()
    with Stub({("host.example", A): GOOD, ("host.example", AAAA): EMPTY}, SERVERS[1]):
        return looked_up("host.example")


@probe("dns.first_server_knows_better", SLOW)
def first_server_knows_better() -> Any:
    """The first server has an address but is slow; the second says at once that there is no such name."""
    dns_stub.required()
    slow = {("host.example", A): GOOD._replace(delay=0.3), ("host.example", AAAA): EMPTY._replace(delay=0.3)}
    with Stub(slow, SERVERS[0]), Stub({}, SERVERS[1]):
        return looked_up("host.example")


@probe("dns.addrconfig", SLOW)
def addrconfig() -> Any:
    """AI_ADDRCONFIG where loopback is the only network."""
    dns_stub.required()
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise Skip("there is a network besides loopback, whose addresses decide")
    with Stub({("host.example", A): GOOD, ("host.example", AAAA): GOOD6}):
        return looked_up("host.example", flags=socket.AI_ADDRCONFIG)


@probe("dns.reverse", SLOW)
def reverse() -> Any:
    dns_stub.required()
    with Stub({("1.2.0.192.in-addr.arpa", PTR): Reply(records=((PTR, "host.example"),))}):
        return [socket.getfqdn("192.0.2.1"), socket.getnameinfo(("192.0.2.1", 80), socket.NI_NUMERICSERV)[0]]


@probe("dns.gethostbyname", SLOW)
def gethostbyname() -> Any:
    dns_stub.required()
    with Stub({("host.example", A): GOOD}):
        return socket.gethostbyname("host.example")


@probe("dns.idna", SLOW)
def idna() -> Any:
    """A name outside ASCII, which Python encodes before the libc sees it."""
    dns_stub.required()
    with Stub({("xn--mnchen-3ya.example", A): GOOD, ("xn--mnchen-3ya.example", AAAA): EMPTY}):
        return looked_up("m\N{LATIN SMALL LETTER U WITH DIAERESIS}nchen.example")

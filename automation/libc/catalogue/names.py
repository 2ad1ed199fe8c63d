"""Host names, addresses, services."""

from __future__ import annotations

from automation.libc.expectations import conditional, differs, environment, harmless, same, such_that

_LOOKUP = "musl: src/network/lookup_name.c"
_SEND = "musl: src/network/res_msend.c"
_WIKI = "musl wiki, Functional differences from glibc: Name Resolver/DNS"
_FOUND = ["192.0.2.1"]
_RESOLVER = ("resolver",)
_BROKEN = "only where a DNS server breaks the protocol so; it is the server that has to be set right"

ENTRIES = (
    same("dns.both_families", "a name with addresses of both families", ["192.0.2.1", "2001:db8::1"]),
    same("dns.aaaa_empty", "a name with IPv4 only, from a correct server", _FOUND),
    differs(
        "dns.aaaa_nxdomain",
        "a name with IPv4 only, from a server that denies its existence when asked for IPv6",
        glibc=_FOUND,
        musl="EAI_NONAME",
        known=conditional("musl takes NXDOMAIN for the whole name, as RFC 8020 says", _LOOKUP, _BROKEN),
        reached_by=_RESOLVER,
    ),
    differs(
        "dns.aaaa_refused",
        "a name with IPv4 only, from a server that refuses to be asked for IPv6",
        glibc=_FOUND,
        musl=such_that("EAI_AGAIN or EAI_FAIL", lambda seen: seen in ("EAI_AGAIN", "EAI_FAIL")),
        known=conditional("musl needs an answer to both questions", _SEND, _BROKEN),
        reached_by=_RESOLVER,
    ),
    differs(
        "dns.aaaa_servfail",
        "a name with IPv4 only, from a server that fails when asked for IPv6",
        glibc=_FOUND,
        musl="EAI_AGAIN",
        known=conditional("musl needs an answer to both questions", _LOOKUP, _BROKEN),
        reached_by=_RESOLVER,
    ),
    same("dns.a_family_only", "IPv4 asked for alone, from a server that answers badly for IPv6", _FOUND),
    same("dns.no_such_name", "the error for a name that is not there", "EAI_NONAME"),
    same(
        "dns.no_address",
        "the error for a name without addresses",
        such_that("EAI_NODATA or EAI_NONAME", lambda seen: seen in ("EAI_NODATA", "EAI_NONAME")),
    ),
    same("dns.servfail", "the error when servers fail", "EAI_AGAIN"),
    same("dns.refused", "the error when servers refuse", "EAI_AGAIN"),
    same("dns.no_server", "the error when no server answers", "EAI_AGAIN"),
    differs(
        "dns.truncated",
        "how many of 100 addresses come, in an answer too long for UDP",
        glibc=100,
        musl=such_that("48, or an error before musl 1.2.4", lambda seen: seen == 48 or str(seen).startswith("EAI_")),
        known=conditional(
            "musl keeps 48 addresses (MAXADDRS), and asks again over TCP since 1.2.4",
            "musl: src/network/lookup.h",
            "48 addresses are enough to connect; before musl 1.2.4 a name with so long an answer is not found",
        ),
        reached_by=_RESOLVER,
    ),
    same("dns.underscore", "a name with an underscore", _FOUND),
    same("dns.upper_case", "a name in capitals", _FOUND),
    same("dns.search_single_label", "a short name in the search domain", _FOUND),
    differs(
        "dns.search_dotted",
        "a name with a dot that exists in the search domain only",
        glibc=_FOUND,
        musl="EAI_NONAME",
        known=conditional(
            "musl does not search for names with `ndots` dots or more",
            _WIKI,
            "only where services are named so in a search domain: write the full name, or set the option ndots",
        ),
        reached_by=_RESOLVER,
    ),
    same("dns.second_server", "the first server is not there", _FOUND),
    differs(
        "dns.first_server_knows_better",
        "two servers disagree, and the second is quicker",
        glibc=_FOUND,
        musl="EAI_NONAME",
        known=conditional(
            "musl asks all servers at once and takes the first answer",
            _WIKI,
            "only where the servers listed know different names: list those that know the same",
        ),
        reached_by=_RESOLVER,
    ),
    same(
        "dns.addrconfig",
        "AI_ADDRCONFIG where loopback is the only network: no family is left out",
        ["192.0.2.1", "2001:db8::1"],
    ),
    same("dns.reverse", "the name of an address", ["host.example", "host.example"]),
    same("dns.gethostbyname", "the old call", "192.0.2.1"),
    same("dns.idna", "a name outside ASCII", _FOUND),
    same("names.localhost", "whether localhost is loopback", True),
    same(
        "names.passive",
        "the addresses to listen on",
        such_that("all interfaces", lambda seen: "0.0.0.0" in seen and set(seen) <= {"0.0.0.0", "::"}),  # noqa: S104 - an expectation
    ),
    same("names.numeric_host", "a name where an address is asked for", ["EAI_NONAME", ["::1"]]),
    same(
        "names.address_forms",
        "the old spellings of IPv4 addresses",
        {text: ["127.0.0.1"] for text in ("127.1", "0x7f000001", "2130706433", "0177.0.0.1")},
    ),
    differs(
        "names.inet_aton_garbage",
        "whether inet_aton ignores text after a blank",
        glibc="7f000001",
        musl="OSError",
        known=harmless("glibc does, for old programs", "glibc: resolv/inet_addr.c", "musl is the stricter one"),
        reached_by=("inet_aton",),
    ),
    same(
        "names.inet_pton",
        "whether bad addresses are refused",
        dict.fromkeys(("1.2.3", "01.2.3.4", "1.2.3.4 ", "256.1.1.1"), "OSError"),
    ),
    same(
        "names.inet_ntop",
        "the shortest text of IPv6 addresses",
        ["::ffff:192.0.2.1", "2001:db8::1:0:0:1", "::1", "2001:db8:0:1:1:1:1:1", "64:ff9b::c000:201"],
    ),
    same("names.scope", "a link-local address with its interface", ["fe80::1", True]),
    differs(
        "names.every_socket_type",
        "the kinds of socket offered when none is asked for",
        glibc=["SOCK_DGRAM", "SOCK_RAW", "SOCK_STREAM"],
        musl=["SOCK_DGRAM", "SOCK_STREAM"],
        known=harmless(
            "musl leaves raw sockets out", "musl: src/network/lookup_serv.c", "nobody connects to a raw socket"
        ),
        reached_by=_RESOLVER,
    ),
    environment(
        "names.service",
        "the port of https",
        such_that("443, or not known", lambda seen: seen in (443, "OSError")),
        why="the base has no /etc/services; ports are given as numbers",
        reached_by=("service-names",),
    ),
    same("names.unknown_service", "the error for a service that is not there", "EAI_SERVICE"),
    environment(
        "names.protocol",
        "the number of TCP",
        such_that("6, or not known", lambda seen: seen in (6, "OSError")),
        why="glibc reads /etc/protocols, which the base may not have; sockets are made without protocol names",
    ),
    same(
        "names.error_codes",
        "the numbers of getaddrinfo's errors",
        such_that(
            "as Linux has them", lambda seen: (seen["EAI_NONAME"], seen["EAI_AGAIN"], seen["EAI_FAIL"]) == (-2, -3, -4)
        ),
    ),
    differs(
        "names.error_text",
        "the text of the error for a name that is not there",
        glibc="Name or service not known",
        musl=such_that("musl's words", lambda seen: seen in ("Name does not resolve", "Name or service not known")),
        known=harmless(
            "each has its own words", "musl: src/network/gai_strerror.c", "a text for people; the code is the same"
        ),
        reached_by=_RESOLVER,
    ),
    differs(
        "names.bad_family",
        "the error for an address of the other family",
        glibc=["EAI_ADDRFAMILY", "EAI_ADDRFAMILY"],
        musl=such_that(
            "EAI_NODATA or EAI_NONAME", lambda seen: len(seen) == 2 and set(seen) <= {"EAI_NODATA", "EAI_NONAME"}
        ),
        known=harmless(
            "musl has one error for it and for no address", _LOOKUP, "an error in both; all are socket.gaierror"
        ),
        reached_by=("resolver-errors",),
    ),
    same("names.getfqdn", "the full name of loopback", True),
)

"""HTTPX's successor httpx2, the locked client: TLS, redirects, time-outs, proxies, IPv6 and names."""

from __future__ import annotations

import importlib.util
import os
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2

from automation.components.probes import stubs
from automation.components.probes.harness import Facts, Probe, Skip, equal, refused, require
from automation.components.probes.stubs import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

PROBE = Probe()

# Reserved by RFC 6761 for names that never exist.
NOWHERE = "nowhere.invalid"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - the container's own name leads to an address of its network
TIMEOUT = 0.4


def server_context(facts: Facts) -> ssl.SSLContext:
    """A server that is `localhost` by the private authority's word."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(facts.certificate, facts.key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def hello(request: Request) -> Answer:
    """Echo what was asked."""
    return Answer(f"{request.method} {request.target}".encode() + request.body)


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Variables for as long as the block runs."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@PROBE.step("TLS by a private authority")
async def tls(facts: Facts) -> str:
    """Accepted with the authority, in code or by SSL_CERT_FILE; refused without, with another, by another name."""
    with stubs.http(hello, context=server_context(facts)) as port:
        url = f"https://localhost:{port}/"
        async with httpx2.AsyncClient(verify=ssl.create_default_context(cafile=facts.authority)) as client:
            answer = await client.get(url)
            stream = answer.extensions["network_stream"].get_extra_info("ssl_object")
            with refused("a certificate for another name", httpx2.ConnectError):
                await client.get(f"https://127.0.0.1:{port}/")
        equal(answer.text, "GET /", "the answer")
        with environment(SSL_CERT_FILE=facts.authority):
            async with httpx2.AsyncClient() as client:
                equal((await client.get(url)).status_code, 200, "the status with SSL_CERT_FILE")
        async with httpx2.AsyncClient() as client:
            with refused("a private authority that nobody named", httpx2.ConnectError):
                await client.get(url)
        async with httpx2.AsyncClient(verify=ssl.create_default_context(cafile=facts.stranger)) as client:
            with refused("another authority's word", httpx2.ConnectError):
                await client.get(url)
    return f"{stream.version()}, refused without the authority and by another name"


@PROBE.step("the image's own authorities")
def authorities(facts: Facts) -> str:
    """The image has public authorities; without them no HTTPS address outside could be reached."""
    count = len(ssl.create_default_context().get_ca_certs())
    if not count:
        paths = ssl.get_default_verify_paths()
        raise Skip(f"none is loaded at once; where they would be: {paths.cafile or paths.capath or 'nowhere'}")
    require(count > 50, f"the image knows {count} authorities only")
    return f"{count} authorities"


@PROBE.step("HTTP version")
async def version(facts: Facts) -> str:
    """HTTP/1.1 with a connection kept; HTTP/2 needs h2, which the closure does not have."""
    if importlib.util.find_spec("h2") is not None:
        raise Skip("h2 has come into the image, and this step's server does not speak HTTP/2")
    ports = set()

    def respond(request: Request) -> Answer:
        ports.add(request.headers["x-number"])
        return Answer([b"part one, ", b"part two"])

    with refused("HTTP/2 without h2", ImportError):
        httpx2.AsyncClient(http2=True)
    with stubs.http(respond, context=server_context(facts)) as port:
        async with httpx2.AsyncClient(verify=ssl.create_default_context(cafile=facts.authority)) as client:
            streams = []
            for number in range(3):
                answer = await client.get(f"https://localhost:{port}/", headers={"X-Number": str(number)})
                equal((answer.http_version, answer.text), ("HTTP/1.1", "part one, part two"), "the answer")
                streams.append(answer.extensions["network_stream"].get_extra_info("client_addr"))
    equal((len(set(streams)), len(ports)), (1, 3), "the connections and requests")
    return "HTTP/1.1, three requests on one connection; without h2 no HTTP/2"


@PROBE.step("redirects")
async def redirects(facts: Facts) -> str:
    """Followed when asked for, with the method that each status stands for; a circle ends."""

    def respond(request: Request) -> Answer:
        places = {"/301": (301, "/end"), "/307": (307, "/end"), "/circle": (302, "/circle")}
        if request.target in places:
            status, place = places[request.target]
            return Answer(status=status, headers={"Location": place})
        return hello(request)

    with stubs.http(respond) as port:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            equal((await client.get("/301")).status_code, 301, "the status when not followed")
            followed = await client.post("/301", content=b"!", follow_redirects=True)
            equal(followed.text, "GET /end", "a POST after 301")
            followed = await client.post("/307", content=b"!", follow_redirects=True)
            equal(followed.text, "POST /end!", "a POST after 307")
            equal(len(followed.history), 1, "the length of the history")
            with refused("a circle", httpx2.TooManyRedirects):
                await client.get("/circle", follow_redirects=True)
    return "301, 307, and a circle"


@PROBE.step("time-outs")
async def timeouts(facts: Facts) -> str:
    """A server that does not accept, and one that does not answer, are given up in time."""

    over = threading.Event()

    def respond(request: Request) -> Answer:
        over.wait()
        return hello(request)

    taken = []
    with stubs.deaf() as deaf, stubs.http(respond) as silent:
        async with httpx2.AsyncClient(timeout=TIMEOUT) as client:
            for port, kind in ((deaf, httpx2.ConnectTimeout), (silent, httpx2.ReadTimeout)):
                started = time.monotonic()
                with refused("waiting for ever", kind):
                    await client.get(f"http://127.0.0.1:{port}/")
                taken.append(time.monotonic() - started)
        over.set()
    require(all(TIMEOUT * 0.9 < one < TIMEOUT + 5 for one in taken), f"given up after {taken} s, not {TIMEOUT} s")
    return f"connect after {taken[0]:.2f} s, read after {taken[1]:.2f} s, of {TIMEOUT} s"


@PROBE.step("proxies")
async def proxies(facts: Facts) -> str:
    """Plain requests and CONNECT for TLS, by argument and by environment; NO_PROXY is kept."""
    context = ssl.create_default_context(cafile=facts.authority)
    with (
        stubs.http(hello, context=server_context(facts)) as secure,
        stubs.http(hello) as plain,
        stubs.proxy() as (port, asked),
    ):
        address = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(proxy=address, verify=context) as client:
            equal((await client.get("http://far.invalid/a")).text, "by the proxy", "the plain answer")
            equal((await client.get(f"https://localhost:{secure}/b")).text, "GET /b", "the answer through CONNECT")
        with environment(HTTP_PROXY=address, http_proxy=address, NO_PROXY="127.0.0.1", no_proxy="127.0.0.1"):
            async with httpx2.AsyncClient() as client:
                equal((await client.get("http://far.invalid/c")).text, "by the proxy", "the answer by HTTP_PROXY")
                equal((await client.get(f"http://127.0.0.1:{plain}/d")).text, "GET /d", "the answer by NO_PROXY")
    wanted = ["GET http://far.invalid/a", f"CONNECT localhost:{secure}", "GET http://far.invalid/c"]
    equal(asked, wanted, "what the proxy was asked for")
    return "GET, CONNECT, HTTP_PROXY, NO_PROXY"


@PROBE.step("IPv6", core=False)
async def ipv6(facts: Facts) -> str:
    """By address, on loopback: many engines give their containers no other."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError as error:
        raise Skip(f"the container has no IPv6: {error.strerror or error}") from None
    with stubs.http(hello, host="::1") as port:
        async with httpx2.AsyncClient() as client:
            equal((await client.get(f"http://[::1]:{port}/")).text, "GET /", "the answer")
    return "[::1]"


@PROBE.step("names")
async def names(facts: Facts) -> str:
    """A container by its name, and a clear error for a name that does not exist."""
    with stubs.http(hello, host=EVERYWHERE) as port:
        async with httpx2.AsyncClient() as client:
            equal((await client.get(f"http://{facts.host}:{port}/")).text, "GET /", "the answer of the name's owner")
            with refused("a name that does not exist", httpx2.ConnectError):
                await client.get(f"http://{NOWHERE}:{port}/")
    return f"{facts.host}, and {NOWHERE} refused"

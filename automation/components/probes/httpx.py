"""Services as the application asks them, over httpx2: TLS, redirects, time-outs, retries, proxies, IPv6 and names."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import socket
import ssl
import tempfile
import threading
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from autoarr.audits.trash import load_trash
from autoarr.settings import Settings
from autoarr.upstream.errors import Cause
from autoarr.upstream.http import HttpPolicy
from automation.components.probes import stubs
from automation.components.probes.harness import Facts, Probe, Skip, equal, refused, require
from automation.components.probes.services import fails, service
from automation.components.probes.stubs import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

PROBE = Probe()

# Reserved by RFC 6761 for names that never exist.
NOWHERE = "nowhere.invalid"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - the container's own name leads to an address of its network
TIMEOUT = 0.4
NAMING = {"folder": {"default": "{Series TitleYear}"}}


def server_context(facts: Facts) -> ssl.SSLContext:
    """A server that is `localhost` by the private authority's word."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(facts.certificate, facts.key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def hello(request: Request) -> Answer:
    """Echo what was asked."""
    said = {"method": request.method, "target": request.target, "body": request.body.decode()}
    return Answer(json.dumps(said).encode(), headers={"Content-Type": "application/json"})


def read(path: str) -> str:
    """A certificate, as an administrator pastes it: with a remark."""
    return f"# \u017b\n{Path(path).read_text(encoding='ascii')}"


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
    """Accepted with the authority, of the service or by SSL_CERT_FILE; refused without, with another, by another name;
    accepted where nothing is to be verified."""
    authority, stranger = read(facts.authority), read(facts.stranger)
    with stubs.http(hello, context=server_context(facts)) as port:
        url, unnamed = f"https://localhost:{port}", f"https://127.0.0.1:{port}"
        async with (
            service(url, tls_ca=f"# \u017b\n{authority}") as trusting,
            service(unnamed, tls_ca=authority) as other,
        ):
            equal((await trusting.request("GET", "/a"))["target"], "/a", "the answer")
            with fails("a certificate for another name", Cause.TLS):
                await other.request("GET", "/")
        with environment(SSL_CERT_FILE=facts.authority):
            async with service(url) as by_file:
                equal((await by_file.request("GET", "/b"))["target"], "/b", "the answer with SSL_CERT_FILE")
        for what, trust in (("a private authority that nobody named", None), ("another authority's word", stranger)):
            async with service(url, tls_ca=trust) as client:
                with fails(what, Cause.TLS):
                    await client.request("GET", "/")
        async with service(unnamed, tls_insecure=True) as careless:
            equal((await careless.request("GET", "/c"))["target"], "/c", "the answer without verification")
        async with service(url, tls_ca="no certificate") as broken:
            with fails("what is no certificate", Cause.TLS):
                await broken.request("GET", "/")
    return "refused without the authority and by another name"


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
    """A service's are refused, for the key is meant for it alone; those to the guides' archive are followed, over
    HTTPS, until they go round in a circle."""
    asked = []

    def respond(request: Request) -> Answer:
        asked.append(request.target)
        if place := {"/moved": "/end", "/latest.zip": "/guides.zip", "/circle": "/circle"}.get(request.target):
            return Answer(status=302, headers={"Location": place})
        return Answer(guides()) if request.target.endswith(".zip") else hello(request)

    with stubs.http(respond) as port:
        async with service(f"http://127.0.0.1:{port}") as client:
            for method in ("GET", "POST"):
                with fails(f"a redirected {method}", Cause.WRONG_URL_BASE):
                    await client.request(method, "/moved")
    equal(asked, ["/moved", "/moved"], "what was asked")
    with (
        stubs.http(respond, context=server_context(facts)) as port,
        environment(SSL_CERT_FILE=facts.authority),
        tempfile.TemporaryDirectory() as folder,
    ):
        source = f"https://localhost:{port}"
        found = await load_trash(Settings(data_dir=Path(folder), trash_source=f"{source}/latest.zip"))
        equal(found, {"sonarr": {"profiles": [], "formats": {}, "naming": NAMING}}, "what is in the archive")
        circle = await load_trash(Settings(data_dir=Path(folder), trash_source=f"{source}/circle"))
        require("TooManyRedirects" in str(circle), f"a circle: {circle}")
    return "refused, followed to an archive, and a circle"


def guides() -> bytes:
    """An archive with the layout of TRaSH-Guides' repository."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("guides/docs/json/sonarr/naming/sonarr-naming.json", json.dumps(NAMING))
    return out.getvalue()


@PROBE.step("time-outs")
async def timeouts(facts: Facts) -> str:
    """A server that does not accept, and one that does not answer, are given up in time."""

    over = threading.Event()

    def respond(request: Request) -> Answer:
        over.wait()
        return hello(request)

    taken = []
    policy = HttpPolicy(connect=TIMEOUT, read=TIMEOUT, attempts=1)
    with stubs.deaf() as deaf, stubs.http(respond) as silent:
        for port, sent in ((deaf, False), (silent, True)):
            async with service(f"http://127.0.0.1:{port}", policy) as client:
                started = time.monotonic()
                with fails("waiting for ever", Cause.TIMEOUT, sent=sent):
                    await client.request("GET", "/")
                taken.append(time.monotonic() - started)
        over.set()
    require(all(TIMEOUT * 0.9 < one < TIMEOUT + 5 for one in taken), f"given up after {taken} s, not {TIMEOUT} s")
    return f"connect after {taken[0]:.2f} s, read after {taken[1]:.2f} s, of {TIMEOUT} s"


@PROBE.step("retries and the breaker")
async def retries(facts: Facts) -> str:
    """503 is tried again, as late as the server asks, but no write is; what keeps failing is left alone."""
    asked = []
    waits = []

    def respond(request: Request) -> Answer:
        asked.append(f"{request.method} {request.target}")
        if request.target == "/soon" and len(asked) == 3:
            return hello(request)
        return Answer(status=503, headers={"Retry-After": "7"} if len(asked) == 1 else {})

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    policy = HttpPolicy(first_wait=0.1, sleep=sleep, failures=5)
    with stubs.http(respond) as port:
        async with service(f"http://127.0.0.1:{port}", policy) as client:
            equal((await client.request("GET", "/soon"))["target"], "/soon", "the answer of the third attempt")
            require(waits[0] == 7 and 0 < waits[1] < 1, f"the waits between attempts: {waits}")
            with fails("a write that failed", Cause.SERVER_ERROR, sent=True):
                await client.request("POST", "/write")
            for _ in range(2):
                with fails("what always fails", Cause.SERVER_ERROR, sent=True):
                    await client.request("GET", "/never")
            with fails("what failed five times", Cause.CIRCUIT_OPEN):
                await client.request("GET", "/never")
    equal(asked, ["GET /soon"] * 3 + ["POST /write"] + ["GET /never"] * 4, "what was asked")
    return "three attempts, one of a write, none while the breaker is open"


@PROBE.step("proxies")
async def proxies(facts: Facts) -> str:
    """Plain requests and CONNECT for TLS, by the environment, but for NO_PROXY; no service is asked through one."""
    context = ssl.create_default_context(cafile=facts.authority)
    with (
        stubs.http(hello, context=server_context(facts)) as secure,
        stubs.http(hello) as plain,
        stubs.proxy() as (port, asked),
    ):
        address = f"http://127.0.0.1:{port}"
        with environment(HTTP_PROXY=address, http_proxy=address, HTTPS_PROXY=address, https_proxy=address):
            async with httpx2.AsyncClient(verify=context) as client:
                equal((await client.get("http://far.invalid/a")).text, "by the proxy", "the plain answer")
                through = await client.get(f"https://localhost:{secure}/b")
                equal(through.json()["target"], "/b", "the answer through CONNECT")
            async with service(f"http://127.0.0.1:{plain}") as direct:
                equal((await direct.request("GET", "/c"))["target"], "/c", "a service's answer")
            with environment(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1"):
                async with httpx2.AsyncClient() as client:
                    answer = await client.get(f"http://127.0.0.1:{plain}/d")
                    equal(answer.json()["target"], "/d", "the answer by NO_PROXY")
    equal(asked, ["GET http://far.invalid/a", f"CONNECT localhost:{secure}"], "what the proxy was asked for")
    return "HTTP_PROXY, HTTPS_PROXY, NO_PROXY; none for a service"


@PROBE.step("IPv6", core=False)
async def ipv6(facts: Facts) -> str:
    """By address, on loopback: many engines give their containers no other."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError as error:
        raise Skip(f"the container has no IPv6: {error.strerror or error}") from None
    with stubs.http(hello, host="::1") as port:
        async with service(f"http://[::1]:{port}") as client:
            equal((await client.request("GET", "/"))["target"], "/", "the answer")
    return "[::1]"


@PROBE.step("names")
async def names(facts: Facts) -> str:
    """A container by its name, and a clear error for a name that does not exist."""
    with stubs.http(hello, host=EVERYWHERE) as port:
        async with service(f"http://{facts.host}:{port}") as client, service(f"http://{NOWHERE}:{port}") as lost:
            equal((await client.request("GET", "/"))["target"], "/", "the answer of the name's owner")
            with fails("a name that does not exist", Cause.DNS):
                await lost.request("GET", "/")
    return f"{facts.host}, and {NOWHERE} refused"

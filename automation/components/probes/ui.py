"""The user interface, as the running application serves it in a container of its own."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from automation.components.probes import served
from automation.components.probes.harness import Facts, Probe, Skip, Wrong, equal, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.components.probes.served import Reply

PROBE = Probe()

YEAR = 365 * 24 * 3600
HASHED = re.compile(r"-[\w-]{8,}\.\w+$")


def ask(facts: Facts, path: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Ask the application.

    Raises:
        Skip: there is none.
    """
    if not facts.application_url:
        raise Skip("no running application was given")
    url = urlsplit(facts.application_url)
    return served.ask(url.hostname or "", url.port or 80, path, headers)


def index(facts: Facts) -> Reply:
    """The page.

    Raises:
        Wrong: it is none.
    """
    page = ask(facts, "/")
    equal(page.status, 200, "the status of /")
    require(page.headers["content-type"].startswith("text/html"), f"/ is {page.headers['content-type']}")
    return page


def assets(facts: Facts) -> list[str]:
    """What the page loads.

    Raises:
        Wrong: it loads no script and no style sheet.
    """
    found: list[str] = re.findall(r'(?:src|href)="(/assets/[^"]+)"', index(facts).body.decode())
    kinds = {name.rsplit(".", 1)[-1] for name in found}
    if not {"js", "css"} <= kinds:
        raise Wrong(f"the page loads {', '.join(sorted(kinds)) or 'nothing'}, not a script and a style sheet")
    return found


@PROBE.step("index")
def page(facts: Facts) -> str:
    """The page is asked for again each time, and a client that has it gets nothing new."""
    first = index(facts)
    equal(first.headers["cache-control"], "no-cache", "the page's Cache-Control")
    again = ask(facts, "/", {"If-None-Match": first.headers["etag"]})
    equal((again.status, again.body), (304, b""), "the page asked for again")
    return f"{len(first.body)} bytes, revalidated"


@PROBE.step("hashed assets")
def hashed(facts: Facts) -> str:
    """What the page loads has a hash in its name and may be kept for ever."""
    found = assets(facts)
    for name in found:
        require(HASHED.search(name), f"{name} has no hash in its name")
        asset = ask(facts, name)
        require(asset.status == 200 and asset.body, f"{name}: status {asset.status}, {len(asset.body)} bytes")
        cache = asset.headers["cache-control"]
        age = re.search(r"max-age=(\d+)", cache)
        require("immutable" in cache and age and int(age[1]) >= YEAR, f"{name}: Cache-Control: {cache}")
        kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}.get(name.rsplit(".", 1)[-1], "")
        require(asset.headers["content-type"].startswith(kind), f"{name} is {asset.headers['content-type']}")
    return f"{len(found)} assets, kept for a year"


@PROBE.step("routes of the interface")
def fallback(facts: Facts) -> str:
    """An address that the interface itself routes is the page; one of the API's is not."""
    route = ask(facts, "/library/some/title", {"Accept": "text/html"})
    equal((route.status, route.body), (200, index(facts).body), "a route of the interface")
    for path in ("/api/unknown", "/health/unknown"):
        equal(ask(facts, path).status, 404, f"the status of {path}")
    return "the page for routes, 404 below /api"


@PROBE.step("compressed assets")
def compressed(facts: Facts) -> str:
    """Assets are stored with gzip, are smaller so, and are the same content for who wants them unpacked."""
    shares = []
    for name in (one for one in assets(facts) if one.endswith((".js", ".css"))):
        plain = ask(facts, name)
        require("content-encoding" not in plain.headers, f"{name} is packed although nobody asked for it")
        packed = ask(facts, name, {"Accept-Encoding": "gzip, deflate, br"})
        equal(packed.headers.get("content-encoding"), "gzip", f"the encoding of {name}")
        equal(packed.headers["content-type"], plain.headers["content-type"], f"the type of {name}")
        require("accept-encoding" in packed.headers.get("vary", "").lower(), f"{name} does not vary")
        require(packed.headers["etag"] != plain.headers["etag"], f"{name} has one ETag for both")
        require(0 < len(packed.body) < len(plain.body), f"{name} in gzip is no smaller")
        require(gzip.decompress(packed.body) == plain.body, f"{name} in gzip is another file")
        shares.append(f"{100 * len(packed.body) // len(plain.body)} %")
    return ", ".join(shares)


@PROBE.step("unknown assets")
def unknown(facts: Facts) -> str:
    """A missing asset is 404 and not the page, which a browser would take for a broken script."""
    for path in ("/assets/index-00000000.js", "/assets/", "/missing.js", "/assets/../../etc/passwd"):
        answer = ask(facts, path, {"Accept": "text/html"})
        equal(answer.status, 404, f"the status of {path}")
        require(b"<html" not in answer.body.lower(), f"{path} is answered with a page")
    return "404"

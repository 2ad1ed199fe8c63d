"""The built user interface as browsers get it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

INDEX = "<!doctype html><title>AutoArr</title>"
SCRIPT = "".join(f"console.log('autoarr {number}')\n" for number in range(9000))
"""Longer than what is unpacked at a time."""
PACKED = gzip.compress(SCRIPT.encode(), mtime=0)


@pytest.fixture
def dist(ui_dir: Path) -> Path:
    """A built user interface: its script is stored compressed, and nothing else."""
    (ui_dir / "assets").mkdir(parents=True)
    (ui_dir / "index.html").write_text(INDEX)
    (ui_dir / "assets" / "app-1a2b3c.js.gz").write_bytes(PACKED)
    for name in ("app.css", "logo.svg", "font.woff2", "unknown.xyz"):
        (ui_dir / "assets" / name).write_text("x")
    (ui_dir / "manifest.webmanifest").write_text("{}")
    (ui_dir.parent / "secret.txt").write_text("secret")
    return ui_dir


pytestmark = pytest.mark.usefixtures("dist")

NO_ENCODING = {"Accept-Encoding": ""}


@pytest.mark.parametrize("path", ["/", "/services/3", "/apiary", "/healthy", "/index.html"])
async def test_pages(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_head(client: httpx2.AsyncClient) -> None:
    answer = await client.head("/services")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(INDEX))


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/v1/nothing",
        "/health/nothing",
        "/ws",
        "/mcp/x",
        "/assets",
        "/assets/",
        "/assets/missing",
        "/assets/app-old.js",
        "/favicon.ico",
        "/" + "x" * 300 + ".js",
        "/nul%00.js",
    ],
)
async def test_never_a_page(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/services",
        "/assets/..%5c..%5csecret.txt",
        "//secret.txt",
        "/%2fetc/hosts.txt",
    ],
)
async def test_no_way_out(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(f"http://autoarr{path}")

    assert answer.status_code == 404
    assert "secret" not in answer.json().get("detail", "")


async def test_no_way_out_by_link(client: httpx2.AsyncClient, dist: Path) -> None:
    (dist / "assets" / "link.js").symlink_to(dist.parent / "secret.txt")

    assert (await client.get("/assets/link.js")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/services", "/assets/app.css"])
async def test_only_reading(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.post(path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/assets/app-1a2b3c.js", "text/javascript; charset=utf-8"),
        ("/assets/app.css", "text/css; charset=utf-8"),
        ("/assets/logo.svg", "image/svg+xml"),
        ("/assets/font.woff2", "font/woff2"),
        ("/assets/unknown.xyz", "application/octet-stream"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ],
)
async def test_media_types(client: httpx2.AsyncClient, path: str, media_type: str) -> None:
    assert (await client.get(path, headers=NO_ENCODING)).headers["content-type"] == media_type


async def test_hashed_assets_never_expire(client: httpx2.AsyncClient) -> None:
    asset = await client.get("/assets/app.css")
    manifest = await client.get("/manifest.webmanifest")

    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert manifest.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("br, gzip", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("br, gzip;q=0.1", "gzip"),
        ("br", None),
        ("br, gzip;q=0", None),
        ("*", "gzip"),
        ("*;q=0", None),
        ("*;q=0.1, br;q=0", "gzip"),
        ("*, gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity, gzip", "gzip"),
        ("gzip;q=what", None),
        ("gzip;level=9;q=0.5, br", "gzip"),
        ("gzip,,", "gzip"),
        ("GZIP; Q=1", "gzip"),
        ("", None),
    ],
)
async def test_stored_compressed(client: httpx2.AsyncClient, accept: str, encoding: str | None) -> None:
    async with client.stream("GET", "/assets/app-1a2b3c.js", headers={"Accept-Encoding": accept}) as answer:
        body = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert answer.headers.get("content-encoding") == encoding
    assert body == (PACKED if encoding else SCRIPT.encode())
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(body)


async def test_stored_as_it_is(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/assets/app.css", headers={"Accept-Encoding": "gzip"})

    assert (answer.text, "content-encoding" in answer.headers) == ("x", False)
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accept", ["", "gzip"])
async def test_not_modified(client: httpx2.AsyncClient, accept: str) -> None:
    headers = {"Accept-Encoding": accept}
    for path in ("/", "/assets/app.css", "/assets/app-1a2b3c.js"):
        first = await client.get(path, headers=headers)
        again = await client.get(path, headers={**headers, "If-None-Match": f'"x", W/{first.headers["etag"]}'})
        other = await client.get(path, headers={**headers, "If-None-Match": '"x"'})

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert other.status_code == 200


async def test_packed_and_unpacked_have_tags_of_their_own(client: httpx2.AsyncClient) -> None:
    packed, unpacked = [
        await client.head("/assets/app-1a2b3c.js", headers={"Accept-Encoding": accept}) for accept in ("gzip", "br")
    ]

    assert packed.headers["etag"] != unpacked.headers["etag"]
    assert (packed.content, unpacked.content) == (b"", b"")
    assert packed.headers["content-length"] == str(len(PACKED))
    assert unpacked.headers["content-length"] == str(len(SCRIPT))


async def test_a_part_of_a_file(client: httpx2.AsyncClient) -> None:
    """Of what is stored; what has to be unpacked is given whole."""
    wanted = {"Range": "bytes=10-19"}
    path = "/assets/app-1a2b3c.js"
    async with client.stream("GET", path, headers={**wanted, "Accept-Encoding": "gzip"}) as packed:
        part = b"".join([chunk async for chunk in packed.aiter_raw()])
    unpacked = await client.get(path, headers={**wanted, **NO_ENCODING})
    tagged = {**wanted, "Accept-Encoding": "gzip", "If-Range": unpacked.headers["etag"]}
    async with client.stream("GET", path, headers=tagged) as other:
        whole = b"".join([chunk async for chunk in other.aiter_raw()])

    assert (packed.status_code, part) == (206, PACKED[10:20])
    assert packed.headers["content-range"] == f"bytes 10-19/{len(PACKED)}"
    assert (unpacked.status_code, unpacked.text) == (200, SCRIPT)
    assert unpacked.headers["accept-ranges"] == "none"
    # A part of one is none of the other.
    assert (other.status_code, whole) == (200, PACKED)


async def test_the_page_stored_compressed(client: httpx2.AsyncClient, dist: Path) -> None:
    (dist / "index.html").unlink()
    (dist / "index.html.gz").write_bytes(gzip.compress(INDEX.encode()))

    for headers in (NO_ENCODING, {"Accept-Encoding": "gzip"}):
        answer = await client.get("/services", headers=headers)
        assert (answer.status_code, answer.text) == (200, INDEX)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert "last-modified" not in answer.headers


async def test_asset_not_modified_since(client: httpx2.AsyncClient) -> None:
    date = (await client.get("/assets/app.css")).headers["last-modified"]

    assert (await client.get("/assets/app.css", headers={"If-Modified-Since": date})).status_code == 304


async def test_new_version_of_same_size_and_date(client: httpx2.AsyncClient, dist: Path) -> None:
    """Reproducible images give every file one date, and a new asset's name is as long as the old one's."""
    import os

    from autoarr import static

    os.utime(dist / "index.html", (0, 0))
    old = await client.get("/")
    (dist / "index.html").write_text(INDEX.upper())
    os.utime(dist / "index.html", (0, 0))
    static._describe.cache_clear()  # another version is another process

    new = await client.get("/", headers={"If-None-Match": old.headers["etag"]})
    dated = await client.get("/", headers={"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"})

    assert "last-modified" not in old.headers
    assert (new.status_code, new.text) == (200, INDEX.upper())
    assert dated.status_code == 200


async def test_built_while_running(client: httpx2.AsyncClient, dist: Path) -> None:
    (dist / "index.html").unlink()
    missing = await client.get("/")
    (dist / "index.html").write_text(INDEX)
    built = await client.get("/")

    assert missing.status_code == 503
    assert "invoke ui" in missing.text
    assert missing.headers["content-type"] == "text/plain; charset=utf-8"
    assert built.status_code == 200

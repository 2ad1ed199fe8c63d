"""The built user interface as browsers get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

INDEX = "<!doctype html><title>AutoArr</title>"
SCRIPT = "console.log('autoarr')"


@pytest.fixture
def dist(ui_dir: Path) -> Path:
    """A built user interface; the compressed variants hold markers instead, to tell them apart."""
    (ui_dir / "assets").mkdir(parents=True)
    (ui_dir / "index.html").write_text(INDEX)
    (ui_dir / "assets" / "app-1a2b3c.js").write_text(SCRIPT)
    (ui_dir / "assets" / "app-1a2b3c.js.br").write_bytes(b"brotli")
    (ui_dir / "assets" / "app-1a2b3c.js.gz").write_bytes(b"gzip!")
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
        ("br, gzip", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("*;q=0.1, br;q=0", "gzip"),
        ("identity, br;q=0.5", None),
        ("gzip;q=what", None),
        ("br;level=9;q=0.5, gzip", "gzip"),
        ("gzip,,", "gzip"),
        ("BR; Q=1", "br"),
        ("", None),
    ],
)
async def test_precompressed(client: httpx2.AsyncClient, accept: str, encoding: str | None) -> None:
    async with client.stream("GET", "/assets/app-1a2b3c.js", headers={"Accept-Encoding": accept}) as answer:
        body = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert answer.headers.get("content-encoding") == encoding
    assert body == {"br": b"brotli", "gzip": b"gzip!", None: SCRIPT.encode()}[encoding]
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(body)


async def test_no_variant_of_it(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/assets/app.css", headers={"Accept-Encoding": "br"})

    assert (answer.text, "content-encoding" in answer.headers) == ("x", False)
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_not_modified(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/assets/app.css"):
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
        other = await client.get(path, headers={"If-None-Match": '"x"'})

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert other.status_code == 200


async def test_variants_have_their_own_tag(client: httpx2.AsyncClient) -> None:
    tags = [
        (await client.head("/assets/app-1a2b3c.js", headers={"Accept-Encoding": accept})).headers["etag"]
        for accept in ("", "gzip", "br")
    ]

    assert len(set(tags)) == 3


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
    static._entity_tag.cache_clear()  # another version is another process

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

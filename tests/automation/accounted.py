"""A small image in which everything is accounted for, made by hand; tests take something away."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.automation import archives

SITE = "/opt/venv/lib/python3.11/site-packages"
LINK, DOMAIN = "/usr/local/bin/python3", "LicenseRef-public-domain"
LIB = "/usr/local/lib/python3.11"
LINKS = {LINK: "python3.11"}
LABELS = {
    "org.opencontainers.image.title": "AutoArr",
    "org.opencontainers.image.version": "0.1.0",
    "org.opencontainers.image.licenses": "MIT",
    "org.opencontainers.image.source": "https://example.org/autoarr",
    "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
}
BUNDLED = """# Licenses

The app bundles dependencies which contain the following licenses:

## react - 19.3.1 (MIT)

MIT License

## @scope/odd - 1.0.0

"""


def metadata(name: str, version: str, *requires: str, licence: str = "MIT") -> bytes:
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", f"License-Expression: {licence}"]
    return "\n".join([*lines, *(f"Requires-Dist: {one}" for one in requires), "", "About it.\n"]).encode()


def distribution(site: str, name: str, version: str, *requires: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A distribution as pip leaves it, its licence text included."""
    info = f"{name}-{version}.dist-info"
    inner = {**files, f"{info}/METADATA": metadata(name, version, *requires), f"{info}/licenses/LICENSE": b"MIT"}
    record = "".join(f"{path},,\n" for path in (*inner, f"{info}/RECORD"))
    return {f"{site}/{path}": content for path, content in {**inner, f"{info}/RECORD": record.encode()}.items()}


def part(name: str, kind: str, files: list[str], **changed: str) -> dict[str, Any]:
    facts = {
        "version": "3.11.2" if kind == "interpreter" else "1.0",
        "licence": "Apache-2.0",
        "source": f"pkg:generic/{name}@1.0",
        **changed,
    }
    return {"name": name, "kind": kind, "files": files, **facts}


PARTS = (
    part("musl", "libc", ["/lib/ld-musl-x86_64.so.1", "/lib/libc.so", "/usr/share/licenses/musl/COPYRIGHT"]),
    part("openssl", "system", ["/usr/lib/libcrypto.so.3", "/usr/share/licenses/openssl/LICENSE.txt"]),
    part("tzdata", "system", ["/usr/share/zoneinfo/UTC", "/usr/share/doc/tzdata/copyright"], licence=DOMAIN),
    part("python", "interpreter", [LINK, "/usr/local/bin/python3.11", f"{LIB}/os.pyc", f"{LIB}/LICENSE.txt"]),
    part("autoarr-image", "image", ["/etc/passwd", "/usr/share/autoarr/inventory.json"], licence="MIT"),
    part("autoarr-ui", "ui", ["/opt/ui/index.html", "/opt/ui/licenses.txt.gz"], licence="MIT"),
)


def files(*parts: dict[str, Any]) -> dict[str, bytes]:
    """By absolute path, what every file of the image holds."""
    wheel = {
        "bomFormat": "CycloneDX",
        "metadata": {"component": {"name": "two", "purl": "pkg:pypi/two@2.0"}},
        "components": [
            {"type": "library", "name": "two", "purl": "pkg:pypi/two@2.0?file_name=two.whl"},
            {"type": "library", "name": "libgcc", "version": "14", "purl": "pkg:apk/alpine/libgcc@14"},
            {"name": "base64", "version": "1", "purl": "pkg:cargo/base64@1", "licenses": [{"license": {"id": "MIT"}}]},
        ],
    }
    found = {
        **distribution(SITE, "one", "1.0", "two[fast]>=1; python_version < '3.12'", "absent", files={"one.py": b"1"}),
        **distribution(
            SITE,
            "two",
            "2.0",
            "three; extra == 'fast'",
            "one; sys_platform == 'win32'",
            files={"two/__init__.py": b"2", "two-2.0.dist-info/sboms/two.json": json.dumps(wheel).encode()},
        ),
        **distribution(SITE, "three", "3.0", "one; extra == 'slow'", files={"three.py": b"3"}),
        **distribution("/opt/app", "autoarr", "0.1.0", "one", files={"autoarr/__init__.py": b"app"}),
        "/opt/ui/licenses.txt.gz": gzip.compress(BUNDLED.encode(), mtime=0),
    }
    components = list(parts or PARTS)
    for name in (name for one in components for name in one["files"] if name != LINK):
        found.setdefault(name, f"the content of {name}".encode())
    return {**found, "/usr/share/autoarr/inventory.json": json.dumps({"version": 1, "components": components}).encode()}


def layer(content: Mapping[str, bytes], links: Mapping[str, str] = LINKS) -> bytes:
    """These files and links as a layer."""
    members = [archives.file(name.lstrip("/"), text) for name, text in content.items()]
    members += [archives.link(name.lstrip("/"), target) for name, target in links.items()]
    return archives.layer(*members)


def archive(
    path: Path,
    content: Mapping[str, bytes],
    *,
    links: Mapping[str, str] = LINKS,
    labels: Mapping[str, str] = LABELS,
    **options: Any,
) -> Path:
    """An OCI archive of one such layer."""
    return archives.oci(path, layer(content, links), config={"Labels": dict(labels)}, **options)

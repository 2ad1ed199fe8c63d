"""Which component each file of the base comes from, with version, licence and source, kept in the image itself.

Alpine's and Debian's own databases tell it; a bootstrapped base lists what it was made from. A distroless image has no
package database, so this file is what an SBOM of it is made from.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote

PLACE = "usr/share/autoarr/inventory.json"
LICENSES = "usr/share/licenses"
VERSION = 1
# Made by this build, whatever the base is.
IMAGE = ("etc/passwd", "etc/group", "etc/ld.so.cache", "etc/ld.so.conf", PLACE)
SOURCE = f"pkg:generic/autoarr-image@{VERSION}"
IMAGE_ALSO = ("etc/nsswitch.conf", "etc/os-release", "usr/lib/os-release")  # where no package claims them
# Licences as SPDX has them, by source package; for databases that give none, or none in that form.
SPDX = {
    "base-files": "GPL-2.0-or-later",
    "bzip2": "bzip2-1.0.6",
    "ca-certificates": "MPL-2.0 AND GPL-2.0-or-later",
    "expat": "MIT",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glibc": "LGPL-2.1-or-later",
    "libffi": "MIT",
    "musl": "MIT",
    "netbase": "GPL-2.0-only",
    "openssl": "Apache-2.0",
    "python": "Python-2.0.1",
    "sqlite3": "blessing",
    "tzdata": "LicenseRef-public-domain",
    "util-linux": "BSD-3-Clause",
    "xz-utils": "0BSD",
    "zlib": "Zlib",
}
# Where the files of a bootstrapped base come from: its sources by the files that they give.
BOOTSTRAPPED = {
    "bzip2": ("usr/lib/libbz2.*",),
    "ca-certificates": ("etc/ssl/certs/*", "etc/ssl/cert.pem"),
    "libffi": ("usr/lib/libffi.*",),
    "musl": ("lib/ld-musl-*", "lib/libc.musl-*"),
    "openssl": ("usr/lib/libcrypto.*", "usr/lib/libssl.*", "etc/ssl/openssl.cnf"),
    "sqlite3": ("usr/lib/libsqlite3.*",),
    "tzdata": ("usr/share/zoneinfo/*",),
    "xz-utils": ("usr/lib/liblzma.*",),
    "zlib": ("usr/lib/libz.*",),
}
LIBC = ("musl", "glibc", "libc6")


@dataclass(kw_only=True)
class Component:
    """A package that files come from; see the inventory's own keys."""

    name: str
    version: str
    kind: str
    licence: str
    source: str
    files: list[str] = field(default_factory=list)


def write(root: Path, out: Path) -> None:
    """Write the inventory of everything below `out`, and the licence texts that the base has of it."""
    (out / PLACE).parent.mkdir(parents=True, exist_ok=True)
    (out / PLACE).write_text("", encoding="utf-8")
    files = [str(path.relative_to(out)) for path in sorted(out.rglob("*")) if path.is_symlink() or path.is_file()]
    known = list(components(root))
    owner: dict[str, Component] = {}
    for component in known:
        for pattern in component.files:
            for name in files:
                if name not in owner and (name == pattern or ("*" in pattern and fnmatchcase(name, pattern))):
                    owner[name] = component
    image = Component(name="autoarr-image", version=str(VERSION), kind="image", licence="MIT", source=SOURCE)
    made: dict[int, Component] = {}
    for name in files:
        found = image if name in IMAGE or (name in IMAGE_ALSO and name not in owner) else owner.get(name)
        if found is None:
            continue  # it shows as unowned, which the checks of the image do not let pass
        entry = made.setdefault(
            id(found),
            Component(**{**vars(found), "files": []}),
        )
        entry.files.append(f"/{name}")
    for entry in made.values():
        for text in _licence_texts(root, entry.name):
            target = out / LICENSES / entry.name / text.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.write_bytes(text.read_bytes())
            if f"/{target.relative_to(out)}" not in entry.files:
                entry.files.append(f"/{target.relative_to(out)}")
    entries = sorted((vars(entry) for entry in made.values()), key=lambda entry: str(entry["name"]))
    listing = json.dumps({"version": VERSION, "components": entries}, separators=(",", ":"), sort_keys=True)
    (out / PLACE).write_text(listing + "\n", encoding="utf-8")


def components(root: Path) -> Iterator[Component]:
    """The components of a base: Python first, because package databases do not know it."""
    version = platform.python_version()
    yield Component(
        name="python",
        version=version,
        kind="interpreter",
        licence=SPDX["python"],
        source=f"pkg:generic/python@{version}",
        files=[
            "usr/local/bin/python*",
            "usr/local/lib/libpython*",
            "usr/local/lib/python3.*/*",
            "usr/local/lib/python3*.zip",
        ],
    )
    if (database := root / "lib/apk/db/installed").exists():
        yield from _apk(database.read_text(encoding="utf-8"))
    elif (root / "var/lib/dpkg/status").exists():
        yield from _dpkg(root)
    elif (listing := root / "usr/share/autoarr-base/sources").exists():
        yield from _bootstrapped(listing.read_text(encoding="utf-8"))


def _kind(name: str) -> str:
    return "libc" if name in LIBC else "system"


def _bootstrapped(listing: str) -> Iterator[Component]:
    for name, version in (line.split() for line in listing.splitlines() if line.strip()):
        if name in BOOTSTRAPPED:
            source = f"pkg:deb/debian/{name}@{quote(version)}?arch=source"
            yield Component(
                name=name,
                version=version,
                kind=_kind(name),
                licence=SPDX.get(name, ""),
                source=source,
                files=list(BOOTSTRAPPED[name]),
            )


def _apk(database: str) -> Iterator[Component]:
    """Alpine's database: a paragraph a package, P name, V version, L licence, o origin, F folder, R file in it."""
    for paragraph in database.split("\n\n"):
        fields: dict[str, str] = {}
        files, folder = [], ""
        for line in paragraph.splitlines():
            key, _, value = line.partition(":")
            if key == "F":
                folder = value
            elif key == "R":
                files.append(f"{folder}/{value}")
            else:
                fields.setdefault(key, value)
        if "P" in fields:
            name, version = fields["P"], fields.get("V", "")
            source = f"pkg:apk/alpine/{name}@{version}?arch={fields.get('A', '')}"
            origin = fields.get("o", name)
            # Certificates are put together by a trigger, which no package lists.
            more = ["etc/ssl/certs/*", "etc/ssl/cert.pem"] if origin == "ca-certificates" else []
            yield Component(
                name=name,
                version=version,
                kind=_kind(origin),
                licence=fields.get("L", ""),
                source=source,
                files=[*files, *more],
            )


def _dpkg(root: Path) -> Iterator[Component]:
    """Debian's database: the status, and a list of files a package. /lib is a link to /usr/lib there, or was one."""
    for paragraph in (root / "var/lib/dpkg/status").read_text(encoding="utf-8").split("\n\n"):
        fields: dict[str, str] = dict(re.findall(r"^([\w-]+): (.*)$", paragraph, re.MULTILINE))
        if "Package" not in fields:
            continue
        name, version = fields["Package"], fields["Version"]
        lists = [root / f"var/lib/dpkg/info/{name}{suffix}.list" for suffix in ("", f":{fields.get('Architecture')}")]
        paths = [line for each in lists if each.exists() for line in each.read_text(encoding="utf-8").splitlines()]
        files = [variant for line in paths for variant in _merged(line.lstrip("/")) if len(line) > 2]
        origin = fields.get("Source", name).partition(" ")[0]
        more = ["etc/ssl/certs/*"] if name == "ca-certificates" else []
        yield Component(
            name=name,
            version=version,
            kind=_kind(origin),
            licence=SPDX.get(origin, ""),
            source=f"pkg:deb/debian/{name}@{quote(version)}?arch={fields.get('Architecture', '')}",
            files=[*files, *more],
        )


def _merged(path: str) -> Iterable[str]:
    return (path, f"usr/{path}") if path.startswith("lib") else (path, path.removeprefix("usr/"))


def _licence_texts(root: Path, name: str) -> list[Path]:
    if name == "python":
        return sorted((root / "usr/local/lib").glob("python3.*/LICENSE.txt"))
    places = (root / LICENSES / name, root / "usr/share/doc" / name)
    texts = [path for place in places for path in sorted(place.glob("*")) if path.is_file()]
    return [path for path in texts if re.match(r"(?i)copyright|licen[cs]e|copying", path.name)]

"""System packages: whose each file is, by the database of Alpine's or Debian's package manager."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from automation.layers import Contents, EntryKind
from automation.ownership import licences
from automation.ownership.model import Component, Kind, purl

APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
DPKG = "/var/lib/dpkg"
LAYOUT = "base-files"
LIBCS = ("musl", "libc6")
LIST = re.compile(rf"{DPKG}/info/(?P<name>[^/:]+)(?::[^/]+)?\.list")
# What no database lists, since a package's scripts made it: by its path's beginning, whose it is if that is installed.
MADE = {
    "/etc/alternatives/": "dpkg",
    "/etc/apk/": "apk-tools",
    "/etc/apt/": "apt",
    "/etc/ld.so.cache": "libc-bin",
    "/etc/ssl/certs/": "ca-certificates",
    "/etc/ca-certificates.conf": "ca-certificates",
    "/lib/apk/": "apk-tools",
    "/usr/lib/apk/": "apk-tools",
    "/usr/share/apk/": "apk-tools",
    "/usr/share/ca-certificates/": "ca-certificates",
    "/var/cache/apk/": "apk-tools",
    "/var/cache/apt/": "apt",
    "/var/cache/debconf/": "debconf",
    "/var/cache/ldconfig/": "libc-bin",
    "/var/lib/apk/": "apk-tools",
    "/var/lib/apt/": "apt",
    "/var/lib/dpkg/": "dpkg",
    "/var/lib/pam/": "libpam-runtime",
    "/var/lib/systemd/deb-systemd-helper": "init-system-helpers",
    "/var/lib/ucf/": "ucf",
    "/var/log/apt/": "apt",
    "/var/log/alternatives.log": "dpkg",
    "/var/log/dpkg.log": "dpkg",
}


def wanted(path: str) -> bool:
    """Whether the content of this file is needed here."""
    if path in APK or path == f"{DPKG}/status" or LIST.fullmatch(path):
        return True
    return path.startswith(f"{DPKG}/status.d/") or (path.startswith("/usr/share/doc/") and path.endswith("/copyright"))


def claims(contents: Contents) -> dict[str, Component]:
    """Every file that a package lists or is known to make."""
    found: dict[str, Component] = {}
    installed: dict[str, Component] = {}
    for package, path in [*_apk(contents), *_dpkg(contents)]:
        installed[package.name] = package
        # Several packages list the same folder, or the link that stands for one; the base's own has it.
        place = real(contents, path)
        if path and (package.name == LAYOUT or place not in found):
            found[place] = package
    if not installed:
        return found
    for path in contents.entries:
        if path in found:
            continue
        if path.startswith(f"{DPKG}/info/"):
            name = re.split(r"[:.]", path.removeprefix(f"{DPKG}/info/"))[0]
            maker = installed.get(name) or installed.get("dpkg")
        else:
            maker = next((installed.get(name) for start, name in MADE.items() if path.startswith(start)), None)
        if maker is not None:
            found[path] = maker
    return found


def real(contents: Contents, path: str) -> str:
    """A path without links to folders on its way: Debian's packages list `/bin/x` where `/bin` leads to `usr/bin`."""
    for _ in range(8):
        parts = path.split("/")
        for end in range(2, len(parts)):
            entry = contents.entries.get("/".join(parts[:end]))
            if entry is not None and entry.kind is EntryKind.LINK:
                target = posixpath.join("/".join(parts[: end - 1]) or "/", entry.target)
                path = posixpath.normpath("/".join((target, *parts[end:])))
                path = "/" + path.lstrip("/")
                break
        else:
            return path
    return path


def _kind(name: str) -> Kind:
    return Kind.LIBC if name in LIBCS else Kind.SYSTEM


def _apk(contents: Contents) -> Iterator[tuple[Component, str]]:
    """Packages of Alpine with their files; a package without files once, with an empty path."""
    for database in APK:
        for record in contents.texts.get(database, b"").decode("utf-8", "replace").split("\n\n"):
            fields: dict[str, str] = {}
            files = []
            folder = ""
            for line in record.splitlines():
                key, _, value = line.partition(":")
                if key == "F":
                    folder = value
                elif key == "R":
                    files.append(f"/{folder}/{value}" if folder else f"/{value}")
                else:
                    fields.setdefault(key, value)
            if not fields.get("P"):
                continue
            name, version = fields["P"], fields.get("V", "")
            package = Component(
                kind=_kind(name),
                name=name,
                version=version,
                licence=licences.expression(fields.get("L", "")),
                source=purl("apk", name, version, namespace="alpine"),
            )
            yield from ((package, path) for path in files or [""])


def _dpkg(contents: Contents) -> Iterator[tuple[Component, str]]:
    """Packages of Debian with their files; a package without files once, with an empty path."""
    packages: dict[str, Component] = {}
    for paragraph in _text(contents, f"{DPKG}/status").split("\n\n"):
        package = _package(contents, paragraph)
        if package is not None:
            packages[package.name] = package
    for path in contents.texts:
        if match := LIST.fullmatch(path):
            package = packages.get(match["name"])
            if package is not None:
                yield from ((package, file) for file in _text(contents, path).splitlines())
        elif path.startswith(f"{DPKG}/status.d/") and not path.endswith(".md5sums"):
            package = _package(contents, _text(contents, path))
            if package is not None:
                yield package, path
                sums = f"{path}.md5sums"
                yield package, sums
                for line in _text(contents, sums).splitlines():
                    yield package, "/" + line.partition(" ")[2].strip().lstrip("/")
    yield from ((package, "") for package in packages.values())


def _package(contents: Contents, paragraph: str) -> Component | None:
    fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", paragraph, re.MULTILINE))
    name, version = fields.get("Package"), fields.get("Version", "")
    if not name or " installed" not in fields.get("Status", "install ok installed"):
        return None
    copyright_text = _text(contents, f"/usr/share/doc/{name}/copyright")
    return Component(
        kind=_kind(name),
        name=name,
        version=version,
        licence=licences.of_debian(name, copyright_text),
        source=purl("deb", name, version, namespace=_distribution(contents)),
    )


def _distribution(contents: Contents) -> str:
    texts: Mapping[str, bytes] = contents.texts
    release = texts.get("/etc/os-release") or texts.get("/usr/lib/os-release") or b""
    match = re.search(rb'^ID="?([\w.-]+)"?$', release, re.MULTILINE)
    name = match[1].decode() if match else "debian"
    return name if name in ("debian", "ubuntu") else "debian"


def _text(contents: Contents, path: str) -> str:
    return contents.texts.get(path, b"").decode("utf-8", "replace")

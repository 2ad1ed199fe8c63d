"""What a bootstrapped base was made from, and the interpreter of any base: told by where things lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from automation.layers import Contents
from automation.ownership.licences import PUBLIC_DOMAIN
from automation.ownership.model import Component, Kind, purl

SOURCES = ("/usr/share/autoarr-base/sources", "/usr/local/share/autoarr-base/sources")
ZONES = "/usr/share/zoneinfo/tzdata.zi"
INTERPRETER = re.compile(
    r"/usr/local/(bin/(python|pydoc|idle|2to3)[\w.-]*|lib/libpython[\w.]*|lib/python3(\.\d+)?/.*|lib/python3\d+\.zip|include/python3.*"
    r"|lib/pkgconfig/python.*|share/man/man1/python.*)"
)
SITE = re.compile(r"/usr/local/lib/python3\.\d+/site-packages/(?!README\.txt$)")
VERSION = re.compile(r"/usr/local/(?:lib|include)/python(3\.\d+)/")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One source package of a bootstrapped musl base, and where its files lie."""

    name: str
    licence: str
    paths: re.Pattern[str]
    kind: Kind = Kind.SYSTEM


PARTS = (
    Part(name="musl", licence="MIT", paths=re.compile(r"/lib/(ld-musl|libc\.musl)-.*"), kind=Kind.LIBC),
    Part(name="busybox", licence="GPL-2.0-only", paths=re.compile(r"(/usr)?/s?bin/.*|/linuxrc")),
    Part(name="bzip2", licence="bzip2-1.0.6", paths=re.compile(r"/usr/lib/libbz2\..*")),
    Part(name="libffi", licence="MIT", paths=re.compile(r"/usr/lib/libffi\..*")),
    Part(name="openssl", licence="Apache-2.0", paths=re.compile(r"/usr/lib/lib(crypto|ssl)\..*|/etc/ssl/openssl\.cnf")),
    Part(name="sqlite3", licence="blessing", paths=re.compile(r"/usr/lib/libsqlite3\..*")),
    Part(name="xz-utils", licence=PUBLIC_DOMAIN, paths=re.compile(r"/usr/lib/liblzma\..*")),
    Part(name="zlib", licence="Zlib", paths=re.compile(r"/usr/lib/libz\..*")),
    Part(name="ca-certificates", licence="MPL-2.0", paths=re.compile(r"/etc/ssl/(certs/.*|cert\.pem)")),
    Part(name="tzdata", licence=PUBLIC_DOMAIN, paths=re.compile(r"/usr/share/zoneinfo/.*")),
)


def sources(contents: Contents) -> dict[str, str]:
    """The source packages of a bootstrapped base and their versions; empty for any other."""
    found: dict[str, str] = {}
    for path in SOURCES:
        for line in contents.texts.get(path, b"").decode("utf-8", "replace").splitlines():
            name, _, version = line.strip().partition(" ")
            if name and version:
                found[name] = version
    return found


def claims(contents: Contents) -> dict[str, Component]:
    """What a bootstrapped musl base has besides the interpreter. Debian's packages say so themselves on glibc."""
    versions = sources(contents)
    if "musl" not in versions:
        return {}
    versions["tzdata"] = _zones(contents)
    parts = [(part, _component(part, versions.get(part.name, ""))) for part in PARTS]
    found: dict[str, Component] = {}
    for path in contents.entries:
        owner = next((component for part, component in parts if part.paths.fullmatch(path)), None)
        if owner is not None:
            found[path] = owner
    return found


def interpreter(contents: Contents) -> dict[str, Component]:
    """CPython under /usr/local, where official and bootstrapped bases have it, without what pip installed there."""
    made = sources(contents)
    environment = _environment(contents.config)
    found: dict[str, Component] = {}
    by_version: dict[str, Component] = {}
    versions = sorted({match[1] for path in contents.entries if (match := VERSION.match(path))})
    for path in contents.entries:
        if not INTERPRETER.fullmatch(path) or SITE.match(path):
            continue
        match = VERSION.match(path)
        short = match[1] if match else (versions[-1] if versions else "")
        if short not in by_version:
            by_version[short] = _python(short, made, environment)
        found[path] = by_version[short]
    return found


def _python(short: str, made: Mapping[str, str], environment: Mapping[str, str]) -> Component:
    debian = made.get(f"python{short}")
    stated = environment.get("PYTHON_VERSION", "")
    version = debian or (stated if stated.startswith(short) else short)
    if debian:
        source = purl("deb", f"python{short}", version, namespace="debian", qualifiers="?arch=source")
    else:
        source = purl("generic", "python", version)
    return Component(kind=Kind.INTERPRETER, name="python", version=version, licence="PSF-2.0", source=source)


def _component(part: Part, version: str) -> Component:
    source = purl("deb", part.name, version, namespace="debian", qualifiers="?arch=source" if version else "")
    return Component(kind=part.kind, name=part.name, version=version, licence=part.licence, source=source)


def _zones(contents: Contents) -> str:
    match = re.match(rb"# version (\w+)", contents.texts.get(ZONES, b""))
    return match[1].decode() if match else ""


def _environment(config: Mapping[str, object]) -> dict[str, str]:
    inner = config.get("config")
    lines = inner.get("Env") if isinstance(inner, dict) else None
    return dict(str(line).split("=", 1) for line in lines if "=" in str(line)) if isinstance(lines, list) else {}

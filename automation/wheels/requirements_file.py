"""Requirements files with hashes, as pip-tools, uv and Poetry export them: pins, markers, digests, but no file names.

Source: pip's documentation, "Requirements File Format" and "Secure installs".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from automation.errors import UsageError
from automation.wheels.graph import OWN, Edge, File, Lock, Package

_TRUNCATED = "it is truncated: export it again"
# The digits of the digests that pip accepts.
_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}

_COMMENT = re.compile(r"(^|\s+)#.*$")
_HASH = re.compile(r"--hash[=\s]+(\S+)")
_INCLUDED = re.compile(r"(?:-r|--requirement)[=\s]*(\S+)$")
_FOLDER = re.compile(r"(?:-e|--editable)\b|\.{0,2}/|\.$|file:")


def read(text: str, path: Path) -> Lock:
    """A lock from the text of a requirements file, and of those it includes.

    Raises:
        UsageError: something in it is not a pinned requirement.
    """
    packages = tuple(_packages(text, path, (path,)))
    if not packages:
        raise UsageError("it holds no requirement", where=str(path), hint="name a lock file that does")
    return Lock(
        path=path,
        format="requirements file",
        packages=tuple(package for package, _ in packages),
        roots=tuple(Edge(targets=(number,), marker=marker) for number, (_, marker) in enumerate(packages)),
    )


def _packages(text: str, path: Path, opened: tuple[Path, ...]) -> Iterator[tuple[Package, str]]:
    """Each package with its marker."""
    for number, line in _logical_lines(text, path):
        where = f"{path}:{number}"
        included = _INCLUDED.match(line)
        if included:
            other = path.parent / included[1]
            if other not in opened:
                yield from _packages(_content(other, where), other, (*opened, other))
        elif _FOLDER.match(line):
            yield Package(name=line.removeprefix("-e").strip(), version="", files=(), origin=OWN), ""
        elif not line.startswith("-"):
            yield _package(line, where)
        # Every other option says where and how to install, not what.


def _content(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name}, which it includes, can't be read: {error}", where=where) from None


def _logical_lines(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """Lines without comments, joined where they end in a backslash, with the number of their first."""
    first, parts = 1, list[str]()
    for number, raw in enumerate(text.splitlines(), start=1):
        if not parts:
            first = number
        line = _COMMENT.sub("", raw).rstrip()
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        whole = " ".join([*parts, line]).strip()
        parts.clear()
        if whole:
            yield first, whole
    if parts:
        raise UsageError("it ends in the middle of a requirement", where=f"{path}:{first}", hint=_TRUNCATED)


def _package(line: str, where: str) -> tuple[Package, str]:
    """One pinned requirement, and its marker.

    Raises:
        UsageError: it is not a requirement, or not pinned.
    """
    try:
        requirement = Requirement(re.split(r"\s--", line, maxsplit=1)[0])
    except InvalidRequirement as error:
        raise UsageError(
            f"not a requirement: {line[:60]}", where=where, hint="name a lock file", details=str(error)
        ) from None
    digests = _HASH.findall(line)
    for digest in digests:
        algorithm, _, digits = digest.partition(":")
        if len(digits) != _DIGITS.get(algorithm, len(digits)):
            raise UsageError(f"a digest of {requirement.name} is cut short", where=where, hint=_TRUNCATED)
    if requirement.url:
        version = ""
        files = [File(unquote(urlsplit(requirement.url).path).rsplit("/", 1)[-1], *digests[:1])]
    else:
        version = _pin(requirement, where)
        # Without hashes the index decides; there is at least one file, whichever it is.
        files = [File("", digest) for digest in digests or [""]]
    package = Package(name=canonicalize_name(requirement.name), version=version, files=tuple(files))
    return package, str(requirement.marker or "")


def _pin(requirement: Requirement, where: str) -> str:
    pins = [one.version for one in requirement.specifier if one.operator in ("==", "===") and "*" not in one.version]
    if len(pins) != 1:
        raise UsageError(
            f"{requirement.name} is not pinned to one version, so this is not a lock file",
            where=where,
            hint="name a lock file, or compile one from it",
        )
    return pins[0]

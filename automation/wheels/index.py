"""What a package index has, through its simple API: files by name and digest, and the newest version with a wheel.

Source: PEP 503 (HTML), PEP 691 (JSON), PEP 592 (yanked).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
from packaging.version import InvalidVersion, Version

from automation import network
from automation.wheels.coverage import Files, judge
from automation.wheels.gaps import Gap
from automation.wheels.graph import File, Lock, Package

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_TIMEOUT = 30.0
_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What the indexes have of a package.

    Attributes:
        files: those of each version, without yanked ones.
        yanked: those taken back, which a pin still gets.
        problem: why it is not known, or not in full.
    """

    files: Mapping[Version, tuple[File, ...]]
    yanked: Mapping[Version, tuple[File, ...]]
    problem: str = ""

    def of(self, version: str) -> tuple[File, ...]:
        """All files of one version."""
        try:
            wanted = Version(version)
        except InvalidVersion:
            return ()
        return (*self.files.get(wanted, ()), *self.yanked.get(wanted, ()))


def listings(packages: Iterable[Package]) -> dict[str, Listing]:
    """What the indexes that pip uses here have of each package, by name; of one with an index of its own, that index.

    An index that does not answer is a problem of the listing, never an error.
    """
    default = [network.simple_index(), *network.index_settings().get("PIP_EXTRA_INDEX_URL", "").split()]
    addresses = {package.name: [package.index] if _is_own(package.index) else default for package in packages}
    bundle = network.ca_bundle()
    context = ssl.create_default_context(cafile=str(bundle) if bundle else None)
    with (
        httpx2.Client(verify=context, timeout=_TIMEOUT, follow_redirects=True, headers={"Accept": _ACCEPT}) as client,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        found = pool.map(lambda item: _listing(client, *item), addresses.items())
        return dict(zip(addresses, found, strict=True))


def _is_own(address: str) -> bool:
    """Whether an address in a lock is another index than the public one, which may be reached through a mirror here."""
    from pip._internal.models.index import PyPI

    return bool(address) and address.rstrip("/") != PyPI.simple_url.rstrip("/")


def _listing(client: httpx2.Client, name: str, indexes: Sequence[str]) -> Listing:
    files: dict[Version, tuple[File, ...]] = {}
    yanked: dict[Version, tuple[File, ...]] = {}
    problems = []
    answered = False
    for index in indexes:
        try:
            response = client.get(f"{index.rstrip('/')}/{name}/")
            if response.status_code == httpx2.codes.NOT_FOUND:
                continue
            response.raise_for_status()
            entries = _entries(response)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as error:
            # By its host alone: an address may carry a password.
            problems.append(f"{urlsplit(index).hostname or 'the index'}: {_short(error)}")
            continue
        answered = True
        for file, taken_back in entries:
            version = file.version
            if version is not None:
                into = yanked if taken_back else files
                into[version] = (*into.get(version, ()), file)
    if not answered and not problems:
        problems.append("no index has it")
    return Listing(files=files, yanked=yanked, problem="; ".join(problems))


def _short(error: Exception) -> str:
    if isinstance(error, httpx2.HTTPStatusError):
        return f"answers {error.response.status_code}"
    return type(error).__name__


def _entries(response: httpx2.Response) -> list[tuple[File, bool]]:
    """Each file, and whether it was yanked."""
    if "json" not in response.headers.get("content-type", ""):
        parser = _Links()
        parser.feed(response.text)
        return parser.found
    data: Mapping[str, Any] = response.json()
    return [
        (
            File(item["filename"], _digest(item.get("hashes", {})), item.get("requires-python") or ""),
            bool(item.get("yanked", False)),
        )
        for item in data["files"]
    ]


def _digest(hashes: Mapping[str, str]) -> str:
    return f"sha256:{hashes['sha256']}" if "sha256" in hashes else ""


class _Links(HTMLParser):
    """The links of an index's HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[File, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = urlsplit(values.get("href") or "")
        if tag == "a" and address.path:
            digest = address.fragment.replace("=", ":", 1) if address.fragment.startswith("sha256=") else ""
            name = unquote(address.path).rsplit("/", 1)[-1]
            self.found.append((File(name, digest, values.get("data-requires-python") or ""), "data-yanked" in values))


def completed(lock: Lock, found: Mapping[str, Listing]) -> Lock:
    """A lock with what the indexes add to its packages."""
    packages = (
        _completed(package, found[package.name]) if package.name in found else package for package in lock.packages
    )
    return replace(lock, packages=tuple(packages))


def _completed(package: Package, listing: Listing) -> Package:
    """With names for digests, with all files where the lock has none, and with the Pythons that each file is for."""
    listed = listing.of(package.version)
    by_digest = {file.digest: file for file in listed if file.digest}
    by_name = {file.name: file for file in listed}
    files: list[File] = []
    for file in package.files:
        if file.name:
            same = by_name.get(file.name)
            files.append(replace(file, requires_python=same.requires_python) if same else file)
        elif file.digest:
            files.append(by_digest.get(file.digest, file))
        else:
            files += listed or [file]
    return replace(package, files=tuple(files))


def with_newest(gaps: Iterable[Gap], found: Mapping[str, Listing]) -> tuple[Gap, ...]:
    """Gaps with the newest version that would fill each, as far as the indexes told."""
    return tuple(
        replace(gap, newest=_newest(found[gap.package], gap)) if gap.state.gap and gap.package in found else gap
        for gap in gaps
    )


def _newest(listing: Listing, gap: Gap) -> str | None:
    """The newest version with a wheel for the gap's platform and all its Pythons; pre-releases only if it is one."""
    if listing.problem and not listing.files:
        return None
    early = _is_early(gap.version)
    for version, files in sorted(listing.files.items(), reverse=True):
        if version.is_prerelease and not early:
            continue
        candidate = Package(name=gap.package, version=str(version), files=files)
        told_apart = Files.of(files)
        if all(judge(candidate, told_apart, gap.platform, python).tag for python in gap.pythons):
            return str(version)
    return ""


def _is_early(version: str) -> bool:
    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False

"""What a wheel may have to fit: platforms, Python versions, the tags pip accepts there, the values of markers there.

Tags come from `packaging.tags`; only the lists of platform tags of machines other than this one are made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from packaging import tags
from packaging.specifiers import SpecifierSet

from automation.errors import UsageError
from automation.wheels import constraints as wheel_constraints

MUSL, GLIBC, MACOS, WINDOWS = "musllinux", "manylinux", "macOS", "Windows"
X86_64, ARM64 = "x86_64", "aarch64"

DEFAULT_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# Older ones name their ABI in another way, newer ones do not exist.
_OLDEST, _NEWEST = 8, 15
# Stands for the newest patch release of a Python, whichever that is: markers and specifiers only compare with it.
_NEWEST_PATCH = 99

# The old names of three manylinux tags (PEP 600).
_LEGACY = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
# The oldest glibc 2.x of each architecture that has a tag.
_OLDEST_GLIBC = {X86_64: 5, ARM64: 17}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The newest system version that a wheel may ask for.

    Attributes:
        musl: that of Alpine 3.13 and everything newer.
        glibc: that of Debian 12.
        macos: for information, as its columns are.
    """

    musl: tuple[int, int] = (1, 2)
    glibc: tuple[int, int] = (2, 36)
    macos: tuple[int, int] = (14, 0)

    def as_dict(self) -> dict[str, str]:
        """For JSON and for people: `{"musl": "1.2", …}`."""
        return {
            name: ".".join(map(str, version))
            for name, version in (("musl", self.musl), ("glibc", self.glibc), ("macos", self.macos))
        }


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A system on an architecture.

    Attributes:
        system: :data:`MUSL`, :data:`GLIBC`, :data:`MACOS` or :data:`WINDOWS`.
        arch: :data:`X86_64` or :data:`ARM64`, on every system.
        tags: the platform tags of wheels it takes, the best first.
        supported: whether the project's images are built for it; the others are for information.
    """

    system: str
    arch: str
    tags: tuple[str, ...]
    supported: bool

    @property
    def name(self) -> str:
        """`musllinux x86_64`."""
        return f"{self.system} {self.arch}"

    @property
    def machine(self) -> str:
        """The architecture, as `platform.machine()` names it there."""
        return {(MACOS, ARM64): "arm64", (WINDOWS, ARM64): "ARM64", (WINDOWS, X86_64): "AMD64"}.get(
            (self.system, self.arch), self.arch
        )


def platforms(limits: Limits) -> tuple[Platform, ...]:
    """The eight platforms of the matrix, musl first."""
    makers = {MUSL: _musl, GLIBC: _glibc, MACOS: _macos, WINDOWS: _windows}
    return tuple(
        Platform(system=system, arch=arch, tags=tuple(make(arch, limits)), supported=system in (MUSL, GLIBC))
        for system, make in makers.items()
        for arch in (X86_64, ARM64)
    )


def _musl(arch: str, limits: Limits) -> Iterator[str]:
    """PEP 656. No `linux_*`: it promises no libc, and in practice such a wheel is built on glibc."""
    major, newest = limits.musl
    for minor in range(newest, -1, -1):
        yield f"musllinux_{major}_{minor}_{arch}"


def _glibc(arch: str, limits: Limits) -> Iterator[str]:
    """PEP 600. A wheel that says only `linux_*` comes first, as pip has it."""
    yield f"linux_{arch}"
    major, newest = limits.glibc
    for minor in range(newest, _OLDEST_GLIBC[arch] - 1, -1):
        yield f"manylinux_{major}_{minor}_{arch}"
        if minor in _LEGACY:
            yield f"{_LEGACY[minor]}_{arch}"


def _macos(arch: str, limits: Limits) -> Iterator[str]:
    return tags.mac_platforms(limits.macos, "arm64" if arch == ARM64 else arch)


def _windows(arch: str, limits: Limits) -> Iterator[str]:
    yield "win_arm64" if arch == ARM64 else "win_amd64"


@dataclass(frozen=True, order=True)
class Python:
    """A minor version of CPython 3, with the global interpreter lock.

    Attributes:
        patch: the patch release that markers compare with.
    """

    minor: int
    patch: int

    def __str__(self) -> str:
        return f"3.{self.minor}"

    @property
    def full_version(self) -> str:
        """`3.12.99` where no patch release was named."""
        return f"3.{self.minor}.{self.patch}"


def python(text: str) -> Python:
    """A Python version as asked for: `3.12`, or `3.12.4` to compare markers with that patch release.

    Raises:
        UsageError: it is not a version, or not one whose tags are known.
    """
    match = re.fullmatch(r"3\.(\d{1,2})(?:\.(\d{1,3}))?", text)
    if match is None or not _OLDEST <= int(match[1]) <= _NEWEST:
        free = "; free-threaded builds take other wheels, which are not covered" if text.endswith("t") else ""
        raise UsageError(
            f"Python {text!r} is not known{free}", hint=f"ask for 3.{_OLDEST} to 3.{_NEWEST}, or a patch release of one"
        )
    return Python(int(match[1]), int(match[2] or _NEWEST_PATCH))


def pythons(asked: Sequence[str], allowed: tuple[str, ...], where: str) -> tuple[Python, ...]:
    """The Python versions to look at, oldest first: those asked for, else the default ones that the lock is for.

    Args:
        allowed: the lock's own range, as alternatives of specifiers.
        where: the lock, for the error.

    Raises:
        UsageError: one is not known, or the lock is not for it, or for none of the default ones.
    """
    fitting = {text: _within(python(text), allowed) for text in asked or DEFAULT_PYTHONS}
    unfit = [text for text, found in fitting.items() if found is None]
    if unfit and (asked or len(unfit) == len(fitting)):
        raise UsageError(
            f"the lock is for Python {' || '.join(allowed)}, not {', '.join(unfit)}",
            where=where,
            hint="ask for a Python that the lock is for",
        )
    return tuple(sorted({found for found in fitting.values() if found is not None}))


def _within(wanted: Python, allowed: tuple[str, ...]) -> Python | None:
    """The same minor version with a patch release that the lock is for; none when the lock is for none of them."""
    patches = [wanted.patch]
    if wanted.patch == _NEWEST_PATCH:
        named = [one.version.removesuffix(".*").split(".") for text in allowed for one in SpecifierSet(text)]
        same = [parts for parts in named if parts[:2] == ["3", str(wanted.minor)] and len(parts) > 2]
        patches += [*sorted((int(parts[2]) for parts in same if parts[2].isdigit()), reverse=True), 0]
    candidates = (Python(wanted.minor, patch) for patch in patches)
    return next((one for one in candidates if wheel_constraints.fits(one.full_version, allowed)), None)


@cache
def ranks(platform_tags: tuple[str, ...], minor: int) -> Mapping[tags.Tag, int]:
    """The tags of wheels that CPython 3.`minor` takes on a platform, each with its rank; 0 is the best."""
    version, interpreter = (3, minor), f"cp3{minor}"
    accepted = chain(
        tags.cpython_tags(version, abis=[interpreter], platforms=platform_tags),
        tags.compatible_tags(version, interpreter, platform_tags),
    )
    found: dict[tags.Tag, int] = {}
    for rank, tag in enumerate(accepted):
        found.setdefault(tag, rank)
    return found


def environment(platform: Platform, wanted: Python) -> dict[str, str]:
    """The values of markers there (PEP 508). Releases of kernels are typical ones: a lock can't know them either."""
    system, sys_platform, os_name, release = {
        MACOS: ("Darwin", "darwin", "posix", "23.0.0"),
        WINDOWS: ("Windows", "win32", "nt", "11"),
    }.get(platform.system, ("Linux", "linux", "posix", "6.1.0"))
    return {
        "implementation_name": "cpython",
        "implementation_version": wanted.full_version,
        "os_name": os_name,
        "platform_machine": platform.machine,
        "platform_python_implementation": "CPython",
        "platform_release": release,
        "platform_system": system,
        "platform_version": "",
        "python_full_version": wanted.full_version,
        "python_version": str(wanted),
        "sys_platform": sys_platform,
    }

"""Programs that an image that only serves has no use for and an intruder has: shells, package managers, compilers."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from automation.layers import Contents, Entry, EntryKind
from automation.ownership import packages

SETUID, SETGID, EXECUTABLE = 0o4000, 0o2000, 0o111
HOPS = 8
# Folders whose executable files are settings and examples: `/etc/cron.daily/dpkg` is no package manager.
SETTINGS = ("/etc/", "/usr/share/")
# A compiler for another machine or of one version is one as well: `x86_64-linux-gnu-gcc-12`.
PREFIX, SUFFIX = r"(?:\w+(?:-\w+)?-linux-\w+-)?", r"(?:-?\d[\d.]*)?"


@dataclass(frozen=True, kw_only=True)
class Family:
    """Programs of one sort.

    Attributes:
        programs: names of executable files, wherever they lie.
        paths: a pattern of further files that do the same without being executable themselves, such as modules.
    """

    programs: frozenset[str]
    paths: str = r"(?!)"

    def has(self, path: str) -> bool:
        """Whether a file is one of them by its path alone."""
        return re.fullmatch(self.paths, path) is not None

    def names(self, name: str) -> bool:
        """Whether a program of that name is one of them, also with a version or a machine in its name."""
        return re.fullmatch(f"{PREFIX}(?:{'|'.join(map(re.escape, sorted(self.programs)))}){SUFFIX}", name) is not None


SHELLS = Family(
    programs=frozenset(
        {"ash", "bash", "busybox", "csh", "dash", "fish", "hush", "ksh", "mksh", "rbash", "sh", "tcsh", "toybox", "zsh"}
    )
)
PACKAGE_MANAGERS = Family(
    programs=frozenset(
        {
            *("apk", "apt", "apt-get", "aptitude", "dpkg", "dnf", "microdnf", "opkg", "pacman", "rpm", "yum", "zypper"),
            *("conda", "easy_install", "npm", "pip", "pipx", "pnpm", "poetry", "uv", "yarn"),
        }
    ),
    # Python runs these by `-m`, and ensurepip installs the wheel that it carries.
    paths=r".*/(site|dist)-packages/(pip|uv|poetry)/__main__\.pyc?|.*/ensurepip/_bundled/pip-[^/]+\.whl",
)
COMPILERS = Family(
    programs=frozenset(
        {
            *("as", "c++", "c89", "c99", "cc", "cc1", "cc1plus", "clang", "clang++", "cpp", "g++", "gcc", "gfortran"),
            *("go", "ld", "ld.bfd", "ld.gold", "ld.lld", "lld", "rustc", "tcc", "zig"),
        }
    )
)


def found(contents: Contents, family: Family) -> tuple[str, ...]:
    """Where programs of a family are, links to them included: each link of busybox is a name to call it by."""
    return tuple(
        path
        for path, entry in sorted(contents.entries.items())
        if family.has(path)
        or (not path.startswith(SETTINGS) and family.names(posixpath.basename(path)) and _runs(contents, path, entry))
    )


def setuid(contents: Contents) -> tuple[str, ...]:
    """The files that run with the rights of their owner or group, whoever starts them."""
    return tuple(
        path
        for path, entry in sorted(contents.entries.items())
        if entry.kind is EntryKind.FILE and entry.mode & (SETUID | SETGID)
    )


def _runs(contents: Contents, path: str, entry: Entry | None) -> bool:
    """Whether it is an executable file, or a link that leads to one."""
    for _ in range(HOPS):
        if entry is None or entry.kind is not EntryKind.LINK:
            break
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.target))
        # A link of the root folder can't lead out of it.
        path = packages.real(contents, "/" + path.lstrip("/"))
        entry = contents.entries.get(path)
    return entry is not None and entry.kind is EntryKind.FILE and bool(entry.mode & EXECUTABLE)

"""What would make an image smaller: rules as data, applied to the files that are really there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from automation.layers import Contents, EntryKind
from automation.ownership import Component, Kind
from automation.ownership.distributions import source_of
from automation.size.facts import Action
from automation.size.looking import Look

INSTALLERS = frozenset({"pip", "setuptools", "wheel"})
PACKAGE_MANAGERS = frozenset(
    {"apk-tools", "libapk", "libapk2", "apt", "libapt-pkg6.0", "libapt-pkg7.0", "dpkg", "debconf"}
)
SHELLS = frozenset({"busybox", "busybox-binsh", "ssl_client", "bash", "dash", "coreutils", "perl-base", "util-linux"})
SITE = r"/.*/(site|dist)-packages"
STDLIB = r"/usr(/local)?/lib/python3(\.\d+)?"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A reason to leave a file out.

    Attributes:
        what: what to do.
        paths: which files, by absolute path; None where the owner decides.
        owners: of which components, where the rule is about them.
        kinds: of which kinds of components; empty for all.
    """

    name: str
    what: str
    paths: re.Pattern[str] | None = None
    owners: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()

    def fits(self, path: str, owner: Component) -> bool:
        """Whether the file would go."""
        if self.owners and owner.name not in self.owners:
            return False
        if self.kinds and owner.kind not in self.kinds:
            return False
        return self.paths is None or self.paths.fullmatch(path) is not None


SYSTEM = frozenset({Kind.SYSTEM})
# A file goes by the first rule that fits, so that what they save adds up.
RULES = (
    Rule(
        name="caches",
        what="remove caches and lists in the step that makes them",
        paths=re.compile(
            r"/var/(lib/apt/lists|cache|log)/.+|/root/\.(cache|npm)/.+|/tmp/.+|/var/tmp/.+|.*/lib/apk/db/.*\.tar\.gz"
        ),
    ),
    Rule(
        name="installers",
        what="leave pip and setuptools out: nothing is installed at run time",
        owners=INSTALLERS,
        kinds=frozenset({Kind.PYTHON}),
    ),
    Rule(
        name="installers",
        what="leave out what only makes new environments",
        paths=re.compile(rf"{STDLIB}/ensurepip/.+"),
    ),
    Rule(
        name="package manager",
        what="copy what runs into an image from scratch, without a package manager",
        owners=PACKAGE_MANAGERS,
        kinds=SYSTEM,
    ),
    Rule(name="shell", what="copy what runs into an image from scratch, without a shell and its tools", owners=SHELLS),
    Rule(
        name="tests",
        what="leave test suites out",
        paths=re.compile(rf"({STDLIB}|{SITE})/(.*/)?(tests?|idle_test)/.+|{STDLIB}/lib-dynload/_(test|xxtest)[^/]+"),
    ),
    Rule(
        name="desktop",
        what="leave out what only desktops and developers use of the standard library",
        paths=re.compile(
            rf"{STDLIB}/(idlelib|lib2to3|tkinter|turtledemo|pydoc_data|config-3[^/]*)/.+|{STDLIB}/(__pycache__/)?turtle\..*"
            r"|/usr/local/bin/(2to3|idle|pydoc)[^/]*"
        ),
    ),
    Rule(
        name="documentation",
        what="leave documentation and translations out; licence texts stay",
        paths=re.compile(
            r"/usr(/local)?/share/(man|info|gtk-doc|help|locale|lintian|bug)/.+|/usr(/local)?/share/doc/(?!.*/copyright).+"
        ),
    ),
    Rule(
        name="for compilers",
        what="leave out what only compilers read: headers, static libraries, sources of extensions",
        paths=re.compile(
            r"/.*/include/.+\.(h|hpp|inc|inl)|/.*\.(a|la|o|pc|pyx|pxd|pxi|c|h|cpp|hpp|cu)|/.*/pkgconfig/.+"
        ),
    ),
    Rule(name="type stubs", what="leave type stubs out: only checkers read them", paths=re.compile(rf"{SITE}/.+\.pyi")),
    Rule(name="debug files", what="leave debug information out", paths=re.compile(r"/usr/lib/debug/.+|/.*\.debug")),
    Rule(
        name="zone copies",
        what="leave out the second forms of the time zones",
        paths=re.compile(r"/usr/share/zoneinfo/(posix|right)/.+"),
    ),
    Rule(
        name="environment scripts",
        what="leave out what only a shell reads of a virtual environment",
        paths=re.compile(r"/opt/\w+/bin/[Aa]ctivate[^/]*"),
    ),
)
SOURCES = ("sources", "ship bytecode in place of the source it was made from")
OPTIMISED = ("second bytecode", "keep bytecode of one optimisation level")
STRIP = ("strip", "strip symbols that only debuggers read")


def actions(
    contents: Contents, owners: Mapping[str, Component], seen: Mapping[str, Look]
) -> dict[Component, tuple[Action, ...]]:
    """For each component what would make it smaller, the most first. The bytes of a file count once."""
    bytecode = _bytecode(contents)
    found: dict[Component, dict[tuple[str, str], tuple[int, int]]] = {}
    for path, owner in owners.items():
        entry = contents.entries[path]
        if entry.kind is not EntryKind.FILE or not entry.stored_bytes:
            continue
        name, saved = _saving(path, entry.stored_bytes, owner, seen.get(path), bytecode)
        if saved:
            known = found.setdefault(owner, {})
            size, count = known.get(name, (0, 0))
            known[name] = (size + saved, count + 1)
    return {
        owner: tuple(
            Action(name=name, what=what, disk_bytes=size, files=count)
            for (name, what), (size, count) in sorted(known.items(), key=lambda item: (-item[1][0], item[0]))
        )
        for owner, known in found.items()
    }


def _saving(
    path: str, size: int, owner: Component, seen: Look | None, bytecode: Mapping[str, str]
) -> tuple[tuple[str, str], int]:
    """The first rule that fits a file, and what it saves of it."""
    for rule in RULES:
        if rule.fits(path, owner):
            return (rule.name, rule.what), size
    if path in bytecode:
        return SOURCES, size
    source = source_of(path)
    if source is not None and bytecode.get(source, path) != path:
        return OPTIMISED, size
    return STRIP, min(seen.strippable, size) if seen is not None else 0


def _bytecode(contents: Contents) -> dict[str, str]:
    """For each source that has bytecode beside it: the one that counts, the others being of other levels."""
    found: dict[str, str] = {}
    order: Callable[[str], tuple[int, str]] = lambda path: (".opt-" in path, path)  # noqa: E731 - a sort key with a type
    for path in sorted((path for path in contents.entries if path.endswith(".pyc")), key=order):
        source = source_of(path)
        if source is not None and source in contents.entries:
            found.setdefault(source, path)
    return found

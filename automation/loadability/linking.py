"""What the dynamic loader would do with a library: which files it takes for DT_NEEDED, and where each symbol is from.

glibc and musl differ, and both are followed: musl inherits RUNPATH as well as RPATH and ignores symbol versions; glibc
wants every version defined by the very library that was promised to have it.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from automation.bases import Libc
from automation.loadability.elf import Elf, Kind, Reference, Symbol

# NEEDED names that begin so mean musl itself, whatever follows (its `ldso/dynlink.c`).
MUSL_RESERVED = tuple(f"lib{name}." for name in ("c", "pthread", "rt", "m", "dl", "util", "xnet"))
MAX_LINKS = 40


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The files that a loader can find, by absolute path.

    Attributes:
        files: ELF files for the target's machine; others can't be found.
        links: symbolic links, with what they hold.
        cache: ld.so.cache: where glibc finds a library that is in none of the folders.
        folders: where the loader looks after everything else.
        preferred: LD_LIBRARY_PATH.
    """

    files: Mapping[str, Elf]
    links: Mapping[str, str] = field(default_factory=dict)
    cache: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()

    def find(self, path: str) -> Elf | None:
        """The file at a path, links followed."""
        found = self.files.get(path)
        return found if found is not None or not self.links else self.files.get(self.real(path))

    def real(self, path: str) -> str:
        """A path without links in it."""
        for _ in range(MAX_LINKS):
            parts = path.strip("/").split("/")
            for count in range(1, len(parts) + 1):
                head = "/" + "/".join(parts[:count])
                if head in self.links:
                    rest = parts[count:]
                    path = posixpath.normpath(posixpath.join(posixpath.dirname(head), self.links[head], *rest))
                    break
            else:
                return "/" + "/".join(parts)
        return path


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a subject is to be loaded on.

    Attributes:
        libc_version: such as `1.2.5` or `2.36`.
        python: such as `3.11`; None where none runs.
        knows_python: whether what that Python exports is known.
        libraries: what is there besides the subject's own files, by file name.
        started: the libraries of a running Python, in the order they are searched for symbols.
    """

    libc: Libc
    arch: str
    libc_version: str
    python: str | None = None
    libraries: Mapping[str, Elf] = field(default_factory=dict)
    started: tuple[Elf, ...] = ()
    knows_python: bool = True


@dataclass(frozen=True, eq=False)
class Loaded:
    """A library in memory: where it came from (None: it is the target's), and what asked for it."""

    path: str | None
    elf: Elf
    name: str
    parent: Loaded | None = None

    def chain(self) -> Iterator[Loaded]:
        """This library, what asked for it, what asked for that, and so on."""
        here: Loaded | None = self
        while here is not None:
            yield here
            here = here.parent


@dataclass(frozen=True, kw_only=True)
class Group:
    """What loading one file brings in.

    Attributes:
        members: in the order they are searched, the file itself first; the running Python's libraries are not in it.
        missing: what asked for a library that nobody has, and its name.
        by_name: members and the running process's libraries by the name they were asked for.
    """

    members: tuple[Loaded, ...]
    missing: tuple[tuple[Loaded, str], ...]
    by_name: Mapping[str, Elf]


class Linker:
    """A loader of one libc, over one tree of files."""

    def __init__(self, tree: Tree, target: Target) -> None:
        self.tree = tree
        self.target = target
        self._groups: dict[str, Group] = {}

    def group(self, path: str) -> Group:
        """What loading a file of the tree into the target's process brings in."""
        if path not in self._groups:
            self._groups[path] = self._load(path, self.tree.files[path])
        return self._groups[path]

    def _load(self, path: str, elf: Elf) -> Group:
        root = Loaded(path, elf, elf.soname or posixpath.basename(path))
        started = () if elf.kind is Kind.EXECUTABLE else self.target.started
        by_name = {library.soname: library for library in started if library.soname}
        by_name[root.name] = elf
        members, missing = [root], []
        waiting = deque([root])
        while waiting:
            asking = waiting.popleft()
            for name in asking.elf.needed:
                if name in by_name:
                    continue
                found = self._search(name, asking)
                if found is None:
                    missing.append((asking, name))
                    continue
                by_name[name] = found.elf
                same = next((member for member in members if member.elf is found.elf), None)
                if same is None and not any(library is found.elf for library in started):
                    if found.elf.soname:
                        by_name.setdefault(found.elf.soname, found.elf)
                    members.append(found)
                    waiting.append(found)
        return Group(members=tuple(members), missing=tuple(missing), by_name=by_name)

    def is_given(self, name: str) -> bool:
        """Whether a library is the target's, and not searched for among the subject's files."""
        reserved = self.target.libc is Libc.MUSL and name.startswith(MUSL_RESERVED)
        return reserved or name in self.target.libraries or any(name == own.soname for own in self.target.started)

    def _search(self, name: str, asking: Loaded) -> Loaded | None:
        if self.target.libc is Libc.MUSL and name.startswith(MUSL_RESERVED):
            return self._libc(name, asking)
        if "/" in name:
            found = self.tree.find(posixpath.normpath(name))
            return None if found is None else Loaded(name, found, name, asking)
        for folder in self._folders(asking):
            path = posixpath.join(folder, name)
            if (found := self.tree.find(path)) is not None:
                return Loaded(path, found, name, asking)
        if (cached := self.tree.cache.get(name)) is not None and (found := self.tree.find(cached)) is not None:
            return Loaded(cached, found, name, asking)
        known = self.target.libraries.get(name)
        return None if known is None else Loaded(None, known, name, asking)

    def _libc(self, name: str, asking: Loaded) -> Loaded | None:
        """musl, whichever of its names was used."""
        return None if self._musl is None else Loaded(*self._musl, name, asking)

    @cached_property
    def _musl(self) -> tuple[str | None, Elf] | None:
        own = ((path, elf) for path, elf in self.tree.files.items() if is_musl(path, elf))
        known = ((None, elf) for name, elf in self.target.libraries.items() if is_musl(name, elf))
        return next(own, None) or next(known, None)

    def _folders(self, asking: Loaded) -> Iterator[str]:
        if self.target.libc is Libc.MUSL:
            yield from self.tree.preferred
            for loaded in asking.chain():
                yield from search_path(loaded.path, loaded.elf.runpath or loaded.elf.rpath)
        else:
            if not asking.elf.runpath:
                for loaded in asking.chain():
                    if not loaded.elf.runpath:
                        yield from search_path(loaded.path, loaded.elf.rpath)
            yield from self.tree.preferred
            yield from search_path(asking.path, asking.elf.runpath)
        yield from self.tree.folders

    def unresolved(self, elf: Elf, group: Group) -> frozenset[Reference]:
        """The symbols a member of a group asks for that nothing in the process has."""
        started = () if group.members[0].elf.kind is Kind.EXECUTABLE else self.target.started
        scope = [*started, *(member.elf for member in group.members)]
        return frozenset(
            wanted for wanted in elf.undefined if not any(self.provides(library, wanted) for library in scope)
        )

    def provides(self, library: Elf, wanted: Reference) -> bool:
        """Whether a library has what is asked for."""
        if self.target.libc is Libc.MUSL:
            return wanted.name in library.names
        if wanted.version is None or not library.versions_defined:
            return wanted.name in library.names or wanted.name in library.hidden_names
        return Symbol(wanted.name, wanted.version) in library.exports


def is_musl(path: str, elf: Elf) -> bool:
    """Whether a library is musl itself: it is its own loader."""
    return (
        posixpath.basename(path).startswith("ld-musl-")
        or (elf.soname is not None and elf.soname.startswith(("libc.musl-", "ld-musl-")))
        or (posixpath.basename(path) == "libc.so" and "__libc_start_main" in elf.names)
    )


def search_path(path: str | None, entries: tuple[str, ...]) -> Iterator[str]:
    """The folders of an RPATH or RUNPATH; a relative one means the process's own folder, so it is none."""
    for entry in entries:
        folder = expand(path, entry)
        if folder is not None and folder.startswith("/"):
            yield folder


def expand(path: str | None, entry: str) -> str | None:
    """An entry of an RPATH with `$ORIGIN` replaced; None where it has a variable that depends on the machine.

    Args:
        path: the file it stands in.
    """
    origin = posixpath.dirname(path or "/")
    folder = entry.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
    return None if "$" in folder else posixpath.normpath(folder)

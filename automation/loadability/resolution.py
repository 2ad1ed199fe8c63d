"""Every compiled file of a subject, judged: what it wants, against what it would get once it is loaded.

A library that is only complete in the company of what loads it is judged in that company.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from automation.bases import Libc
from automation.loadability import findings, linking, symbols
from automation.loadability.closure import File
from automation.loadability.elf import Elf, Kind, Reference, VersionNeed
from automation.loadability.findings import LOADING, Code, Finding, Weight, some
from automation.loadability.linking import Group, Linker, Target


@dataclass(frozen=True)
class Problem:
    """What a member of a group lacks: a library's name, a symbol, a version, or (None) room for its own storage."""

    member: str
    lacks: str | Reference | VersionNeed | None


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """The oldest C library that has all a file asks for, and what asks for that much."""

    version: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A file and what was found.

    Attributes:
        loads: whether it can be loaded by itself into a running Python (an executable: started); None where that is
            not known.
        minimum: None where it asks for nothing of the C library.
    """

    file: File
    findings: tuple[Finding, ...]
    loads: bool | None
    minimum: Minimum | None = None


class Judge:
    """Judges the files of one subject.

    Args:
        files: all of them; those of the target's machine are the linkers' tree.
        linker_of: the linker of the process that a file is loaded into.
        prefix: the folder that belongs to the subject.
        known: the folders there are, where that is known.
    """

    def __init__(
        self,
        files: Sequence[File],
        linker_of: Callable[[File], Linker],
        *,
        prefix: str,
        known: frozenset[str] = frozenset(),
    ) -> None:
        self._files = files
        self._linker_of = linker_of
        self._prefix = prefix
        self._known = known

    def judge(self) -> tuple[Judged, ...]:
        """All files, in their order."""
        return tuple(self._judged(file) for file in self._files)

    @cached_property
    def _linked(self) -> Mapping[str, tuple[File, Linker, Group]]:
        """The files that can be linked, by path."""
        linked = {}
        for file in self._files:
            linker = self._linker_of(file)
            if file.elf is not None and file.path in linker.tree.files and file.elf.kind is not Kind.OBJECT:
                linked[file.path] = (file, linker, linker.group(file.path))
        return linked

    @cached_property
    def _problems(self) -> Mapping[str, frozenset[Problem]]:
        """What the members of each file's group lack, by the file's path."""
        return {path: frozenset(problems(linker, group)) for path, (_, linker, group) in self._linked.items()}

    @cached_property
    def _loaders(self) -> Mapping[str, tuple[str, ...]]:
        """The files that load each file, by its path."""
        loaders = defaultdict(list)
        for path, (_, _, group) in self._linked.items():
            for member in group.members[1:]:
                if member.path is not None:
                    loaders[self._linked_path(member.path)].append(path)
        return {path: tuple(found) for path, found in loaders.items()}

    def _linked_path(self, path: str) -> str:
        """A path as the files have it."""
        if path in self._linked:
            return path
        tree = next(iter(self._linked.values()))[1].tree
        return tree.real(path)

    @cached_property
    def _exporters(self) -> Mapping[str, tuple[File, ...]]:
        """The files that export each symbol that some file lacks."""
        lacking = {
            problem.lacks.name
            for found in self._problems.values()
            for problem in found
            if isinstance(problem.lacks, Reference)
        }
        exporters = defaultdict(list)
        for file in self._files:
            for name in lacking & file.elf.names if file.elf is not None and lacking else ():
                exporters[name].append(file)
        return {name: tuple(found) for name, found in exporters.items()}

    def _judged(self, file: File) -> Judged:
        if file.elf is None:
            return Judged(file=file, findings=(findings.failure(Code.MALFORMED, file.problem),), loads=False)
        target = self._linker_of(file).target
        found = list(_of_file(file, file.elf, target))
        foreign = file.elf.machine != target.arch
        if not foreign:
            found += findings.of_rpath(file.path, file.elf, self._prefix, self._known, self._linker_of(file))
        if file.path not in self._linked:
            return Judged(file=file, findings=tuple(found), loads=False if foreign else None)
        found += self._of_group(file, target)
        return Judged(file=file, findings=tuple(found), loads=self._loads(file), minimum=self._minimum(file))

    def _loads(self, file: File) -> bool:
        _, linker, group = self._linked[file.path]
        if self._problems[file.path]:
            return False
        return not any(
            finding.weight is Weight.FAILURE and finding.code in LOADING
            for member in group.members
            if member.path is not None
            for finding in findings.of_libc(member.elf, linker.target)
        )

    def _of_group(self, file: File, target: Target) -> Iterator[Finding]:
        """What the file itself lacks, in the company of what loads it."""
        lacking = {problem for problem in self._problems[file.path] if problem.member == file.path}
        if lacking and (loaders := self._loaders.get(file.path)):
            lacking = {p for path in loaders for p in self._problems[path] if self._linked_path(p.member) == file.path}
        libraries = [p.lacks for p in lacking if isinstance(p.lacks, str)]
        yield from self._of_libraries(file, target, libraries)
        if libraries:
            # What it lacks besides may be in there.
            return
        yield from self._of_symbols(file, [p.lacks for p in lacking if isinstance(p.lacks, Reference)])
        needs = sorted(p.lacks for p in lacking if isinstance(p.lacks, VersionNeed))
        if needs:
            wanted = some(f"{need.version} of {need.library}" for need in needs)
            yield findings.failure(Code.VERSION, f"needs {wanted}; the target has {target.libc} {target.libc_version}")
        if any(p.lacks is None for p in lacking):
            detail = "has initial-exec thread-local storage, which musl gives only to what a process starts with"
            yield findings.failure(Code.TLS, detail)

    def _of_libraries(self, file: File, target: Target, names: Iterable[str]) -> Iterator[Finding]:
        elsewhere: dict[str, str] = {}
        nowhere = []
        for name in sorted(names):
            home = next(
                (o.label for o in self._files if o.elf and name in (o.elf.soname, o.path.rpartition("/")[2])), ""
            )
            # A library that was loaded before, by its path, answers to its name as well; not so in musl.
            if home and target.libc is Libc.GLIBC:
                elsewhere[name] = home
            else:
                nowhere.append(f"{name} (the loader does not look where it is, {home})" if home else name)
        if nowhere:
            detail = f"needs a library that nobody provides: {some(nowhere)}"
            if findings.OWN_MODULES.search(file.path):
                yield findings.unknown(Code.LIBRARY, f"an optional module of Python's own; {detail}")
            else:
                yield findings.failure(Code.LIBRARY, detail)
        for name, home in elsewhere.items():
            yield findings.unknown(
                Code.LIBRARY, f"needs {name}, which is no place to be found; loaded before, {home} does"
            )

    def _of_symbols(self, file: File, wanted: Iterable[Reference]) -> Iterator[Finding]:
        linker = self._linker_of(file)
        target = linker.target
        other = findings.other_python(file.path, target)
        nobody: list[str] = []
        unsure: dict[str, list[str]] = defaultdict(list)
        for reference in wanted:
            name = reference.name
            label = f"{name}@{reference.version}" if reference.version else name
            homes = [
                home
                for home in self._exporters.get(name, ())
                if home.package == file.package and home.elf is not None and linker.provides(home.elf, reference)
            ]
            if findings.is_python(name) and other:
                unsure[f"is for Python {other}, which exports them or not"].append(label)
            elif findings.is_python(name) and not target.knows_python:
                unsure[f"it is not known what Python {target.python} exports"].append(label)
            elif reason := findings.BROUGHT.get(file.elf.soname or "" if file.elf else ""):
                unsure[reason].append(label)
            elif homes:
                unsure[f"only {homes[0].label} has them, which it does not ask for"].append(label)
            else:
                nobody.append(label)
        if nobody:
            yield findings.failure(Code.SYMBOL, f"needs symbols that nobody has: {some(nobody)}")
        for reason, names in unsure.items():
            yield findings.unknown(Code.SYMBOL, f"needs {some(names)}; {reason}")

    def _minimum(self, file: File) -> Minimum | None:
        _, linker, group = self._linked[file.path]
        assert file.elf is not None  # noqa: S101 - it was linked
        target = linker.target
        asked = _of_musl(file.elf, target, group) if target.libc is Libc.MUSL else _of_glibc(file.elf)
        best = max(asked, key=lambda item: (symbols.number(item[0]), item[1]), default=None)
        return None if best is None else Minimum(version=best[0], because=f"{file.label}: {best[1]}")


def _of_file(file: File, elf: Elf, target: Target) -> Iterator[Finding]:
    if file.problem:
        yield findings.failure(Code.RECORD, file.problem)
    foreign = findings.of_machine(file.path, elf, target)
    if foreign is not None:
        yield foreign
        return
    if elf.kind is Kind.OBJECT:
        return
    yield from findings.of_libc(elf, target)
    yield from findings.of_interpreter(elf, target)
    yield from findings.of_name(file.path, elf, target)
    yield from findings.of_stable_abi(file.path, elf)
    yield from findings.of_hardening(elf, target)


def problems(linker: Linker, group: Group) -> Iterator[Problem]:
    """What the members of a group lack; those the target brings are not asked."""
    for asking, name in group.missing:
        yield Problem(asking.path or asking.name, name)
    for member in group.members:
        if member.path is None:
            continue
        for wanted in linker.unresolved(member.elf, group):
            yield Problem(member.path, wanted)
        if linker.target.libc is Libc.GLIBC:
            for need in member.elf.versions_needed:
                library = group.by_name.get(need.library)
                defined = library.versions_defined if library is not None else frozenset()
                if defined and need.version not in defined and not need.weak:
                    yield Problem(member.path, need)
        elif group.members[0].elf.kind is not Kind.EXECUTABLE and _wants_fixed_storage(linker, member.elf):
            yield Problem(member.path, None)


def _wants_fixed_storage(linker: Linker, elf: Elf) -> bool:
    """Whether a library wants initial-exec storage that is not of a library the process started with."""
    started = linker.target.started
    return any(not name or not any(name in library.names for library in started) for name in elf.initial_exec)


def _of_musl(elf: Elf, target: Target, group: Group) -> Iterator[tuple[str, str]]:
    since = symbols.musl_since(target.arch)
    company = [m.elf for m in group.members if not linking.is_musl(m.path or m.name, m.elf)]
    for wanted in elf.undefined:
        if wanted.name in since and not any(wanted.name in library.names for library in company):
            yield since[wanted.name], wanted.name
    if elf.has_relr:
        yield symbols.MUSL_RELR, "DT_RELR"


def _of_glibc(elf: Elf) -> Iterator[tuple[str, str]]:
    for need in elf.versions_needed:
        if findings.GLIBC_LIBRARY.fullmatch(need.library) and not need.weak:
            release = symbols.glibc_version_since(need.version)
            if release is not None:
                yield release, need.version

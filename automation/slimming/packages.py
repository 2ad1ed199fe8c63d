"""The environment of dependencies, made anew with what the application needs of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from automation.slimming import (
    bytecode,
    catalogue,
    compression,
    deferral,
    distributions,
    elf,
    modules,
    reach,
    shrink,
    standard,
)
from automation.slimming.catalogue import Step
from automation.slimming.deferral import Table
from automation.slimming.errors import Refused
from automation.slimming.modules import Import, Module

# The project's, which is that of what this build adds.
LICENCE = Path(__file__).parents[2] / "LICENSE"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the environment holds now, for the application's own check.

    Attributes:
        modules: the modules that can be imported.
        removed: those that could be, and the step that left them out.
    """

    modules: tuple[str, ...]
    removed: Mapping[str, str]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps({"modules": self.modules, "removed": dict(self.removed)}), encoding="utf-8")


def tables(found: Mapping[str, Module], everything: Mapping[str, Module]) -> dict[str, Table]:
    """The deferred names of every package that the catalogue lists."""
    made: dict[str, Table] = {}
    for wanted in catalogue.DEFERRALS:
        for name, module in found.items():
            if module.is_package and not module.is_native and fnmatchcase(name, wanted.package):
                table = deferral.table(module, wanted.targets, everything)
                if table.statements:
                    made[name] = table
    return made


def is_never_code(path: Path) -> bool:
    """Whether a file of a package is one that no program runs or reads; the path is relative to the packages."""
    folders = path.parts[:-1]
    if folders and folders[0].endswith(".dist-info"):
        return False
    if any(fnmatchcase(path.name, pattern) for pattern in catalogue.NEVER_CODE):
        return True
    inside = [index for index, folder in enumerate(folders) if folder in catalogue.NEVER_CODE_FOLDERS]
    return any("/".join(folders[: index + 1]) not in catalogue.CODE_AFTER_ALL for index in inside)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A virtual environment at its place, and the library of the interpreter that it belongs to."""

    home: Path
    packages: Path
    library: Path

    @classmethod
    def at(cls, home: Path, library: Path) -> Environment:
        """The environment in a folder."""
        return cls(home=home, packages=next(home.glob("lib/python3.*/site-packages")), library=library)

    def standard_library(self) -> dict[str, Module]:
        """The interpreter's modules."""
        compiled = self.library / "lib-dynload"
        return {
            **modules.index(self.library, skip=("site-packages", "lib-dynload")),
            **(modules.index(compiled) if compiled.is_dir() else {}),
        }


def reached(
    environment: Environment, imports: Iterable[Import], steps: frozenset[Step]
) -> tuple[reach.Reached, dict[str, Table]]:
    """What the application reaches of the environment, and the deferred names.

    Raises:
        Refused: a module that stays imports under names made at run time, and the catalogue does not say which; or it
            imports a part of the standard library that is left out.
    """
    found = {
        name: module
        for name, module in modules.index(environment.packages).items()
        if not is_never_code(module.path.relative_to(environment.packages))
    }
    interpreter = environment.standard_library()
    everything = {**interpreter, **found}
    deferred = tables(found, everything) if Step.DEFERRED in steps else {}
    roots = [*imports, *(Import(target=name) for name in catalogue.ROOTS)]
    got = reach.closure(everything, roots, tables=deferred, cuts=catalogue.CUTS, dynamic=catalogue.DYNAMIC)
    undeclared = [item for item in got.undeclared if item[0] in found]
    if undeclared:
        lines = [f"{name}{f', {scope}' if scope else ''}: {call}" for name, scope, call in undeclared]
        raise Refused(
            "these modules import under names that are made at run time; list in DYNAMIC of "
            "automation/slimming/catalogue.py what they import:\n" + "\n".join(lines)
        )
    gone = standard.left_out(interpreter, steps)
    kept = {name for name in interpreter if name not in gone} | (got.modules.keys() & found.keys())
    problems = standard.check((everything[name] for name in sorted(kept)), gone.keys())
    if problems:
        raise Refused(
            "these stay in the image and import what STANDARD_LIBRARY in automation/slimming/catalogue.py leaves out; "
            "take that out of the list, or say in TOLERATED why it does no harm:\n" + "\n".join(problems)
        )
    return got, deferred


def build(
    environment: Environment, out: Path, imports: Iterable[Import], steps: frozenset[Step], *, packed: bool
) -> Report:
    """Make the environment again below `out`, at the same path.

    Args:
        imports: what the application imports.
        packed: whether the image's loader knows packed relocations.

    Raises:
        Refused: see :func:`reached`.
    """
    source, home = environment.packages, out / environment.home.relative_to("/")
    target = home / source.relative_to(environment.home)
    every = modules.index(source)
    got, deferred = reached(environment, imports, steps) if Step.UNREACHED in steps else (None, {})
    keep = set(every) if got is None else {name for name in got.modules if name in every}
    by_path = {module.path: module for module in every.values()}
    # A source beside a library of the same name is never imported; it goes with its twin.
    removed: dict[str, str] = {}
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.is_dir() or "__pycache__" in inside.parts:
            continue
        module = by_path.get(path)
        if Step.NEVER_CODE in steps and is_never_code(inside):
            if module is not None:
                removed[module.name] = Step.NEVER_CODE
            continue
        if module is not None and module.name not in keep:
            removed[module.name] = Step.UNREACHED
            continue
        if module is None and got is not None and not _is_wanted(inside, keep, every):
            continue
        _place(path, target / inside, environment, module, deferred, steps, packed)
    _scaffold(environment, home, target, steps)
    if Step.COMPRESSED in steps:
        for name in catalogue.COMPRESSED:
            compression.compress_package(target, name)
    _records(source, target, home, environment, steps)
    if Step.EQUAL_FILES in steps:
        link_equal(target)
    return Report(modules=tuple(sorted(set(every) - set(removed))), removed=removed)


def _is_wanted(inside: Path, keep: set[str], every: Mapping[str, Module]) -> bool:
    """Whether a file that is no module goes with something that stays: its package, or all packages' own metadata."""
    if inside.parts[0].endswith((".dist-info", ".libs")) or len(inside.parts) == 1:
        return True
    names = [".".join(inside.parts[:count]) for count in range(1, len(inside.parts))]
    packages = [name for name in names if name in every]
    return bool(packages) and packages[-1] in keep


def _place(
    path: Path,
    target: Path,
    environment: Environment,
    module: Module | None,
    deferred: Mapping[str, Table],
    steps: frozenset[Step],
    packed: bool,
) -> None:
    if path.name in distributions.DISPENSABLE and path.parent.suffix == ".dist-info" and Step.METADATA in steps:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".py" and Step.BYTECODE in steps:
        table = deferred.get(module.name) if module is not None else None
        code = bytecode.compile_module(path.read_bytes(), str(path), steps=steps, table=table)
        target.with_suffix(".pyc").write_bytes(code)
        return
    shutil.copyfile(path, target)
    if path.name == "METADATA" and Step.METADATA in steps:
        target.write_text(distributions.trimmed_metadata(path.read_text(encoding="utf-8")), encoding="utf-8")
    content = path.read_bytes()
    if elf.is_elf(content):
        target.write_bytes(slimmed(content, steps, packed=packed))
        target.chmod(0o755)


def slimmed(content: bytes, steps: frozenset[Step], *, packed: bool) -> bytes:
    """A compiled file with the steps for compiled files applied."""
    return shrink.shrink(
        content,
        strip=Step.STRIP in steps,
        relocations=packed and Step.RELOCATIONS in steps,
        unwind=packed and Step.UNWIND_TABLES in steps,
    )


def _scaffold(environment: Environment, home: Path, target: Path, steps: frozenset[Step]) -> None:
    """What makes a folder of packages an environment, and the helpers that the steps need."""
    (home / "bin").mkdir(parents=True)
    for path in sorted((environment.home / "bin").iterdir()):
        if path.is_symlink():
            (home / "bin" / path.name).symlink_to(path.readlink())
        elif Step.NEVER_CODE not in steps:
            shutil.copy2(path, home / "bin" / path.name)
    shutil.copyfile(environment.home / "pyvenv.cfg", home / "pyvenv.cfg")
    place = environment.packages
    if Step.DEFERRED in steps:
        _helper(target, place, deferral.HELPER, deferral.HELPER_SOURCE, steps)
    if Step.COMPRESSED in steps:
        _helper(target, place, compression.FINDER, compression.FINDER_SOURCE, steps)
        (target / f"{compression.FINDER}.pth").write_text(compression.path_file(target, place), encoding="utf-8")


def _helper(target: Path, place: Path, name: str, source: str, steps: frozenset[Step]) -> None:
    if Step.BYTECODE in steps:
        code = bytecode.compile_module(source.encode(), f"{place}/{name}.py", steps=frozenset())
        (target / f"{name}.pyc").write_bytes(code)
    else:
        (target / f"{name}.py").write_text(source, encoding="utf-8")


def _records(source: Path, target: Path, home: Path, environment: Environment, steps: frozenset[Step]) -> None:
    """Give each file that is there to the distribution that brought it, and what the build made to one of its own."""
    claimed: set[Path] = set()
    for info in sorted(target.glob("*.dist-info")):
        files = {
            file for name in distributions.recorded(source / info.name) for file in _stands_for(name, target, steps)
        }
        files = {file for file in files if file.name != "RECORD" or file.parent != info}
        files |= {path for path in info.rglob("*") if path.is_file() and path.name != "RECORD"}
        claimed |= files
        distributions.write_record(info, files, target)
    own = target / f"{distributions.OWN.replace('-', '_')}-1.dist-info"
    own.mkdir()
    metadata = distributions.OWN_METADATA.format(name=distributions.OWN, version=1)
    (own / "METADATA").write_text(metadata, encoding="utf-8")
    (own / "licenses").mkdir()
    shutil.copyfile(LICENCE, own / "licenses" / LICENCE.name)
    rest = {path for path in home.rglob("*") if path.is_file() and not path.is_symlink()} - claimed
    rest = {path for path in rest if path.name != "RECORD" or path.parent.suffix != ".dist-info"}
    distributions.write_record(own, rest, target)


def _stands_for(name: str, target: Path, steps: frozenset[Step]) -> Iterator[Path]:
    """The files that a file of a wheel became: itself, its bytecode, or the zip file of its package."""
    path = Path(os.path.normpath(target / name))
    parts = Path(name).parts[:-1]
    archives = [target / f"{'.'.join(parts[:count])}.zip" for count in range(1, len(parts) + 1)]
    for candidate in (path, path.with_suffix(".pyc") if path.suffix == ".py" else path, *archives):
        if candidate.is_file() and not candidate.is_symlink():
            yield candidate


def link_equal(folder: Path) -> int:
    """Store equal files once, as hard links; the bytes saved. Their modes have to agree too."""
    first: dict[tuple[bytes, int], Path] = {}
    saved = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or not path.stat().st_size:
            continue
        key = (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mode)
        same = first.setdefault(key, path)
        if same is not path:
            saved += path.stat().st_size
            path.unlink()
            path.hardlink_to(same)
    return saved

"""The application's own files, and whether everything that they import is in the image."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from automation.slimming import bytecode, catalogue, compression, distributions, modules
from automation.slimming.catalogue import Step
from automation.slimming.errors import Refused
from automation.slimming.modules import Import, Module


def external(found: Mapping[str, Module]) -> list[Import]:
    """What the modules import of packages, sorted and without lines: it changes only when an import does, so that an
    edit of code leaves everything built on it as it is."""
    tops = {name.partition(".")[0] for name in found} | sys.stdlib_module_names
    links = {
        (link.target, tuple(sorted(link.names)))
        for module in found.values()
        for link in module.source.imports
        if link.target.partition(".")[0] not in tops
    }
    return [Import(target=target, names=names) for target, names in sorted(links)]


def save_imports(imports: Iterable[Import], path: Path) -> None:
    """Write imports as JSON."""
    path.write_text(json.dumps([[link.target, list(link.names)] for link in imports], indent=0), encoding="utf-8")


def load_imports(path: Path) -> list[Import]:
    """What :func:`save_imports` wrote."""
    return [Import(target=target, names=tuple(names)) for target, names in json.loads(path.read_text(encoding="utf-8"))]


def present(root: Path, library: str, packages: str) -> set[str]:
    """The modules that an image can import: sources, bytecode, libraries, and what zip files hold."""
    found: set[str] = set()
    for folder in (library, f"{library}/lib-dynload", packages):
        place = root / folder.lstrip("/")
        if place.is_dir():
            found |= modules.index(place, skip=("site-packages", "lib-dynload")).keys()
    archives = {archive: archive.stem.rpartition(".")[0] for archive in (root / packages.lstrip("/")).glob("*.zip")}
    standard = compression.standard_archive(root / library.lstrip("/"))
    if standard.is_file():
        archives[standard] = ""
    for archive, parent in archives.items():
        with zipfile.ZipFile(archive) as opened:
            names = {_module_name(name) for name in opened.namelist() if name.endswith((".py", ".pyc"))}
        found |= {f"{parent}.{name}" if parent else name for name in names}
    return found


def _module_name(path: str) -> str:
    return path.rpartition(".")[0].removesuffix("/__init__").replace("/", ".")


def check(found: Mapping[str, Module], available: set[str], removed: Mapping[str, str], builtin: Iterable[str]) -> None:
    """Everything that the application imports is in the image.

    Args:
        found: the application's modules.
        available: the modules of the image besides them.
        removed: modules that were left out, and by which step.
        builtin: modules that are part of the interpreter's own program.

    Raises:
        Refused: it imports something that was left out, or uses what leads there; by name, with what to do.
    """
    known = available | set(builtin) | found.keys()
    problems = []
    for module in found.values():
        libraries = {link.target.partition(".")[0] for link in module.source.imports}
        for link in module.source.imports:
            place = f"{module.name}, line {link.line}"
            for name in (link.target, *(f"{link.target}.{name}" for name in link.names)):
                step = _left_out(name, removed)
                if name not in known and step is not None:
                    problems.append(f"{place}: imports {name}, which the step {step} leaves out; {_advice(step)}")
            for cut in catalogue.CUTS:
                used = set(link.names) & set(cut.names)
                library = cut.module.partition(".")[0]
                if used and library in libraries and not link.scope.startswith("("):
                    problems.append(
                        f"{place}: uses {', '.join(sorted(used))} of {library}, which leads to {cut.target}; that was "
                        f"left out ({cut.why}): remove the cut from CUTS in automation/slimming/catalogue.py"
                    )
        for call, scope in module.source.dynamic:
            if module.name not in catalogue.DYNAMIC:
                problems.append(
                    f"{module.name}{f', {scope}' if scope else ''}: {call} imports a name that is made at run time; "
                    "list in DYNAMIC of automation/slimming/catalogue.py what it may be"
                )
    if problems:
        raise Refused("\n".join(dict.fromkeys(problems)))


def _left_out(name: str, removed: Mapping[str, str]) -> str | None:
    """The step that left a module out, or the package it would be in."""
    return next((removed[part] for part in reversed(list(modules.parents(name))) if part in removed), None)


def _advice(step: str) -> str:
    if step == Step.STANDARD_LIBRARY:
        return "take it out of STANDARD_LIBRARY in automation/slimming/catalogue.py"
    if step == Step.NEVER_CODE:
        return "list its folder in CODE_AFTER_ALL in automation/slimming/catalogue.py"
    return "the import has to be one that can be read from the source"


def _is_dispensable(path: Path, steps: frozenset[Step]) -> bool:
    return Step.METADATA in steps and path.parent.suffix == ".dist-info" and path.name in distributions.DISPENSABLE


def build(source: Path, out: Path, steps: frozenset[Step]) -> None:
    """Make the application's folder again below `out`, at the same path; its docstrings stay."""
    target = out / source.relative_to("/")
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.is_dir() or "__pycache__" in inside.parts or path.name == "RECORD":
            continue
        place = target / inside
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py" and Step.BYTECODE in steps:
            code = bytecode.compile_module(path.read_bytes(), str(path), steps=steps, documented=True)
            place.with_suffix(".pyc").write_bytes(code)
        elif _is_dispensable(path, steps):
            continue
        else:
            shutil.copy2(path, place)
        if path.name == "METADATA" and Step.METADATA in steps:
            place.write_text(distributions.trimmed_metadata(path.read_text(encoding="utf-8")), encoding="utf-8")
    info = next(target.glob("*.dist-info"))
    distributions.write_record(info, [path for path in target.rglob("*") if path.is_file()], target)

"""Which modules a tree holds, and what each imports: read from sources, nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from automation.slimming import branches

FILE = re.compile(r"(?P<name>[^\W\d]\w*)(?P<kind>\.py|\.pyc|(?:\.[\w-]+)*\.so)$")
# Calls that import what their first argument names, and those that import what all of theirs do.
IMPORTERS = ("import_module", "__import__")
REGISTRARS = ("preload_module",)  # SQLAlchemy's, against circular imports


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import of a module.

    Attributes:
        target: the absolute name asked for; it may be of nothing that exists here.
        names: what is taken from it; empty for a plain import, `*` for all.
        scope: the function that does it, such as `Client.beta`; empty where it is done as the module loads.
        line: in the source.
    """

    target: str
    names: tuple[str, ...] = ()
    scope: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Source:
    """What was read of a module's source.

    Attributes:
        dynamic: imports whose name is made at run time: the call as written, and its scope.
    """

    imports: tuple[Import, ...] = ()
    dynamic: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module of a tree: its name and its file, which is a source or a compiled library."""

    name: str
    path: Path

    @property
    def is_package(self) -> bool:
        """Whether others can be inside it."""
        return self.path.name.startswith("__init__.")

    @property
    def is_native(self) -> bool:
        """Whether it is a compiled library."""
        return self.path.suffix == ".so"

    @property
    def twin(self) -> Path | None:
        """The Python source that a compiled library was made from, where it lies beside it."""
        beside = self.path.with_name(self.name.rpartition(".")[2] + ".py")
        return beside if beside.is_file() else None

    @cached_property
    def source(self) -> Source:
        """What its source imports; of a compiled library the names of modules among its strings, which is not all."""
        if self.is_native and self.twin is not None:
            return read_source(self.twin.read_bytes(), self.name, is_package=False)
        if self.is_native:
            return Source(
                imports=tuple(Import(target=name, scope=COMPILED) for name in _mentioned(self.path.read_bytes()))
            )
        return read_source(self.path.read_bytes(), self.name, is_package=self.is_package)


DOTTED = re.compile(rb"(?<=\0)[a-zA-Z_]\w*(?:\.[a-zA-Z_]\w*)+(?=\0)")


# The scope of what a compiled library seems to import.
COMPILED = "(compiled)"


def _mentioned(content: bytes) -> list[str]:
    """Strings of a library that may be names of modules."""
    return sorted({match.decode("ascii") for match in DOTTED.findall(content) if len(match) < 200})


def index(folder: Path, skip: Iterable[str] = ()) -> dict[str, Module]:
    """The modules below a folder of `sys.path`, by name. Where a library and a source have one name, Python takes the
    library, and so does this.

    Args:
        skip: folders directly in it that are places of their own, such as `site-packages`.
    """
    skipped = set(skip)
    found: dict[str, Module] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        match = FILE.match(path.name)
        if match is None or parts[0] in skipped or not all(part.isidentifier() for part in parts[:-1]):
            continue
        names = parts[:-1] if match["name"] == "__init__" else (*parts[:-1], match["name"])
        name = ".".join(names)
        if not name or (name in found and (found[name].is_native or match["kind"] == ".pyc")):
            continue
        found[name] = Module(name=name, path=path)
    return found


def read_source(content: bytes, name: str, *, is_package: bool) -> Source:
    """What a source imports, leaving out branches that are never taken here. Nothing of a source that does not parse:
    Python could not import it either."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return Source()
    reader = _Reader(name, is_package)
    reader.visit(branches.prune(tree, imported=True))
    return Source(imports=(*reader.imports, *reader.chains()), dynamic=tuple(reader.dynamic))


def parents(name: str) -> Iterator[str]:
    """A module's name and those of the packages around it, outermost first: importing it imports them."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])


class _Reader(ast.NodeVisitor):
    def __init__(self, name: str, is_package: bool) -> None:
        self.package = name.split(".") if is_package else name.split(".")[:-1]
        self.scope: list[str] = []
        self.imports: list[Import] = []
        self.dynamic: list[tuple[str, str]] = []
        self.bound: dict[str, str] = {}  # names that imports bind: to which module
        self.used: dict[tuple[str, ...], tuple[str, int]] = {}

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        # A class's body runs as the module loads, but its methods carry its name.
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.scope.append(f"{node.name}()")
        self.generic_visit(node)
        self.scope.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815 - ast's spelling

    def _where(self) -> str:
        inside = any(part.endswith("()") for part in self.scope)
        return ".".join(part.removesuffix("()") for part in self.scope) if inside else ""

    def _add(self, target: str, names: tuple[str, ...], line: int) -> None:
        self.imports.append(Import(target=target, names=names, scope=self._where(), line=line))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, (), node.lineno)
            self.bound[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        target = absolute(self.package, node.level, node.module)
        if target:
            self._add(target, tuple(alias.name for alias in node.names), node.lineno)
            self.bound.update({alias.asname or alias.name: f"{target}.{alias.name}" for alias in node.names})

    def visit_Call(self, node: ast.Call) -> None:
        function = ast.unparse(node.func)
        if function.rpartition(".")[2] in IMPORTERS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                level = len(first.value) - len(first.value.lstrip("."))
                self._add(absolute(self.package, level, first.value[level:]) or first.value, (), node.lineno)
            else:
                self.dynamic.append((ast.unparse(node), self._where()))
        elif function.rpartition(".")[2] in REGISTRARS:
            for item in node.args:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    self._add(item.value, (), node.lineno)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        parts = [node.attr]
        value = node.value
        while isinstance(value, ast.Attribute):
            parts.append(value.attr)
            value = value.value
        if isinstance(value, ast.Name):
            self.used.setdefault((value.id, *reversed(parts)), (self._where(), node.lineno))
        self.generic_visit(node)

    def chains(self) -> Iterator[Import]:
        """What is taken of imported modules by attribute, such as `anthropic.types.Message`, as if it was imported."""
        for (name, *attributes), (scope, line) in self.used.items():
            target = self.bound.get(name)
            for attribute in attributes if target else ():
                yield Import(target=str(target), names=(attribute,), scope=scope, line=line)
                target = f"{target}.{attribute}"


def absolute(package: list[str], level: int, module: str | None) -> str:
    """The absolute name of what an import names; empty where it climbs out of its package."""
    if not level:
        return module or ""
    base = package[: max(len(package) - (level - 1), 0)]
    return ".".join([*base, *([module] if module else [])]) if base else ""

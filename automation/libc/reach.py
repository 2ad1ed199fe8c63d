"""Where a program's own sources and those of its dependencies reach what libcs do differently.

What is found is every mention, so more than what a program does; what is not found is not mentioned under its name
anywhere. Names put together at run time, star imports, and the inside of the standard library are not seen: the
patterns name the standard library's functions that lead to the libc. Compiled libraries are searched for the C
functions they import.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from automation import paths
from automation.errors import CheckFailed
from automation.libc.patterns import PATTERNS, RECURSIVE_KEY, format_patterns

APPLICATION = "autoarr"
_STRFTIME = "strftime"


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """Where something is reached. `line` is 0 for a compiled library."""

    owner: str
    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The places of each pattern, and the packages that could not be looked into."""

    places: Mapping[str, tuple[Place, ...]]
    unscanned: tuple[str, ...] = ()

    def of(self, patterns: Iterable[str]) -> tuple[Place, ...]:
        """The places of some patterns."""
        return self.ordered(place for name in patterns for place in self.places.get(name, ()))

    @staticmethod
    def ordered(places: Iterable[Place]) -> tuple[Place, ...]:
        """Each place once, the application's own first."""
        return tuple(sorted(set(places), key=lambda place: (place.owner != APPLICATION, place)))


def application() -> dict[str, list[Path]]:
    """The application's sources."""
    return {APPLICATION: sorted((paths.ROOT / APPLICATION).rglob("*.py"))}


def closure(requirements: Path = paths.ROOT / "requirements.txt") -> dict[str, list[Path]]:
    """The files of every package that a requirements file names, without their tests; an empty list for one that is
    not installed here.

    Raises:
        CheckFailed: the file can't be read.
    """
    try:
        lines = requirements.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CheckFailed(f"can't be read: {error.strerror}", where=str(requirements)) from None
    found: dict[str, list[Path]] = {}
    for line in lines:
        try:
            wanted = Requirement(line.removesuffix("\\").strip())
        except InvalidRequirement:
            continue  # a comment, a hash, or an option of pip
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        found[wanted.name] = _files(wanted.name)
    return found


def _files(name: str) -> list[Path]:
    try:
        listed = metadata.distribution(name).files or []
    except metadata.PackageNotFoundError:
        return []
    shipped = (file for file in listed if file.suffix in (".py", ".so") and not {"test", "tests"} & set(file.parts))
    return sorted(Path(str(file.locate())) for file in shipped)


def scan(sources: Mapping[str, Iterable[Path]]) -> Reach:
    """Look for every pattern in the files of each owner."""
    places: dict[str, set[Place]] = {}
    unscanned = []
    for owner, given in sources.items():
        files = [path for path in given if path.is_file()]
        if not files:
            unscanned.append(owner)
        for path in files:
            finder = library if path.suffix == ".so" else source
            for name, line in finder(path.read_bytes()):
                places.setdefault(name, set()).add(Place(owner=owner, file=_shown(path), line=line))
    return Reach(places={name: tuple(sorted(found)) for name, found in places.items()}, unscanned=tuple(unscanned))


def _shown(path: Path) -> str:
    """A path as people know it: from the checkout, or from site-packages."""
    for parent in path.parents:
        if parent.name in ("site-packages", "dist-packages"):
            return str(path.relative_to(parent))
    return str(path.relative_to(paths.ROOT)) if path.is_relative_to(paths.ROOT) else str(path)


_SYMBOLS = {symbol.encode(): pattern.name for pattern in PATTERNS for symbol in pattern.symbols}
_FUNCTIONS = {function: pattern.name for pattern in PATTERNS for function in pattern.functions}
_METHODS = {method: pattern.name for pattern in PATTERNS for method in pattern.methods}
# Most files hold nothing of it, and need not be parsed: no date format, no key of a sort, no method, and no function's
# name together with that of its module.
_ALWAYS = re.compile(
    "|".join([rf"\b(?:{'|'.join([*_METHODS, _STRFTIME])})\b", r":[^{}\n]*%\w[^{}\n]*}", r"\bkey\s*="]).encode()
)
_MEMBERS = re.compile(rf"\b(?:{'|'.join(sorted({name.rpartition('.')[2] for name in _FUNCTIONS}))})\b".encode())
_PAIRS = {(name.rpartition(".")[2].encode(), name.partition(".")[0].encode()) for name in _FUNCTIONS}


def worth_parsing(data: bytes) -> bool:
    """Whether source could hold a pattern, by the words in it."""
    if _ALWAYS.search(data):
        return True
    members = set(_MEMBERS.findall(data))
    return any(member in members and module in data for member, module in _PAIRS)


def library(data: bytes) -> Iterator[tuple[str, int]]:
    """The patterns of the C functions that a compiled library names in its table of dynamic symbols."""
    for symbol, name in _SYMBOLS.items():
        if b"\0" + symbol + b"\0" in data:
            yield name, 0


def source(data: bytes) -> Iterator[tuple[str, int]]:
    """The patterns in Python source, with their lines. What does not parse holds none: it can't run either."""
    if not worth_parsing(data):
        return
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return
    finder = _Finder()
    finder.visit(tree)
    yield from finder.found


class _Finder(ast.NodeVisitor):
    """Collects `(pattern, line)`; follows `import … as …` to the names of modules' members."""

    def __init__(self) -> None:
        self.found: set[tuple[str, int]] = set()
        self._names: dict[str, str] = {}
        self._inside: list[str] = []

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self._names[alias.asname or top] = alias.name if alias.asname else top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            full = f"{node.module}.{alias.name}" if not node.level else ""
            self._names[alias.asname or alias.name] = full
            self._mention(full, node.lineno)

    def visit_Name(self, node: ast.Name) -> None:
        self._mention(self._names.get(node.id, ""), node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._mention(self._dotted(node), node.lineno)
        if node.attr in _METHODS:
            self.found.add((_METHODS[node.attr], node.lineno))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()

    def visit_Call(self, node: ast.Call) -> None:
        if any(self._is_own(keyword.value) for keyword in node.keywords if keyword.arg == "key"):
            self.found.add((RECURSIVE_KEY, node.lineno))
        called = node.func.attr if isinstance(node.func, ast.Attribute) else self._dotted(node.func).rpartition(".")[2]
        if called == _STRFTIME:
            self._format(_strftime_format(node), node.lineno)
        self.generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        if isinstance(node.format_spec, ast.JoinedStr):
            parts = [part.value for part in node.format_spec.values if isinstance(part, ast.Constant)]
            text = "".join(map(str, parts))
            # A lone `%` at the end is that of percentages.
            if re.search(r"%.", text):
                self._format(text, node.lineno)
        self.generic_visit(node)

    def _is_own(self, key: ast.expr) -> bool:
        """Whether a key is or calls a function that it stands in, by itself or as a method of `self`."""
        own = {*self._inside, *(f"self.{name}" for name in self._inside)}
        return any(ast.unparse(part) in own for part in ast.walk(key) if isinstance(part, ast.Name | ast.Attribute))

    def _format(self, text: str | None, line: int) -> None:
        self.found |= {(name, line) for name in format_patterns(text)}

    def _mention(self, full: str, line: int) -> None:
        if full in _FUNCTIONS:
            self.found.add((_FUNCTIONS[full], line))

    def _dotted(self, node: ast.expr) -> str:
        """The full name of a module's member, or an empty string."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id, "")
        if isinstance(node, ast.Attribute):
            before = self._dotted(node.value)
            return f"{before}.{node.attr}" if before else ""
        return ""


def _strftime_format(call: ast.Call) -> str | None:
    """The format that a call gives, where it is written out: the only text among its arguments."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    texts = [value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return texts[0] if texts else None

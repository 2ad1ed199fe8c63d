"""Re-exports that are resolved when they are first used (PEP 562), instead of importing all that a package offers.

`from .message import Message as Message` in a package's `__init__` becomes an entry of a table that the package's
`__getattr__` reads. Every name stays where it was; what nobody asks for is never loaded, and may be left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from automation.slimming.modules import Module, absolute

HELPER = "_deferred"
# The module that deferring packages share, as it lies in the image.
HELPER_SOURCE = '''\
"""Names that packages import when they are first used; see automation/slimming/deferral.py."""

from importlib import import_module


def getter(package, table, namespace):
    def __getattr__(name):
        try:
            module, attribute = table[name]
        except KeyError:
            raise AttributeError(f"module {package!r} has no attribute {name!r}") from None
        try:
            loaded = import_module(module)
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"{package}.{name} needs {error.name}, which was left out of this image because nothing used it",
                name=error.name,
            ) from None
        namespace[name] = value = loaded if attribute is None else getattr(loaded, attribute)
        return value

    def __dir__():
        return sorted({*namespace, *table})

    return __getattr__, __dir__
'''


class NotDeferrable(Exception):
    """A package uses a name itself that was to be deferred, or its names can't be told from its source."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Where a package's deferred names come from: name to module and attribute; None for the module itself."""

    names: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    statements: frozenset[int] = frozenset()


def table(package: Module, wanted: Iterable[str], modules: Mapping[str, Module]) -> Table:
    """Which of a package's imports are deferred.

    Args:
        wanted: the modules whose imports are; `*` for all those below the same top-level package, provided that the
            package consists of nothing but re-exports.

    Raises:
        NotDeferrable: the package uses such a name itself.
    """
    tree = ast.parse(package.path.read_bytes())
    chosen = set(wanted)
    everything = "*" in chosen
    if everything and not _only_reexports(tree):
        return Table()
    names: dict[str, tuple[str, str | None]] = {}
    children: dict[str, tuple[str, str | None]] = {}
    statements = set()
    top = package.name.partition(".")[0]
    for index, item in enumerate(tree.body):
        if not isinstance(item, ast.ImportFrom):
            continue
        target = absolute(package.name.split("."), item.level, item.module)
        if target == package.name or not (target.partition(".")[0] == top if everything else target in chosen):
            continue
        statements.add(index)
        for name, attribute in _names(item, target, modules):
            inner = f"{target}.{attribute}"
            names[name] = (inner, None) if inner in modules and attribute is not None else (target, attribute)
        child = target.removeprefix(f"{package.name}.").partition(".")[0]
        if target.startswith(f"{package.name}."):
            children[child] = (f"{package.name}.{child}", None)
    rest = [item for index, item in enumerate(tree.body) if index not in statements]
    used = {node.id for item in rest for node in ast.walk(item) if isinstance(node, ast.Name)} & names.keys()
    if used:
        raise NotDeferrable(f"{package.name} uses {', '.join(sorted(used))} itself")
    return Table(names={**children, **names}, statements=frozenset(statements))


def _only_reexports(tree: ast.Module) -> bool:
    for item in tree.body:
        is_text = isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
        is_all = isinstance(item, ast.Assign) and [ast.unparse(target) for target in item.targets] == ["__all__"]
        is_import = isinstance(item, ast.ImportFrom) and not any(alias.name == "*" for alias in item.names)
        if not (is_text or is_all or is_import):
            return False
    return any(isinstance(item, ast.ImportFrom) and item.module != "__future__" for item in tree.body)


def _names(item: ast.ImportFrom, target: str, modules: Mapping[str, Module]) -> list[tuple[str, str]]:
    """What an import binds: the name here, and the name there."""
    if any(alias.name == "*" for alias in item.names):
        return [(name, name) for name in public_names(modules[target])]
    return [(alias.asname or alias.name, alias.name) for alias in item.names]


def public_names(module: Module) -> list[str]:
    """What `from module import *` gives.

    Raises:
        NotDeferrable: the source does not tell.
    """
    tree = ast.parse(module.path.read_bytes())
    names: list[str] = []
    for item in tree.body:
        if isinstance(item, ast.Assign) and [ast.unparse(target) for target in item.targets] == ["__all__"]:
            return [str(name) for name in ast.literal_eval(item.value)]
        if isinstance(item, ast.ImportFrom) and item.module != "__future__":
            names += [alias.asname or alias.name for alias in item.names]
        elif not (
            isinstance(item, ast.ImportFrom) or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        ):
            raise NotDeferrable(f"the names that {module.name} offers can't be told from its source")
    return [name for name in names if not name.startswith("_")]


def apply(tree: ast.Module, found: Table) -> ast.Module:
    """The package's source with its deferred imports as a table. Line numbers of what stays are kept."""
    if not found.statements:
        return tree
    body = [item for index, item in enumerate(tree.body) if index not in found.statements]
    has_all = any(isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "__all__" for item in body)
    public = sorted(name for name in found.names if not name.startswith("_"))
    lines = [
        f"from {HELPER} import getter as _getter",
        f"__getattr__, __dir__ = _getter(__name__, {dict(found.names)!r}, globals())",
        # Without this, `from package import *` would give what is loaded already.
        *([] if has_all else [f"__all__ = {public!r}"]),
    ]
    first = 1 if body and _is_text(body[0]) else 0
    while first < len(body) and isinstance(body[first], ast.ImportFrom) and _module(body[first]) == "__future__":
        first += 1
    return ast.fix_missing_locations(
        ast.Module(body=[*body[:first], *ast.parse("\n".join(lines)).body, *body[first:]], type_ignores=[])
    )


def _is_text(item: ast.stmt) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)


def _module(item: ast.stmt) -> str | None:
    return item.module if isinstance(item, ast.ImportFrom) else None

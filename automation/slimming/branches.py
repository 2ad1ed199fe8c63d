"""Branches that are never taken here: what only type checkers read, and what is for another Python or another system.

What is left runs the same, instruction by instruction, as what was written.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable
from typing import Any

# What a test may consist of for its outcome to be known: this is the interpreter of the image.
KNOWN: dict[str, Any] = {
    "sys.version_info": tuple(sys.version_info),
    "sys.version_info[:2]": tuple(sys.version_info[:2]),
    "sys.version_info[0]": sys.version_info[0],
    "sys.version_info[1]": sys.version_info[1],
    "sys.platform": sys.platform,
    "os.name": os.name,
}
MODULES_OF_TYPING = ("typing", "t", "_t", "typing_extensions")
OVERLOADS = frozenset({"overload", *(f"{module}.overload" for module in MODULES_OF_TYPING)})
IS_MAIN = "__name__ == '__main__'"
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda left, right: bool(left == right),
    ast.NotEq: lambda left, right: bool(left != right),
    ast.Lt: lambda left, right: bool(left < right),
    ast.LtE: lambda left, right: bool(left <= right),
    ast.Gt: lambda left, right: bool(left > right),
    ast.GtE: lambda left, right: bool(left >= right),
}


def outcome(test: ast.expr) -> bool | None:
    """What a test always comes to here; None where that is not known before it runs."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = outcome(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        return _combined([outcome(value) for value in test.values], every=isinstance(test.op, ast.And))
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in COMPARISONS:
        left, right = _value(test.left), _value(test.comparators[0])
        if left is None or right is None or type(left) is not type(right):
            return None
        if isinstance(right, tuple) and len(right) > 3:
            return None  # the fourth part of a version is a word
        return COMPARISONS[type(test.ops[0])](left, right)
    known = _value(test)
    return known if isinstance(known, bool) else None


def _combined(parts: list[bool | None], *, every: bool) -> bool | None:
    # The parts before a deciding one would run first, so only a leading known part decides.
    for part in parts:
        if part is None:
            return None
        if part is not every:
            return part
    return every


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
        return node.value
    if isinstance(node, ast.Tuple) and all(isinstance(e, ast.Constant) and isinstance(e.value, int) for e in node.elts):
        return tuple(e.value for e in node.elts if isinstance(e, ast.Constant))
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        name = ast.unparse(node)
        module, _, last = name.rpartition(".")
        if last == "TYPE_CHECKING" and module in ("", *MODULES_OF_TYPING):
            return False
        return KNOWN.get(name)
    return None


class _Pruner(ast.NodeTransformer):
    def __init__(self, overloads: bool, imported: bool) -> None:
        self.overloads = overloads
        self.imported = imported

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        known = False if self.imported and ast.unparse(node.test) == IS_MAIN else outcome(node.test)
        self.generic_visit(node)
        if known is None:
            return node
        taken = node.body if known else node.orelse
        return taken or ast.copy_location(ast.Pass(), node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        body = getattr(node, "body", None)
        if self.overloads and isinstance(body, list):
            replaced = _replaced_overloads(body)
            if replaced:
                node.body = [item for item in body if item not in replaced]  # type: ignore[attr-defined]  # it has one
        return node


def _replaced_overloads(body: list[ast.stmt]) -> set[ast.stmt]:
    """The `@overload` declarations that a definition further down replaces."""
    defined: set[str] = set()
    found: set[ast.stmt] = set()
    for item in reversed(body):
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not any(ast.unparse(decorator) in OVERLOADS for decorator in item.decorator_list):
            defined.add(item.name)
        elif item.name in defined:
            found.add(item)
    return found


def prune(tree: ast.Module, *, overloads: bool = False, imported: bool = False) -> ast.Module:
    """The tree without branches that are never taken here.

    Args:
        overloads: leave out `@overload` declarations as well that a definition after them replaces.
        imported: leave out what a module does only as a program.
    """
    pruned: ast.Module = _Pruner(overloads, imported).visit(tree)
    return ast.fix_missing_locations(pruned)

"""Bytecode in place of sources: what Python would write itself, less what nobody reads in an image."""

from __future__ import annotations

import ast
import importlib.util
import marshal
import sys
from types import CodeType

from automation.slimming import branches, deferral
from automation.slimming.catalogue import Step
from automation.slimming.deferral import Table

# "Unchecked hash" in the flags of a .pyc: it is taken as it is, and holds no time. The hash itself is of the source.
UNCHECKED_HASH = 0b01
NO_SOURCE = bytes(8)


def positions_are_off() -> bool:
    """Whether this Python leaves column numbers out of what it compiles (`-X no_debug_ranges`).

    A traceback shows them under a source line, which an image without sources never shows.
    """
    return "no_debug_ranges" in sys._xoptions


def compile_module(
    content: bytes, name: str, *, steps: frozenset[Step], table: Table | None = None, documented: bool = False
) -> bytes:
    """A source as a `.pyc` that needs no source beside it.

    Args:
        name: the file's path in the image, which tracebacks show.
        steps: which of BRANCHES and DEFERRED are applied.
        table: the module's deferred imports.
        documented: keep docstrings and assertions, as the application needs its own at run time.

    Raises:
        SyntaxError: it does not compile.
    """
    tree = ast.parse(content, filename=name)
    if Step.BRANCHES in steps:
        tree = branches.prune(tree, overloads=True)
    if Step.DEFERRED in steps and table is not None:
        tree = deferral.apply(tree, table)
    code: CodeType = compile(tree, name, "exec", dont_inherit=True, optimize=0 if documented else 2)
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little") + NO_SOURCE + marshal.dumps(code)

"""Which branches are known never to be taken, and that nothing else changes."""

from __future__ import annotations

import ast
import sys

import pytest

from automation.slimming import branches

MAJOR, MINOR = sys.version_info[:2]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (f"sys.version_info >= ({MAJOR}, {MINOR})", True),
        (f"sys.version_info < ({MAJOR}, {MINOR})", False),
        (f"sys.version_info >= ({MAJOR}, {MINOR + 1})", False),
        ("sys.version_info > (2,)", True),
        ("(3, 0) <= sys.version_info", None),  # written that way round it is not looked into
        (f"sys.version_info[:2] == ({MAJOR}, {MINOR})", True),
        (f"sys.version_info[:2] != ({MAJOR}, {MINOR})", False),
        ("sys.version_info[0] == 2", False),
        (f"sys.version_info[1] <= {MINOR}", True),
        # The fourth part is a word, which no number is compared with.
        ("sys.version_info >= (3, 8, 0, 1)", None),
        ("sys.version_info >= (3, x)", None),
        ("sys.version_info >= 3", None),
        (f"sys.platform == {sys.platform!r}", True),
        ("sys.platform == 'win32'", False),
        ("sys.platform != 'win32'", True),
        ("sys.platform in ('win32',)", None),
        ("sys.platform.startswith('win')", None),
        ("sys.platform == 3", None),
        ("os.name == 'nt'", False),
        ("os.name == 'posix' == 'posix'", None),
        ("TYPE_CHECKING", False),
        ("typing.TYPE_CHECKING", False),
        ("t.TYPE_CHECKING", False),
        ("not TYPE_CHECKING", True),
        ("settings.TYPE_CHECKING", None),
        ("True", True),
        ("False", False),
        ("not unknown", None),
        ("1", None),
        ("'text'", None),
        ("None", None),
        ("unknown", None),
        ("unknown == 1", None),
        ("call()", None),
        ("1 < 2", True),
        ("TYPE_CHECKING and unknown", False),
        ("TYPE_CHECKING or unknown", None),
        ("not TYPE_CHECKING or unknown", True),
        ("not TYPE_CHECKING and unknown", None),
        # The unknown part would run first, and might do something.
        ("unknown and TYPE_CHECKING", None),
        ("unknown or not TYPE_CHECKING", None),
        ("True and not False", True),
        ("False or TYPE_CHECKING", False),
    ],
)
def test_outcomes(test: str, expected: bool | None) -> None:
    assert branches.outcome(ast.parse(test, mode="eval").body) is expected


def pruned(source: str, *, overloads: bool = False, imported: bool = False) -> str:
    return ast.unparse(branches.prune(ast.parse(source), overloads=overloads, imported=imported))


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", "import b"),
        ("if not TYPE_CHECKING:\n    import a\n    import b\nelse:\n    import c", "import a\nimport b"),
        ("def f():\n    if TYPE_CHECKING:\n        import a", "def f():\n    pass"),
        ("if x:\n    if sys.platform == 'win32':\n        a()\nelse:\n    b()", "if x:\n    pass\nelse:\n    b()"),
        ("if sys.platform == 'win32':\n    a()\nelif x:\n    b()\nelse:\n    c()", "if x:\n    b()\nelse:\n    c()"),
        ("if x:\n    a()", "if x:\n    a()"),
        ("if not TYPE_CHECKING:\n    if TYPE_CHECKING:\n        a()\n    b()", "pass\nb()"),
    ],
)
def test_what_is_left(source: str, left: str) -> None:
    assert pruned(source) == left


def test_lines_are_kept() -> None:
    tree = branches.prune(ast.parse("if TYPE_CHECKING:\n    import a\n\n\nraise KeyError\n"))
    compile(tree, "a.py", "exec")
    assert [item.lineno for item in tree.body] == [1, 5]


OVERLOADED = """
class C:
    @overload
    def f(self, x: int) -> int: ...
    @typing.overload
    def f(self, x: str) -> str: ...
    def f(self, x): return x
    y = 1
    @overload
    def g(self, x: int) -> int: ...
"""


def test_overloads_that_a_definition_replaces() -> None:
    left = pruned(OVERLOADED, overloads=True)
    assert left.count("def f(") == 1
    assert "return x" in left
    # Nothing after this one: it is what the name is bound to.
    assert left.count("def g(") == 1
    assert left.count("overload") == 1
    assert pruned(OVERLOADED).count("overload") == 3


def test_overloads_of_async_functions_and_other_decorators() -> None:
    source = "@overload\nasync def f(): ...\n@cache\nasync def f(): return 1\n@overload\ndef h(): ...\nh = 2\n"
    left = pruned(source, overloads=True)
    assert left.count("def f(") == 1
    assert "@cache" in left
    assert left.count("def h(") == 1


def test_an_imported_module_is_no_program() -> None:
    source = "import a\nif __name__ == '__main__':\n    import pdb\nelse:\n    import b"
    assert pruned(source, imported=True) == "import a\nimport b"
    assert "pdb" in pruned(source)

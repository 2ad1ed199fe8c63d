"""Deferred re-exports: which are, and that the package behaves as it did."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from automation.slimming import bytecode, deferral
from automation.slimming.catalogue import Step
from automation.slimming.deferral import NotDeferrable, Table
from tests.automation.test_slimming_modules import tree

INIT = '''"""About it."""

from __future__ import annotations

from . import sub
from .a import A as A, _hidden
from .b import B, sub as other
'''
FILES = {
    "package/__init__.py": INIT,
    "package/a.py": "A = 'a'\n_hidden = 'h'\n",
    "package/b.py": "import nothing_here\nB = 'b'\n",
    "package/star.py": "from .a import A as Renamed\n",
    "package/sub/__init__.py": "S = 's'\n",
    "package/sub/deep.py": "",
    "package/gone.py": "G = 1\n",
}


def of(folder: Path, source: str, wanted: tuple[str, ...] = ("*",)) -> Table:
    made = tree(folder, {**FILES, "package/__init__.py": source})
    return deferral.table(made["package"], wanted, made)


def test_a_package_of_reexports(tmp_path: Path) -> None:
    table = of(tmp_path, INIT)
    # The import of a module of the package itself stays: it binds it anyway.
    assert table.statements == {3, 4}
    assert table.names == {
        "a": ("package.a", None),
        "A": ("package.a", "A"),
        "_hidden": ("package.a", "_hidden"),
        "b": ("package.b", None),
        "B": ("package.b", "B"),
        "other": ("package.b", "sub"),
    }


def test_a_name_that_is_a_module(tmp_path: Path) -> None:
    table = of(tmp_path, "from .sub import deep, S\n")
    assert table.names == {"sub": ("package.sub", None), "deep": ("package.sub.deep", None), "S": ("package.sub", "S")}


def test_a_star_is_deferred_only_by_name(tmp_path: Path) -> None:
    assert of(tmp_path, "from .star import *\n") == Table()
    table = of(tmp_path, "from .star import *\n", ("package.star",))
    assert table.names == {"star": ("package.star", None), "Renamed": ("package.star", "Renamed")}


def test_named_modules_alone(tmp_path: Path) -> None:
    table = of(tmp_path, "import os\nfrom .a import A\nfrom .b import B\nx = A\n", ("package.b",))
    assert table.names == {"b": ("package.b", None), "B": ("package.b", "B")}
    assert table.statements == {2}


@pytest.mark.parametrize("source", ["x = 1\nfrom .a import A\n", "import os\nfrom .a import A\n", "'text'\n", ""])
def test_a_package_that_does_more_stays(source: str, tmp_path: Path) -> None:
    assert of(tmp_path, source) == Table()


def test_imports_of_other_packages_stay(tmp_path: Path) -> None:
    table = of(tmp_path, "from os import path\nfrom .a import A\n__all__ = ['A', 'path']\n")
    assert table.statements == {1}
    assert set(table.names) == {"a", "A"}


def test_a_name_that_the_package_uses(tmp_path: Path) -> None:
    with pytest.raises(NotDeferrable, match="package uses B itself"):
        of(tmp_path, "from .b import B\nclass C(B): pass\n", ("package.b",))


def test_what_a_star_stands_for(tmp_path: Path) -> None:
    made = tree(
        tmp_path,
        {
            "all.py": "from a import b\n__all__ = ['x', '_y']\n",
            "plain.py": '"""Text."""\nfrom __future__ import annotations\nfrom a import b, c as d, _e\n',
            "code.py": "x = 1\n",
        },
    )
    assert deferral.public_names(made["all"]) == ["x", "_y"]
    assert deferral.public_names(made["plain"]) == ["b", "d"]
    with pytest.raises(NotDeferrable, match="names that code offers"):
        deferral.public_names(made["code"])


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with the package as an image has it: compiled, one of its modules removed, the helper beside it."""
    source = (
        '"""About it."""\n'
        "from .a import A, _hidden\nfrom .star import *\nfrom .b import B\nfrom .gone import G\n"
        "local = 1\n"
    )
    made = tree(tmp_path / "sources", {**FILES, "package/__init__.py": source})
    (target := tmp_path / "image").mkdir()
    steps = frozenset({Step.DEFERRED})
    table = deferral.table(made["package"], [f"package.{name}" for name in ("a", "b", "gone", "star")], made)
    for module in made.values():
        path = target / module.path.relative_to(tmp_path / "sources").with_suffix(".pyc")
        path.parent.mkdir(exist_ok=True, parents=True)
        own = table if module.name == "package" else None
        path.write_bytes(bytecode.compile_module(module.path.read_bytes(), str(path), steps=steps, table=own))
    (target / "package" / "gone.pyc").unlink()
    (target / f"{deferral.HELPER}.py").write_text(deferral.HELPER_SOURCE)
    return target


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("import package; print(package.A, 'package.a' in sys.modules)", "a True"),
        ("import package; print('package.a' in sys.modules)", "False"),
        ("from package import A, _hidden; print(A, _hidden)", "a h"),
        ("import package; package.A; print('A' in vars(package))", "True"),
        ("from package import Renamed; print(Renamed)", "a"),
        ("import package; print(package.a.A, package.star.Renamed)", "a a"),
        ("import package.sub; print(package.sub.S)", "s"),
        ("from package import sub; print(sub.S)", "s"),
        ("import package; print({'A', 'B', 'G', 'Renamed', '_hidden'} <= set(dir(package)))", "True"),
        ("import package; print(sorted(package.__all__))", "['A', 'B', 'G', 'Renamed', 'a', 'b', 'gone', 'star']"),
        ("import package; print(hasattr(package, 'missing'))", "False"),
        ("import package; package.missing", "AttributeError: module 'package' has no attribute 'missing'"),
        ("from package import missing", "ImportError: cannot import name 'missing' from 'package'"),
        ("import package; package.G", "ModuleNotFoundError: package.G needs package.gone, which was left out"),
        ("from package import G", "ModuleNotFoundError: package.G needs package.gone, which was left out"),
        ("import package; package.B", "ModuleNotFoundError: package.B needs nothing_here, which was left out"),
    ],
)
def test_the_package_behaves(script: str, expected: str, package: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {script}"],
        cwd=package,
        env={"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "Error: " in expected:
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(expected)
    else:
        assert (done.stdout.strip(), done.stderr) == (expected, "")


def test_without_deferred_imports_the_tree_is_the_same() -> None:
    tree = ast.parse("from .a import A")
    assert deferral.apply(tree, Table()) is tree


def test_where_the_table_is_put() -> None:
    source = '"""Text."""\nfrom __future__ import annotations\nfrom .a import A\n__all__ = ["A"]\n'
    made = deferral.apply(ast.parse(source), Table(names={"A": ("p.a", "A")}, statements=frozenset({2})))
    text, future, helper, _, names = made.body
    assert isinstance(text, ast.Expr)
    assert ast.unparse(future) == "from __future__ import annotations"
    assert ast.unparse(helper) == "from _deferred import getter as _getter"
    assert ast.unparse(names) == "__all__ = ['A']"
    assert names.lineno == 4

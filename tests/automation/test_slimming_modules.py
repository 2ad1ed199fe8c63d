"""Which modules a tree holds, and what their sources import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from automation.slimming import modules
from automation.slimming.modules import COMPILED, Import, Module


def tree(folder: Path, files: Mapping[str, str | bytes]) -> dict[str, Module]:
    """The modules of a folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return modules.index(folder)


def found(source: str, name: str = "p.q.m", *, is_package: bool = False) -> set[tuple[str, tuple[str, ...], str]]:
    read = modules.read_source(source.encode(), name, is_package=is_package)
    return {(each.target, each.names, each.scope) for each in read.imports}


def test_names_of_files(tmp_path: Path) -> None:
    names = {
        "one.py": "one",
        "p/__init__.py": "p",
        "p/two.pyc": "p.two",
        "p/three.cpython-311-x86_64-linux-gnu.so": "p.three",
        "p/four.abi3.so": "p.four",
        "space/inner.py": "space.inner",
    }
    none = ("p/data.txt", "p/not-a-name/x.py", "x-1.0.dist-info/x.py", "skipped/x.py", "p/1.py", "__init__.py")
    made = tree(tmp_path, dict.fromkeys([*names, *none], ""))
    assert sorted(made) == sorted([*names.values(), "skipped.x"])
    assert sorted(modules.index(tmp_path, ["skipped"])) == sorted(names.values())
    assert made["p"].is_package
    assert not made["one"].is_package
    assert [name for name, module in made.items() if module.is_native] == ["p.four", "p.three"]


def test_a_library_goes_before_a_source_of_its_name(tmp_path: Path) -> None:
    made = tree(
        tmp_path, {"a.py": "import x", "a.abi3.so": b"", "b.py": "", "b.so": b"", "c.py": "import x", "c.pyc": b""}
    )
    assert made["a"].is_native
    assert made["b"].is_native
    assert made["c"].path.suffix == ".py"
    # What the library does is read of the source that it was made from.
    assert made["a"].twin == tmp_path / "a.py"
    assert [each.target for each in made["a"].source.imports] == ["x"]


def test_a_library_without_a_source(tmp_path: Path) -> None:
    content = b"\x7fELF\0asyncio.events\0a b.c\0package.module\0no_dot\0package.module\0" + b"a." * 150 + b"b\0"
    module = tree(tmp_path, {"a.so": content})["a"]
    assert module.twin is None
    assert module.source.imports == (
        Import(target="asyncio.events", scope=COMPILED),
        Import(target="package.module", scope=COMPILED),
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b", {("a.b", (), "")}),
        ("import a, b as c", {("a", (), ""), ("b", (), "")}),
        ("from a import b, c as d", {("a", ("b", "c"), "")}),
        ("from a import *", {("a", ("*",), "")}),
        ("from . import x", {("p.q", ("x",), "")}),
        ("from .x import y", {("p.q.x", ("y",), "")}),
        ("from .. import x", {("p", ("x",), "")}),
        ("from ..x import y", {("p.x", ("y",), "")}),
        ("from .... import x", set()),
        ("def f():\n    import a", {("a", (), "f")}),
        ("async def f():\n    import a", {("a", (), "f")}),
        ("class C:\n    import a", {("a", (), "")}),
        ("class C:\n    def f(self):\n        def g(): import a", {("a", (), "C.f.g")}),
        ("if TYPE_CHECKING:\n    import a", set()),
        ("if __name__ == '__main__':\n    import a", set()),
        ("try:\n    import a\nexcept ImportError:\n    import b", {("a", (), ""), ("b", (), "")}),
        ("import_module('a.b')", {("a.b", (), "")}),
        ("importlib.import_module('.x', __package__)", {("p.q.x", (), "")}),
        ("def f(): __import__('a')", {("a", (), "f")}),
        ("util.preload_module('a.b', 'a.c', d)", {("a.b", (), ""), ("a.c", (), "")}),
        ("import_module()", set()),
        ("this is no Python", set()),
        ("x = '\0'", set()),
    ],
)
def test_imports_of_a_source(source: str, expected: set[tuple[str, tuple[str, ...], str]]) -> None:
    assert found(source) == expected


def test_a_package_is_its_own_base() -> None:
    assert found("from . import x\nfrom .y import z", "p", is_package=True) == {("p", ("x",), ""), ("p.y", ("z",), "")}
    assert found("from .. import x", "p", is_package=True) == set()


def test_attributes_of_imported_modules_are_imports() -> None:
    source = (
        "import a.b\nimport c.d as e\nfrom . import f as g\ndef h():\n    a.x.y\n    e.z()\n    g.w\n    unknown.v\n"
    )
    assert found(source) - found(source.partition("def")[0]) == {
        ("a", ("x",), "h"),
        ("a.x", ("y",), "h"),
        ("c.d", ("z",), "h"),
        ("p.q.f", ("w",), "h"),
    }


def test_imports_by_a_name_made_at_run_time() -> None:
    read = modules.read_source(b"def f(n):\n    return import_module(f'a.{n}')\n__import__(x)\n", "m", is_package=False)
    assert read.dynamic == (("import_module(f'a.{n}')", "f"), ("__import__(x)", ""))
    assert read.imports == ()


def test_lines_are_those_of_the_source() -> None:
    read = modules.read_source(b"\n\nimport a\n", "m", is_package=False)
    assert [each.line for each in read.imports] == [3]


def test_parents() -> None:
    assert list(modules.parents("a.b.c")) == ["a", "a.b", "a.b.c"]

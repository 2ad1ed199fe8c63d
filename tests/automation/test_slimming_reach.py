"""What an application reaches, and by which way; cuts, deferred names and imports made at run time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from automation.slimming import catalogue, reach
from automation.slimming.catalogue import Cut, Step
from automation.slimming.deferral import Table
from automation.slimming.modules import COMPILED, Import
from automation.slimming.reach import Reached
from tests.automation.test_slimming_modules import tree


def reached(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    root: Import = Import(target="app"),  # noqa: B008 - frozen
    tables: Mapping[str, Table] | None = None,
    cuts: tuple[Cut, ...] = (),
    dynamic: Mapping[str, tuple[str, ...]] | None = None,
) -> Reached:
    return reach.closure(tree(folder, files), [root], tables=tables or {}, cuts=cuts, dynamic=dynamic or {})


def test_what_imports_lead_to(tmp_path: Path) -> None:
    files = {
        "app.py": "import p.q.m\ndef f():\n    from r import s, name\n",
        "p/__init__.py": "from . import beside",
        "p/beside.py": "import nothing_here",
        "p/unused.py": "",
        "p/q/__init__.py": "",
        "p/q/m.py": "from ... import beyond",
        "r/__init__.py": "",
        "r/s.py": "import app",
        "r/t.py": "",
    }
    found = reached(tmp_path, files)
    assert set(found.modules) == {"app", "p", "p.beside", "p.q", "p.q.m", "r", "r.s"}
    assert found.modules["app"] is None
    assert found.why("r.s") == "r.s <- app:f"
    assert found.why("p.beside") == "p.beside <- p <- app"
    assert found.why("r.t") == "r.t"
    assert found.undeclared == ()


TABLE = Table(names={"A": ("p.a", "A"), "sub": ("p.sub", None), "a": ("p.a", None), "C": ("p.c", "C")})
DEFERRING = {
    "p/__init__.py": "from .a import A\nfrom .c import C\ndef f():\n    from .late import L\n",
    "p/a.py": "",
    "p/c.py": "",
    "p/late.py": "",
    "p/sub.py": "",
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import p", set()),
        ("from p import A", {"p.a"}),
        ("import p\np.A", {"p.a"}),
        ("import p as q\nq.C.x", {"p.c"}),
        ("from p import sub", {"p.sub"}),
        ("from p import *", {"p.a", "p.c", "p.sub"}),
        ("from p import unknown", set()),
        ("import p.c", {"p.c"}),
    ],
)
def test_deferred_names(source: str, expected: set[str], tmp_path: Path) -> None:
    found = reached(tmp_path, {"app.py": source, **DEFERRING}, tables={"p": TABLE})
    assert set(found.modules) == {"app", "p", "p.late", *expected}
    # Without the table all of what the package imports is there.
    assert set(reached(tmp_path, {"app.py": source}).modules) >= {"p.a", "p.c", "p.late"}


def test_deferred_names_lead_through_other_packages(tmp_path: Path) -> None:
    files = {"app.py": "from p import A", "p/__init__.py": "", "q/__init__.py": "", "q/a.py": "", "q/b.py": ""}
    tables = {"p": Table(names={"A": ("q", "A")}), "q": Table(names={"A": ("q.a", "A"), "B": ("q.b", "B")})}
    assert set(reached(tmp_path, files, tables=tables).modules) == {"app", "p", "q", "q.a"}


CUT = Cut(module="p.*", scope="f*", target="heavy*", names=("f",), why="nobody asks")


def test_cuts(tmp_path: Path) -> None:
    files = {"app.py": "import p.m", "p/__init__.py": "", "heavy.py": ""}
    cut = reached(tmp_path, {**files, "p/m.py": "def first():\n    import heavy"}, cuts=(CUT,))
    assert set(cut.modules) == {"app", "p", "p.m"}
    assert cut.used_cuts == {CUT}
    # Another function, or the module as it loads: no cut.
    for source in ("def other():\n    import heavy", "import heavy"):
        kept = reached(tmp_path, {**files, "p/m.py": source}, cuts=(CUT,))
        assert "heavy" in kept.modules
        assert kept.used_cuts == frozenset()


def test_what_a_cut_matches() -> None:
    assert CUT.matches("p.m", Import(target="heavy.x", scope="f"))
    assert Cut(module="p", scope="*", target="q.x", names=(), why="").matches(
        "p", Import(target="q", names=("x",), scope="f")
    )
    for module, link in (
        ("q.m", Import(target="heavy", scope="f")),
        ("p.m", Import(target="light", scope="f")),
        ("p.m", Import(target="heavy", scope="g")),
        ("p.m", Import(target="heavy")),
    ):
        assert not CUT.matches(module, link)


def test_imports_made_at_run_time(tmp_path: Path) -> None:
    files = {
        "app.py": "def load(n):\n    import_module(n)\n",
        "p/__init__.py": "",
        "p/a.py": "",
        "p/b/__init__.py": "",
        "p/b/c.py": "",
        "q.py": "",
    }
    assert reached(tmp_path, files).undeclared == (("app", "load", "import_module(n)"),)
    found = reached(tmp_path, files, dynamic={"app": ("p.*", "q", "-p.b", "absent")})
    assert found.undeclared == ()
    assert set(found.modules) == {"app", "p", "p.a", "q"}
    assert found.why("q") == "q <- app"
    assert set(reached(tmp_path, files, dynamic={"app": ()}).modules) == {"app"}


def test_declarations() -> None:
    names = ["p", "p.a", "p.ab", "p.a.b", "pq"]
    assert reach.declared(names, ["p.*"]) == ["p.a", "p.ab", "p.a.b"]
    assert reach.declared(names, ["p.*", "-p.a"]) == ["p.ab"]
    assert reach.declared(names, ["pq", "p"]) == ["pq", "p"]


def test_compiled_libraries(tmp_path: Path) -> None:
    library = b"\0other.module\0not.here\0"
    files: dict[str, str | bytes] = {
        "app.py": "import p.fast\nimport single",
        "p/__init__.py": "",
        "p/fast.so": library,
        "p/beside.py": "",
        "single.so": b"",
        "other/__init__.py": "",
        "other/module.py": "",
        "other/unused.py": "",
    }
    found = reached(tmp_path, files)
    # Nobody can tell what a library imports: everything beside it, and what its strings name.
    assert set(found.modules) == {"app", "p", "p.fast", "p.beside", "single", "other", "other.module"}
    assert found.why("p.beside") == f"p.beside <- p.fast:{COMPILED} <- app"
    # Of one made from a source that lies there it is known.
    known = reached(tmp_path, {"p/fast.py": "import other"})
    assert set(known.modules) == {"app", "p", "p.fast", "single", "other"}


# ---- the catalogue


def test_steps() -> None:
    assert catalogue.steps("all") == frozenset(Step)
    assert catalogue.steps("none") == frozenset()
    assert catalogue.steps(" strip, bytecode,") == {Step.STRIP, Step.BYTECODE}
    with pytest.raises(ValueError, match="nonsense"):
        catalogue.steps("strip,nonsense")


def test_every_step_and_exception_has_its_reason() -> None:
    assert set(catalogue.DESCRIPTIONS) == set(Step)
    assert all(why for why in [*(cut.why for cut in catalogue.CUTS), *(each.why for each in catalogue.DEFERRALS)])
    assert all(catalogue.TOLERATED.values())
    # No import as a module loads can be cut, so none of these may mean one.
    assert all(cut.scope for cut in catalogue.CUTS)

"""Spare modules are there for tests and their tools, and for nobody else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app import spare
from tests.automation import slimmable

PACKAGE = "spare_known"  # a package that the image has, without one of its parts


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "image"), *sys.path])
    slimmable.write(tmp_path / "image", {f"{PACKAGE}/__init__.py": ""})
    slimmable.write(
        tmp_path / "spare/python3.11",
        {"spare_module.py": "VALUE = 1\n", f"{PACKAGE}/part.py": "VALUE = 2\n", "lib-dynload/spare_other.py": ""},
    )
    spare.install(tmp_path / "spare")
    yield
    for name in ("spare_module", "spare_other", PACKAGE, f"{PACKAGE}.part"):
        sys.modules.pop(name, None)


def run(code: str, caller: str) -> None:
    """Run code as if it was in a file."""
    exec(compile(code, caller, "exec"), {})  # noqa: S102 - the constants below


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("module", ["spare_module", "spare_other", f"{PACKAGE}.part"])
def test_who_gets_a_spare_module(module: str) -> None:
    for code in (f"import {module}", f"import importlib\nimportlib.import_module({module!r})"):
        for caller in ("/opt/app/autoarr/main.pyc", "/opt/venv/lib/x.py", "/opt/testing/x.py", "<string>"):
            with pytest.raises(ModuleNotFoundError):
                run(code, caller)
        for caller in ("/opt/test/lib/pytest/__init__.py", "/srv/tests/test_it.py", "/opt/spare/python3.11/pdb.py"):
            run(code, caller)
            assert sys.modules.pop(module) is not None


@pytest.mark.usefixtures("installed")
def test_what_nothing_has_stays_unknown() -> None:
    with pytest.raises(ModuleNotFoundError):
        run("import spare_nothing", "/srv/tests/test_it.py")


@pytest.mark.usefixtures("installed")
def test_they_are_looked_for_last() -> None:
    assert isinstance(sys.meta_path[-1], spare.SpareFinder)
    assert not any(isinstance(finder, spare.SpareFinder) for finder in sys.meta_path[:-1])


def test_without_spare_modules_nothing_is_installed(tmp_path: Path) -> None:
    before = list(sys.meta_path)
    spare.install(tmp_path)
    assert sys.meta_path == before

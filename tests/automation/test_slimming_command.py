"""The command that the stages of the image's build call, one part after the other, in a root of its own."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from pathlib import Path

import pytest

from automation.slimming import __main__ as command
from automation.slimming import base, catalogue
from automation.slimming.packages import Environment
from tests.automation import slimmable

SOURCES = {
    "src/autoarr/__init__.py": "import sys\n",
    "src/autoarr/web.py": "from alpha import used\nimport beta.inner\nfrom autoarr import models\n",
    "src/autoarr/models.py": "",
    "src/other/__init__.py": "import lonely\n",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with an environment, the application installed, and nothing slimmed yet."""
    root = tmp_path / "root"
    environment = slimmable.environment(root)
    slimmable.write(root, SOURCES)
    installed = {name.removeprefix("src/"): text for name, text in SOURCES.items() if name.startswith("src/autoarr/")}
    slimmable.distribution(root / "opt/app", "autoarr", installed)
    work = root / "opt/slim"
    for name, value in {
        "VENV": environment.home,
        "APP": root / "opt/app",
        "WORK": work,
        "IMPORTS": work / "imports.json",
        "LEFT_OUT": work / "left-out.json",
        "PACKAGES": work / "packages.json",
    }.items():
        monkeypatch.setattr(command, name, value)
    monkeypatch.setattr(command, "environment", lambda: environment)
    monkeypatch.setattr(catalogue, "COMPRESSED", ("beta",))
    monkeypatch.setattr(base, "is_packed", lambda: False)
    monkeypatch.setitem(sys._xoptions, "no_debug_ranges", True)
    return root


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["slimming", *words])
    return command.main()


def imports(root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    return run(monkeypatch, "imports", "--source", str(root / "src/autoarr"))


def small_base(out: Path, removed: dict[str, str]) -> None:
    """What making the base leaves, which its own tests are about."""
    slimmable.write(out, {"base/usr/local/lib/python3.11/os.pyc": b"", "left-out.json": json.dumps(removed)})


def test_every_part(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = root / "opt/slim"
    made: list[tuple[Path, Environment]] = []

    def make(source: Path, out: Path, environment: Environment, steps: frozenset[catalogue.Step]) -> dict[str, str]:
        made.append((source, environment))
        assert steps == frozenset(catalogue.Step)
        slimmable.write(out, {"usr/local/lib/python3.11/os.pyc": b""})
        return {"pydoc": "standard-library"}

    monkeypatch.setattr(base, "build", make)
    assert imports(root, monkeypatch) == 0
    assert json.loads((work / "imports.json").read_text()) == [["alpha", ["used"]], ["beta.inner", []]]
    for part in ("packages", "base", "application"):
        assert run(monkeypatch, part) == 0
    assert made == [(Path("/"), command.environment())]
    assert json.loads((work / "left-out.json").read_text()) == {"pydoc": "standard-library"}
    report = json.loads((work / "packages.json").read_text())
    assert {"alpha.used", "beta.inner"} <= set(report["modules"])
    assert report["removed"]["lonely"] == "unreached"
    packages = work / "packages" / command.environment().packages.relative_to("/")
    assert {"beta.zip", "alpha/used.pyc"} <= slimmable.names(packages)
    application = work / "application" / (root / "opt/app").relative_to("/")
    assert (application / "autoarr/web.pyc").is_file()


def test_everything_has_one_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imports(root, monkeypatch)
    assert run(monkeypatch, "packages") == 0
    part = root / "opt/slim/packages"
    paths = [part, *part.rglob("*")]
    assert any(path.is_symlink() for path in paths)
    assert {path.lstat().st_mtime for path in paths} == {command.TIME}


def test_chosen_steps(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imports(root, monkeypatch)
    assert run(monkeypatch, "packages", "--steps", "bytecode, metadata") == 0
    packages = root / "opt/slim/packages" / command.environment().packages.relative_to("/")
    assert {"lonely.pyc", "beta/inner.pyc"} <= slimmable.names(packages)


def test_no_sources_import_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "imports") == 0
    assert json.loads((root / "opt/slim/imports.json").read_text()) == []


def test_what_is_refused_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slimmable.write(root, {"opt/app/autoarr/web.py": "import pydoc\n"})
    small_base(root / "opt/slim", {"pydoc": "standard-library"})
    slimmable.write(root, {"opt/slim/packages.json": '{"modules": [], "removed": {}}'})
    assert run(monkeypatch, "application") == 1
    said = capsys.readouterr().err
    assert said.startswith("slimming: autoarr.web, line 1: imports pydoc, which the step standard-library leaves out")
    assert not (root / "opt/slim/application").exists()


def test_what_zip_files_hold_is_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_base(root / "opt/slim", {})
    report = {"modules": ["alpha", "alpha.used", "beta", "beta.inner"], "removed": {"beta": "unreached"}}
    slimmable.write(root, {"opt/slim/packages.json": json.dumps(report)})
    assert run(monkeypatch, "application", "--steps", "none") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["everything"], "invalid choice: 'everything'"),
        (["packages", "--steps", "magic"], "'magic' is not a valid Step"),
        ([], "the following arguments are required: part"),
    ],
)
@pytest.mark.usefixtures("root")
def test_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(monkeypatch, *words)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_python_with_column_numbers(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys._xoptions, "no_debug_ranges")
    with pytest.raises(SystemExit) as caught:
        imports(root, monkeypatch)
    assert caught.value.code == 2
    assert "run Python with -X no_debug_ranges" in capsys.readouterr().err
    assert not (root / "opt/slim").exists()


def test_a_part_that_left_nothing(tmp_path: Path) -> None:
    command.settle(tmp_path / "nothing")
    slimmable.write(tmp_path, {"file": ""})
    os.utime(tmp_path / "file", (1, 1))
    command.settle(tmp_path / "file")
    assert (tmp_path / "file").stat().st_mtime == 1


def test_this_interpreters_own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib/python3.11/site-packages").mkdir(parents=True)
    monkeypatch.setattr(command, "VENV", tmp_path)
    found = command.environment()
    assert found.library == Path(sysconfig.get_path("stdlib"))
    assert found.packages == tmp_path / "lib/python3.11/site-packages"

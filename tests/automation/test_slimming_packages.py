"""The environment made anew: what stays, what it becomes, who owns it, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from automation.slimming import catalogue, compression, elf, packages
from automation.slimming.catalogue import Deferral, Step
from automation.slimming.errors import Refused
from automation.slimming.modules import Import
from automation.slimming.packages import Environment, Report
from tests.automation import slimmable
from tests.automation.slimmable import SUFFIX

ALL = frozenset(Step)
IMPORTS = (
    Import(target="alpha", names=("used",)),
    Import(target="alpha.lazy"),
    Import(target="beta.inner"),
    Import(target="beta.spread.part"),
    Import(target="gamma._speedups"),
    Import(target="delta", names=("First",)),
)
# In a plain interpreter, with the folder of packages read as `site` reads it.
ASK = "import site, sys; site.addsitedir(sys.argv[1]); exec(sys.argv[2])"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(catalogue, "COMPRESSED", ("beta", "absent"))
    monkeypatch.setattr(catalogue, "DEFERRALS", (Deferral(package="delta", targets=("*",), why="a test"),))
    return slimmable.environment(tmp_path / "root")


def made(environment: Environment, tmp_path: Path, *steps: Step, packed: bool = False) -> tuple[Path, Report]:
    """The packages that a build makes, and its report."""
    out = tmp_path / "out"
    report = packages.build(environment, out, IMPORTS, frozenset(steps), packed=packed)
    return out / environment.packages.relative_to("/"), report


def asked(environment: Environment, built: Path, code: str) -> subprocess.CompletedProcess[str]:
    """What an interpreter says that has the built packages at their own place."""
    shutil.rmtree(environment.packages)
    shutil.copytree(built, environment.packages)
    command = [sys.executable, "-I", "-S", "-c", ASK, str(environment.packages), code]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def answer(environment: Environment, built: Path, code: str) -> str:
    said = asked(environment, built, code)
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


def assert_owned(built: Path) -> dict[str, list[str]]:
    """Every file of the environment has one owner, and every owner's files are there."""
    owners = slimmable.owners(built)
    home = built.parents[2]
    there = {
        name.removeprefix("lib/python3.11/site-packages/")
        if name.startswith("lib/python3.11/site-packages/")
        else f"../../../{name}"
        for name in slimmable.names(home)
        if not (home / name).is_symlink()
    }
    assert owners.keys() == there
    assert {name: who for name, who in owners.items() if len(who) != 1} == {}
    return owners


def test_without_steps_everything_stays_as_it_was(environment: Environment, tmp_path: Path) -> None:
    built, report = made(environment, tmp_path)
    own = {f"autoarr_slimming-1.dist-info/{name}" for name in ("METADATA", "RECORD", "licenses/LICENSE")}
    before = {name for name in slimmable.names(environment.packages) if "__pycache__" not in name}
    assert slimmable.names(built) == before | own
    for name in before:
        if not name.endswith("/RECORD"):
            assert (built / name).read_bytes() == (environment.packages / name).read_bytes(), name
    assert report.removed == {}
    assert {"alpha.unused", "lonely", "gamma._speedups", "alpha.tests.test_it"} <= set(report.modules)
    assert (built.parents[2] / "bin/activate").is_file()
    assert str((built.parents[2] / "bin/python").readlink()) == "/usr/local/bin/python3.11"
    assert assert_owned(built)["../../../bin/activate"] == ["autoarr_slimming-1.dist-info"]


def test_all_steps_leave_what_is_reached(environment: Environment, tmp_path: Path) -> None:
    built, report = made(environment, tmp_path, *ALL)
    folders = {name for name in slimmable.names(built) if ".dist-info/" not in name}
    assert folders == {
        *("alpha/__init__.pyc", "alpha/used.pyc", "alpha/lazy.pyc", "alpha/data.json", "alpha/same.json"),
        *("beta.zip", "delta/__init__.pyc", "delta/first.pyc", "gamma/__init__.pyc", f"gamma/_speedups{SUFFIX}"),
        *("_compressed.pyc", "_compressed.pth", "_deferred.pyc"),
    }
    assert slimmable.names(built.parents[2] / "bin") == {"python"}
    assert report.removed == {
        "alpha.unused": "unreached",
        "alpha.templates.page": "never-code",
        "alpha.tests.test_it": "never-code",
        "delta.second": "unreached",
        "lonely": "unreached",
    }
    assert set(report.modules).isdisjoint(report.removed)
    owners = assert_owned(built)
    assert owners["beta.zip"] == ["beta-1.0.dist-info"]
    assert owners["alpha/used.pyc"] == ["alpha-1.0.dist-info"]
    ours = {name for name, who in owners.items() if who == ["autoarr_slimming-1.dist-info"]}
    assert {"_compressed.pyc", "_compressed.pth", "_deferred.pyc", "../../../pyvenv.cfg"} <= ours
    assert "lonely-1.0.dist-info/licenses/LICENSE" in owners


def test_what_all_steps_made_can_be_imported(environment: Environment, tmp_path: Path) -> None:
    built, _ = made(environment, tmp_path, *ALL)
    code = (
        "import zipimport as z; assert not [n for n in sys.modules if n.startswith('beta')];"
        "import alpha.used, beta.inner, beta.spread.part, gamma._speedups, delta;"
        "print(alpha.used.VALUE, beta.inner.NAME, beta.spread.part.PART, alpha.__doc__, beta.__file__,"
        "type(beta.__spec__.loader).__name__, delta.First.__module__, 'delta.second' in sys.modules)"
    )
    place = f"{environment.packages}/beta.zip/beta/__init__.pyc"
    assert answer(environment, built, code) == f"1 beta 3 None {place} zipimporter delta.first False"


def test_a_deferred_name_that_was_left_out_says_so(environment: Environment, tmp_path: Path) -> None:
    built, _ = made(environment, tmp_path, *ALL)
    said = asked(environment, built, "import delta; delta.Second")
    assert said.returncode == 1
    assert "delta.Second needs delta.second, which was left out of this image" in said.stderr


def test_no_compressed_package_is_found_for_another_name(environment: Environment, tmp_path: Path) -> None:
    built, _ = made(environment, tmp_path, Step.COMPRESSED)
    code = "import _compressed as c; f = sys.meta_path[-1]; print(f.find_spec('alpha'), sorted(f.files))"
    assert answer(environment, built, code) == "None ['beta']"


def test_sources_compressed_without_bytecode(environment: Environment, tmp_path: Path) -> None:
    built, _ = made(environment, tmp_path, Step.COMPRESSED, Step.DEFERRED)
    with zipfile.ZipFile(built / "beta.zip") as archive:
        assert archive.namelist() == [
            *("beta/", "beta/spread/", "beta/__init__.py", "beta/inner.py", "beta/spread/part.py", "beta/words.txt"),
        ]
        assert {entry.date_time for entry in archive.infolist()} == {compression.EPOCH}
        assert archive.read("beta/words.txt") == b"words"
    assert {"_compressed.py", "_deferred.py"} <= slimmable.names(built)
    assert not (built / "beta").exists()
    assert_owned(built)


def test_the_same_zip_file_twice(environment: Environment, tmp_path: Path) -> None:
    first, _ = made(environment, tmp_path / "1", *ALL)
    second, _ = made(environment, tmp_path / "2", *ALL)
    assert (first / "beta.zip").read_bytes() == (second / "beta.zip").read_bytes()


def test_bytecode_alone(environment: Environment, tmp_path: Path) -> None:
    built, _ = made(environment, tmp_path, Step.BYTECODE)
    assert not list(built.rglob("*.py"))
    assert (built / "lonely.pyc").is_file()
    assert_owned(built)
    assert answer(environment, built, "import lonely, alpha; print(lonely.ALONE, alpha.__doc__)") == "True None"


def test_metadata_alone(environment: Environment, tmp_path: Path) -> None:
    built, _ = made(environment, tmp_path, Step.METADATA)
    info = built / "alpha-1.0.dist-info"
    assert slimmable.names(info) == {"METADATA", "RECORD", "licenses/LICENSE"}
    assert (info / "METADATA").read_text() == "Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\n"
    assert_owned(built)


def test_never_code_alone(environment: Environment, tmp_path: Path) -> None:
    built, report = made(environment, tmp_path, Step.NEVER_CODE)
    gone = {"alpha/fast.h", "alpha/templates/page.py", "alpha/templates/page.html", "alpha/tests/test_it.py"}
    assert slimmable.names(built).isdisjoint(gone)
    assert {"alpha/unused.py", "lonely_data/page.txt"} <= slimmable.names(built)
    assert set(report.removed.values()) == {"never-code"}
    assert_owned(built)


def test_code_in_a_folder_with_such_a_name_after_all() -> None:
    assert packages.is_never_code(Path("alpha/templates/page.py"))
    assert packages.is_never_code(Path("alpha/py.typed"))
    assert not packages.is_never_code(Path("sqlalchemy/testing/util.py"))
    assert packages.is_never_code(Path("sqlalchemy/testing/tests/util.py"))
    assert not packages.is_never_code(Path("alpha-1.0.dist-info/licenses/tests/README.md"))
    assert not packages.is_never_code(Path("top.py"))


def test_equal_files_are_one(environment: Environment, tmp_path: Path) -> None:
    built, _ = made(environment, tmp_path, Step.EQUAL_FILES)
    assert (built / "alpha/data.json").samefile(built / "alpha/same.json")
    assert not (built / "gamma/__init__.py").samefile(built / "alpha/__init__.py")
    assert_owned(built)


def test_only_equal_modes_are_linked(tmp_path: Path) -> None:
    slimmable.write(tmp_path, {"1": "same", "2": "same", "3": "same", "empty": "", "void": ""})
    (tmp_path / "3").chmod(0o755)
    (tmp_path / "link").symlink_to("1")
    assert packages.link_equal(tmp_path) == len("same")
    assert (tmp_path / "1").samefile(tmp_path / "2")
    assert not (tmp_path / "1").samefile(tmp_path / "3")
    assert not (tmp_path / "empty").samefile(tmp_path / "void")
    assert (tmp_path / "link").is_symlink()


def test_compiled_files_get_smaller(environment: Environment, tmp_path: Path) -> None:
    plain, _ = made(environment, tmp_path / "plain", Step.STRIP, Step.RELOCATIONS, Step.UNWIND_TABLES)
    packed, _ = made(environment, tmp_path / "packed", Step.STRIP, Step.RELOCATIONS, Step.UNWIND_TABLES, packed=True)
    name = f"gamma/_speedups{SUFFIX}"
    before, content = slimmable.compiled(), (plain / name).read_bytes()
    assert len(content) < len(before)
    assert (plain / name).stat().st_mode & 0o777 == 0o755
    assert not elf.parse(content).sections
    assert elf.DT_RELR not in elf.parse(content).tags()
    assert elf.DT_RELR in elf.parse((packed / name).read_bytes()).tags()
    assert answer(environment, plain, "import gamma._speedups as s; print(s.__name__)") == "gamma._speedups"


def test_an_undeclared_dynamic_import_is_refused(environment: Environment, tmp_path: Path) -> None:
    used = "import importlib\nimportlib.import_module(__name__ + '.x')\ndef load(name):\n    __import__(name)\n"
    slimmable.write(environment.packages, {"alpha/used.py": used})
    with pytest.raises(Refused) as caught:
        made(environment, tmp_path, Step.UNREACHED)
    assert str(caught.value).splitlines()[1:] == [
        "alpha.used: importlib.import_module(__name__ + '.x')",
        "alpha.used, load: __import__(name)",
    ]
    assert "DYNAMIC" in str(caught.value)


def test_the_standard_librarys_own_are_known(environment: Environment, tmp_path: Path) -> None:
    slimmable.write(environment.library, {"os.py": "def load(name):\n    __import__(name)\n"})
    built, _ = made(environment, tmp_path, Step.UNREACHED)
    assert (built / "alpha/used.py").is_file()


def test_a_declared_one_is_followed(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slimmable.write(environment.packages, {"alpha/used.py": "def load(name):\n    __import__(name)\n"})
    monkeypatch.setattr(catalogue, "DYNAMIC", {"alpha.used": ("lonely",)})
    built, _ = made(environment, tmp_path, Step.UNREACHED)
    assert (built / "lonely.py").is_file()


def library_module(environment: Environment) -> None:
    slimmable.write(environment.library, {"keeper.py": "def show():\n    import pydoc_data.topics\n"})


def package_module(environment: Environment) -> None:
    slimmable.write(environment.packages, {"alpha/used.py": "from pydoc import help\n"})


@pytest.mark.parametrize(
    ("change", "said"),
    [(library_module, "keeper, show: imports pydoc_data.topics"), (package_module, "alpha.used: imports pydoc")],
)
def test_what_stays_may_not_need_what_is_left_out(
    environment: Environment, tmp_path: Path, change: Callable[[Environment], None], said: str
) -> None:
    change(environment)
    with pytest.raises(Refused, match="STANDARD_LIBRARY") as caught:
        made(environment, tmp_path, Step.UNREACHED, Step.STANDARD_LIBRARY)
    assert str(caught.value).splitlines()[1:] == [said]


def test_what_goes_may_need_it(environment: Environment, tmp_path: Path) -> None:
    slimmable.write(environment.packages, {"alpha/unused.py": "import pydoc\n"})
    _, report = made(environment, tmp_path, Step.UNREACHED, Step.STANDARD_LIBRARY)
    assert report.removed["alpha.unused"] == "unreached"


def test_a_compiled_package_is_not_compressed(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "COMPRESSED", ("gamma",))
    with pytest.raises(Refused, match="gamma holds compiled files"):
        made(environment, tmp_path, Step.COMPRESSED)


def test_a_namespace_is_not_compressed(environment: Environment, tmp_path: Path) -> None:
    (environment.packages / "beta/__init__.py").unlink()
    with pytest.raises(Refused, match="beta is spread over several places"):
        made(environment, tmp_path, Step.COMPRESSED)


def test_libraries_beside_packages_stay(environment: Environment, tmp_path: Path) -> None:
    slimmable.write(environment.packages, {"alpha.libs/libextra.so.1": slimmable.compiled(), "extra.pth": "# none\n"})
    built, _ = made(environment, tmp_path, *ALL)
    assert {"alpha.libs/libextra.so.1", "extra.pth"} <= slimmable.names(built)
    assert_owned(built)


def test_an_interpreter_without_compiled_modules(environment: Environment) -> None:
    shutil.rmtree(environment.library / "lib-dynload")
    found = environment.standard_library()
    assert {"os", "email", "test"} <= found.keys()
    assert not {"_speedups", "pip", "site-packages.pip"} & found.keys()


def test_a_report_as_json(tmp_path: Path) -> None:
    Report(modules=("a", "b"), removed={"c": "unreached"}).save(tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text()) == {"modules": ["a", "b"], "removed": {"c": "unreached"}}

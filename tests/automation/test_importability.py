"""Every module is imported where it is, whatever it does then; what ends the interpreter fails the check."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from automation import containers, importability
from automation.errors import CheckFailed
from automation.importability import PROGRAM, program

# The program as an image runs it, for other places.
RUN = """
import sys
names = {"__name__": "planted"}
exec(compile(open(sys.argv[1], encoding="utf-8").read(), "program", "exec"), names)
names["places"] = lambda: dict.fromkeys(sys.argv[2:], "")
sys.path[:0] = sys.argv[2:]
names["main"]()
"""


def plant(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(*places: Path) -> tuple[dict[str, Any], str]:
    """What it found, and what else was printed."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(PROGRAM), *map(str, places)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found.keys() == {"modules", "failed"}
    return found, done.stderr


def failure(tmp_path: Path, source: str) -> str:
    """Why a module of this source does not import."""
    found, _ = run(plant(tmp_path, {"planted_bad.py": source, "planted_good.py": ""}))
    assert found["modules"] == ["planted_bad", "planted_good"]
    assert found["failed"].keys() == {"planted_bad"}
    return str(found["failed"]["planted_bad"])


def test_modules_and_packages_are_imported(tmp_path: Path) -> None:
    found, _ = run(
        plant(
            tmp_path,
            {
                "planted_one.py": "import planted_two.inner.deep",
                "planted_two/__init__.py": "",
                "planted_two/inner/__init__.py": "",
                "planted_two/inner/deep.py": "",
                "planted_folder/no_package.py": "raise ValueError",
            },
        )
    )
    assert found == {
        "modules": ["planted_one", "planted_two", "planted_two.inner", "planted_two.inner.deep"],
        "failed": {},
    }


def test_what_modules_print_is_not_in_the_answer(tmp_path: Path) -> None:
    found, said = run(
        plant(
            tmp_path,
            {
                "planted_loud.py": "import sys\nprint('{ hello')\nsys.stdout.write('again\\n')\n",
                "planted_package/__init__.py": "print('from a package')",
                "planted_warns.py": "import warnings\nwarnings.warn('old', DeprecationWarning)\n",
            },
        )
    )
    assert found == {"modules": ["planted_loud", "planted_package", "planted_warns"], "failed": {}}
    for words in ("{ hello", "again", "from a package"):
        assert words in said
    assert "DeprecationWarning" not in said


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError('no good')", "no good"),
        ("raise ValueError", "ValueError"),
        ("import planted_absent.inner", "planted_absent"),
        ("from os import planted_absent", "os"),
        ("import sys\nsys.exit('not today')", "not today"),
        ("import sys\nsys.exit(3)", "3"),
        ("raise SystemExit", "SystemExit"),
    ],
)
def test_a_module_that_does_not_import_has_a_reason(tmp_path: Path, source: str, reason: str) -> None:
    assert failure(tmp_path, source) == reason


def test_a_module_that_is_no_python(tmp_path: Path) -> None:
    assert "invalid syntax" in failure(tmp_path, "this is no python")


def test_a_package_that_raises_fails_alone(tmp_path: Path) -> None:
    files = {"planted_bad/__init__.py": "raise RuntimeError('broken')", "planted_bad/inner.py": "", "planted_ok.py": ""}
    found, _ = run(plant(tmp_path, files))
    assert found == {"modules": ["planted_bad", "planted_ok"], "failed": {"planted_bad": "broken"}}


def test_a_package_that_leaves_fails_alone(tmp_path: Path) -> None:
    files = {"planted_bad/__init__.py": "import sys; sys.exit(0)", "planted_bad/inner.py": "", "planted_good.py": ""}
    found, _ = run(plant(tmp_path, files))
    assert found == {"modules": ["planted_bad", "planted_good"], "failed": {"planted_bad": "0"}}


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.write(1, b'planted')",
        "import sys; print('planted', file=sys.__stdout__, flush=True)",
        "import atexit; atexit.register(print, 'planted')",
    ],
)
def test_what_is_printed_past_python_is_not_in_the_answer(tmp_path: Path, source: str) -> None:
    found, _ = run(plant(tmp_path, {"planted_one.py": source}))
    assert found == {"modules": ["planted_one"], "failed": {}}


def test_a_reason_that_is_no_text(tmp_path: Path) -> None:
    assert failure(tmp_path, "error = ImportError()\nerror.name = object\nraise error").startswith("<class")


def test_main_modules_are_known_and_not_run(tmp_path: Path) -> None:
    files = {"planted/__init__.py": "", "planted/__main__.py": f"open({str(tmp_path / 'ran')!r}, 'w')"}
    found, _ = run(plant(tmp_path, files))
    assert found == {"modules": ["planted", "planted.__main__"], "failed": {}}
    assert not (tmp_path / "ran").exists()


def test_modules_in_zip_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "planted.zip", "w") as archive:
        archive.writestr("planted_zipped/__init__.py", "")
        archive.writestr("planted_zipped/bad.py", "raise ValueError('zipped')")
    found, _ = run(tmp_path / "planted.zip")
    assert found == {
        "modules": ["planted_zipped", "planted_zipped.bad"],
        "failed": {"planted_zipped.bad": "zipped"},
    }


def test_the_places_of_an_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "lib" / "site-packages"
    plant(packages, {"b.zip": "", "a.part.zip": "", "c.txt": ""})
    plant(tmp_path, {"standard/lib/os.py": "", "standard/python311.zip": ""})
    monkeypatch.setattr(sysconfig, "get_path", {"stdlib": str(tmp_path / "standard/lib")}.get)
    elsewhere = [place for place in sys.path if "site-packages" not in place]
    monkeypatch.setattr(sys, "path", [*elsewhere, str(packages), "/elsewhere/site-packages"])
    found = program.places()
    assert found == {
        str(tmp_path / "standard/lib"): "",
        str(tmp_path / "standard/lib/lib-dynload"): "",
        str(packages): "",
        program.APPLICATION: "",
        str(tmp_path / "standard/python311.zip"): "",
        str(packages / "a.part.zip"): "a.",
        str(packages / "b.zip"): "",
    }


class Container:
    """One that printed something and ended."""

    def __init__(self, code: int, out: bytes, err: bytes = b"") -> None:
        self.code, self.out, self.err = code, out, err

    def wait(self, timeout: float) -> dict[str, int]:
        return {"StatusCode": self.code}

    def logs(self, *, stdout: bool = True, stderr: bool = True, tail: int | None = None) -> bytes:
        return (self.out if stdout else b"") + (self.err if stderr else b"")


class Session(containers.Session):
    """One that remembers what was started."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.started: list[tuple[str, dict[str, Any]]] = []

    def start(self, image: str, **options: Any) -> Any:
        self.started.append((image, options))
        return self.container


def test_an_image_answers() -> None:
    said = b'{"modules": ["a", "b"], "failed": {"b": "c"}}\n'
    running = Session(Container(0, said, b"{ printed by a module"))
    assert importability.ask(running, "x:1") == importability.Importability(
        modules=frozenset({"a", "b"}), failed={"b": "c"}
    )
    [(image, options)] = running.started
    assert image == "x:1"
    assert options["command"] == ["python", "-c", PROGRAM.read_text(encoding="utf-8")]
    assert options.items() >= containers.HARDENED.items()


def test_a_module_that_ends_the_interpreter_fails_the_check() -> None:
    with pytest.raises(CheckFailed, match="exit code 139") as caught:
        importability.ask(Session(Container(139, b"", b"Segmentation fault")), "x:1")
    assert (caught.value.where, caught.value.details) == ("x:1", "Segmentation fault")


@pytest.mark.parametrize("said", [b"", b"planted", b"[]", b"{}", b'{"modules": 1, "failed": {}}'])
def test_an_answer_that_is_none_fails_the_check(said: bytes) -> None:
    with pytest.raises(CheckFailed, match="early end"):
        importability.ask(Session(Container(0, said, b"planted words")), "image")

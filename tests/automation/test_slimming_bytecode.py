"""Bytecode in place of sources: imported without them, with their lines, and the same every time."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from automation.slimming import bytecode, deferral, modules
from automation.slimming.catalogue import Step

SOURCE = '''"""About the module."""
import typing
if typing.TYPE_CHECKING:
    import nothing


def fail(value):
    """About the function."""
    assert value, "asserted"
    return {"a", "b", "c"} and 1 / 0
'''
SHOW = (
    "import sys, traceback, example\n"
    "print(example.__doc__, example.fail.__doc__, example.__cached__ is None)\n"
    "try: example.fail({value})\n"
    "except Exception as error: print(type(error).__name__, *traceback.extract_tb(error.__traceback__)[-1][:2])\n"
)


def imported(folder: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_module_without_its_source(tmp_path: Path) -> None:
    made = bytecode.compile_module(SOURCE.encode(), "/opt/app/example.py", steps=frozenset())
    (tmp_path / "example.pyc").write_bytes(made)
    shown = imported(tmp_path, SHOW.format(value=0))
    assert shown.splitlines() == ["None None False", "ZeroDivisionError /opt/app/example.py 10"]
    assert made[:4] == importlib.util.MAGIC_NUMBER
    # Unchecked, and no time: what the file says does not depend on when it was made.
    assert made[4:16] == b"\x01" + bytes(11)


def test_the_application_keeps_its_texts_and_assertions(tmp_path: Path) -> None:
    made = bytecode.compile_module(SOURCE.encode(), "/opt/app/example.py", steps=frozenset(), documented=True)
    (tmp_path / "example.pyc").write_bytes(made)
    first, second = imported(tmp_path, SHOW.format(value=0)).splitlines()
    assert first == "About the module. About the function. False"
    assert second == "AssertionError /opt/app/example.py 9"


def test_branches_go_with_their_step_alone() -> None:
    with_all = bytecode.compile_module(SOURCE.encode(), "a.py", steps=frozenset())
    without = bytecode.compile_module(SOURCE.encode(), "a.py", steps=frozenset({Step.BRANCHES}))
    assert b"nothing" in with_all
    assert b"nothing" not in without


def test_deferred_imports_go_with_their_step_alone() -> None:
    source = b"from .a import A\n"
    table = deferral.Table(names={"A": ("package.a", "A")}, statements=frozenset({0}))
    kept = bytecode.compile_module(source, "a.py", steps=frozenset(Step) - {Step.DEFERRED}, table=table)
    deferred = bytecode.compile_module(source, "a.py", steps=frozenset(Step), table=table)
    assert deferral.HELPER.encode() not in kept
    assert deferral.HELPER.encode() in deferred
    assert bytecode.compile_module(source, "a.py", steps=frozenset(Step)) == kept


def test_what_does_not_compile_is_said() -> None:
    with pytest.raises(SyntaxError) as caught:
        bytecode.compile_module(b"def f(:\n", "/opt/app/example.py", steps=frozenset())
    assert caught.value.filename == "/opt/app/example.py"


def test_the_same_bytes_in_every_process() -> None:
    # Sets and dictionaries of text are ordered by a seed that differs between processes.
    code = (
        "import hashlib, pathlib\n"
        "from automation.slimming import bytecode, catalogue\n"
        "steps = frozenset(catalogue.Step)\n"
        f"sources = [pathlib.Path(path).read_bytes() for path in {FILES!r}]\n"
        "made = [bytecode.compile_module(source, 'a.py', steps=steps) for source in sources]\n"
        "print(hashlib.sha256(b''.join(made)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1


FILES = [str(Path(module.__file__ or "")) for module in (ast, bytecode, modules)]


@pytest.mark.parametrize(("options", "expected"), [([], "False"), (["-X", "no_debug_ranges"], "True")])
def test_whether_columns_are_left_out(options: list[str], expected: str) -> None:
    code = "from automation.slimming import bytecode; print(bytecode.positions_are_off())"
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected

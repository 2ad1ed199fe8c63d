from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from automation import locks

HOLDER = """
import sys, time
from pathlib import Path
from automation import locks
with locks.exclusive(Path(sys.argv[1]), "a test"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
ROOT = Path(__file__).parents[2]


def holder(path: Path, seconds: float) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_two_processes_take_turns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "folder" / "lock"
    with holder(path, 0.5) as child, locks.exclusive(path, "a test"):
        assert child.wait(5) == 0
    assert "waiting for another run: a test" in capsys.readouterr().err


def test_a_killed_holder_leaves_nothing_locked(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path, 60) as child:
        child.kill()
    started = time.monotonic()
    with locks.exclusive(path, "a test"):
        pass
    assert time.monotonic() - started < 30

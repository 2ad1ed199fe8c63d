from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from automation import e2e, frontend, process
from automation.errors import CheckFailed


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words that pytest was called with; nothing is built, and nothing runs."""
    calls: list[list[str]] = []

    def run(command: Sequence[str], **more: Any) -> process.Result:
        calls.append(list(command[3:]))
        return process.Result(command=tuple(command), code=1 if "--fail" in command else 0, stdout="", stderr="")

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr(frontend, "build", lambda: None)
    return calls


def test_all_of_them_unless_some_are_named(ran: list[list[str]]) -> None:
    e2e.run(["-k", "login"], host=True)
    e2e.run(["tests/e2e/test_status.py"], host=True)
    assert ran == [["-k", "login", "tests/e2e"], ["tests/e2e/test_status.py"]]


def test_a_failure_is_one(ran: list[list[str]]) -> None:
    with pytest.raises(CheckFailed, match="an end-to-end test failed"):
        e2e.run(["--fail"], host=True)


def test_pictures_are_those_that_are_there(ran: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "status-desk-light.png").touch()
    assert e2e.take_pictures(tmp_path, host=True) == [tmp_path / "status-desk-light.png"]
    assert ran == [["tests/e2e/test_screenshots.py", f"--screenshots={tmp_path}"]]

from __future__ import annotations

import json

import pytest

from automation import console
from automation.errors import EngineUnavailable


def test_report_is_the_only_thing_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    console.note("a note")
    console.warning("a warning")
    console.table("title", ("a", "b"), [("1", "[bold]2")])
    console.report({"name": "x"})
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"version": 1, "name": "x"}
    assert "[bold]2" in shown.err


@pytest.mark.parametrize(("seconds", "text"), [(0.44, "0.4 s"), (12.3, "12 s"), (185, "3 min 05 s")])
def test_duration(seconds: float, text: str) -> None:
    assert console.duration(seconds) == text


def test_megabytes_are_decimal() -> None:
    assert console.megabytes(60_800_000) == "60.8 MB"


def test_a_failure_becomes_one_message_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, console.exit_on_error():
        raise EngineUnavailable("no engine", where="here", hint="start it", details="last words")
    assert caught.value.code == 4
    shown = capsys.readouterr().err
    for words in ("no engine", "where: here", "next:  start it", "last words"):
        assert words in shown
    assert "Traceback" not in shown


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["invoke", "--debug", "build"])
    with pytest.raises(SystemExit), console.exit_on_error():
        raise EngineUnavailable("no engine")
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_130(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, console.exit_on_error():
        raise KeyboardInterrupt
    assert caught.value.code == 130
    assert "interrupted" in capsys.readouterr().err


def test_steps(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    with console.step("one"):
        console.progress("detail")
    with pytest.raises(ValueError, match="x"), console.step("two"):
        raise ValueError("x")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with console.step("three"):
        pass
    shown = capsys.readouterr().err
    assert "not done: two" in shown
    assert "::group::three" in shown
    assert "::endgroup::" in shown

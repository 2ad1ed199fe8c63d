from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from automation import process
from automation.errors import MissingProgram

PYTHON = sys.executable


def test_keeps_both_streams() -> None:
    result = process.run([PYTHON, "-c", "import sys; print('out'); print('err', file=sys.stderr)"])
    assert (result.code, result.stdout, result.stderr) == (0, "out\n", "err\n")
    assert result.output == "out\nerr"


def test_passes_input_and_environment() -> None:
    result = process.run(
        [PYTHON, "-c", "import os; print(os.environ['GIVEN'] + input())"], env={"GIVEN": "a"}, stdin="b\n"
    )
    assert result.stdout == "ab\n"


def test_shows_lines_as_they_come() -> None:
    lines: list[str] = []
    process.run([PYTHON, "-c", "print(1); print(2)"], on_line=lines.append)
    assert lines == ["1", "2"]


def test_echoes_the_quoted_command(capsys: pytest.CaptureFixture[str]) -> None:
    process.run(["true", "two words"])
    assert "$ true 'two words'" in capsys.readouterr().err


def test_a_failure_says_which_command_and_what_it_said() -> None:
    with pytest.raises(process.CommandFailed) as caught:
        process.run([PYTHON, "-c", "import sys; print('because'); sys.exit(3)"])
    assert caught.value.result.code == 3
    assert "because" in caught.value.details
    assert "exit code 3" in caught.value.what


def test_a_missing_program_is_named() -> None:
    with pytest.raises(MissingProgram, match="no-such-program is not installed"):
        process.run(["no-such-program"])


def test_a_timeout_ends_the_child() -> None:
    started = time.monotonic()
    result = process.run(["sleep", "30"], timeout=0.3, check=False)
    assert result.code == -signal.SIGTERM
    assert time.monotonic() - started < 10


def test_a_child_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "INTERRUPT_GRACE", 0.3)
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(30)"
    result = process.run([PYTHON, "-c", program], timeout=1.0, check=False)
    assert result.code == -signal.SIGKILL


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_child_does_not_outlive_us(tmp_path: Path, number: int) -> None:
    """However this process ends, and SIGKILL leaves it no chance to do anything."""
    note = tmp_path / "pid"
    program = (
        "from automation import console, process\n"
        f"with console.exit_on_error(): process.run(['sh', '-c', 'echo $$ > {note}; exec sleep 60'])\n"
    )
    parent = subprocess.Popen([PYTHON, "-c", program], cwd=Path(__file__).parents[2])
    try:
        deadline = time.monotonic() + 20
        while not (note.exists() and note.read_text().strip()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        child = int(note.read_text())
        assert alive(child)
        os.kill(parent.pid, number)
        parent.wait(20)
        deadline = time.monotonic() + 5
        while alive(child) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not alive(child)
        assert parent.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    finally:
        parent.kill()
        parent.wait()


def test_a_daemon_is_nobodys_child(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process.spawn_daemon(["sh", "-c", "echo $$; exec sleep 30"], log=log)
    deadline = time.monotonic() + 5
    while not log.read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    pid = int(log.read_text())
    try:
        assert alive(pid)
        assert os.getsid(pid) == pid
    finally:
        os.kill(pid, signal.SIGKILL)

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


def test_keeps_what_is_no_utf8_and_no_whole_line() -> None:
    lines: list[str] = []
    program = r"printf 'one\r\ntwo \303'; sleep 0.1; printf '\251 \377\nthe rest'"
    result = process.run(["sh", "-c", program], on_line=lines.append)
    assert result.stdout == "one\ntwo é �\nthe rest"
    assert lines == ["one", "two é �", "the rest"]


def test_more_input_and_output_than_a_pipe_holds() -> None:
    """Neither side waits for the other for ever."""
    text = "0123456789\n" * 100_000
    assert process.run(["cat"], stdin=text).stdout == text
    assert process.run(["sh", "-c", "exit 0"], stdin=text).code == 0


def test_signs_of_life_while_nothing_comes() -> None:
    silences: list[bool] = []
    process.run(["sleep", "1"], on_silence=lambda: silences.append(True))
    assert len(silences) > 1


def test_a_daemon_that_keeps_the_pipe_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LAST_WORDS", 0.3)
    started = time.monotonic()
    result = process.run(["sh", "-c", "sleep 30 & echo $!"])
    os.kill(int(result.stdout), signal.SIGKILL)
    assert time.monotonic() - started < 20


# Runs a command over and over, each time interrupted at the next line of the module's own code.
AT_EVERY_LINE = """
import gc, os, signal, sys
from pathlib import Path
from automation import interrupts, process

interrupts.clean_up_first()
mine = {process.__file__, interrupts.__file__}

class Trap:
    def __init__(self, at):
        self.left = at

    def __call__(self, frame, event, argument):
        if frame.f_code.co_filename not in mine:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                signal.raise_signal(signal.SIGINT)
        return self

def children():
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

process.run(["true"])  # what is found once is found
open_before = len(os.listdir("/proc/self/fd"))
at, interrupted = 0, 0
while True:
    at += 1
    trap = Trap(at)
    sys.settrace(trap)
    try:
        process.run(["sh", "-c", "echo first; cat; exit 3"], stdin="second", on_line=len, check=False, echo=False)
    except KeyboardInterrupt:
        interrupted += 1
    finally:
        sys.settrace(None)
    gc.collect()
    assert not children(), f"line {at}: the child is still there"
    assert len(os.listdir("/proc/self/fd")) == open_before, f"line {at}: a pipe is still open"
    if trap.left > 0:
        break
    assert interrupted == at, f"line {at}: the interrupt is lost"
print(interrupted)
"""


def test_an_interrupt_at_any_line_leaves_nothing() -> None:
    """No child, no pipe, no traceback. In a process of its own, because other tests leave handlers of signals."""
    done = subprocess.run(
        [PYTHON, "-c", AT_EVERY_LINE],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr.replace("$ true\n", "")) == (0, ""), done.stderr
    assert int(done.stdout) > 50


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
        deadline = time.monotonic() + 60
        while not (note.exists() and note.read_text().strip()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        child = int(note.read_text())
        assert alive(child)
        os.kill(parent.pid, number)
        parent.wait(20)
        deadline = time.monotonic() + 60
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
    deadline = time.monotonic() + 60
    while not log.read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    pid = int(log.read_text())
    try:
        assert alive(pid)
        assert os.getsid(pid) == pid
    finally:
        os.kill(pid, signal.SIGKILL)

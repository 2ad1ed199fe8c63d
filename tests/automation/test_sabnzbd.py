from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from automation import apt, owner, paths, process, sabnzbd
from automation.errors import AutomationError, MissingProgram, NetworkUnavailable, Unhealthy


@pytest.fixture(scope="session")
def program() -> sabnzbd.Program:
    try:
        return sabnzbd.provision()
    except AutomationError as error:
        pytest.skip(f"no SABnzbd: {error.what}")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return paths.cache()


def test_a_configuration_as_it_writes_one() -> None:
    text = sabnzbd.render({"misc": {"port": 8080}, "servers": {"news.example": {"host": "news.example", "ssl": 1}}})
    assert text == (
        "__version__ = 19\n__encoding__ = utf-8\n"
        "[misc]\nport = 8080\n[servers]\n[[news.example]]\nhost = news.example\nssl = 1\n"
    )


def test_elsewhere_than_on_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "distribution", lambda: None)
    with pytest.raises(NetworkUnavailable, match="neither Debian nor Ubuntu"):
        sabnzbd.provision()


def test_without_the_systems_python(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(apt, "distribution", lambda: apt.Distribution(id="debian", codename="bookworm"))
    monkeypatch.setattr(sabnzbd, "PYTHON", "/nonexistent/python3")
    with pytest.raises(MissingProgram, match="is not installed"):
        sabnzbd.provision()


def test_an_archive_that_does_not_answer_leaves_nothing_half_made(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    if apt.distribution() is None or not Path(sabnzbd.PYTHON).exists():
        pytest.skip("no apt or no system Python on this machine")
    monkeypatch.setenv("AUTOARR_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    with pytest.raises(NetworkUnavailable):
        sabnzbd.provision()
    assert list(cache.glob("sabnzbd/*")) == list(cache.glob("tmp/*")) == []


def test_packages_that_do_not_run_are_an_error(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def unpack(work: Path, suite: str, host_suite: str) -> None:
        script = work / "root/usr/bin/sabnzbdplus"
        script.parent.mkdir(parents=True)
        script.write_text("raise SystemExit('no module named sabctools')")

    monkeypatch.setattr(apt, "distribution", lambda: apt.Distribution(id="debian", codename="bookworm"))
    monkeypatch.setattr(sabnzbd, "PYTHON", sys.executable)
    monkeypatch.setattr(sabnzbd, "_unpack", unpack)
    with pytest.raises(MissingProgram) as caught:
        sabnzbd.provision()
    assert "no module named sabctools" in caught.value.details


def test_one_that_ends_at_once_shows_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sabnzbd, "PYTHON", sys.executable)
    script = tmp_path / "root/usr/bin/sabnzbdplus"
    script.parent.mkdir(parents=True)
    script.write_text("raise SystemExit('no room for my files')")
    with (
        pytest.raises(Unhealthy) as caught,
        sabnzbd.running(sabnzbd.Program(root=tmp_path / "root"), tmp_path / "folder"),
    ):
        raise AssertionError("it did not start")
    assert "no room for my files" in caught.value.details


def test_it_is_provisioned_once(program: sabnzbd.Program) -> None:
    made = program.root.stat().st_ino
    assert sabnzbd.provision() == program
    assert program.root.stat().st_ino == made


def test_it_answers_and_is_gone_afterwards(program: sabnzbd.Program, tmp_path: Path) -> None:
    with sabnzbd.running(program, tmp_path, {"misc": {"bandwidth_perc": 77}}) as server:
        assert server.answers()
        answer = server.ask("get_config", section="misc", keyword="bandwidth_perc")
        assert answer.json() == {"config": {"misc": {"bandwidth_perc": 77}}}
        pid = server.ask("fullstatus", skip_dashboard=1).json()["status"]["pid"]
        assert owner.started_at(pid) is not None
    assert not server.answers()
    assert owner.started_at(pid) is None


def test_one_that_does_not_listen_is_killed(
    program: sabnzbd.Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sabnzbd, "STOP_TIMEOUT", 0.2)
    monkeypatch.setattr(process, "INTERRUPT_GRACE", 0.2)
    with sabnzbd.running(program, tmp_path) as server:
        pid = server.ask("fullstatus", skip_dashboard=1).json()["status"]["pid"]
        os.kill(pid, signal.SIGSTOP)
    assert owner.started_at(pid) is None


INTERRUPTED = """
import sys, time
from pathlib import Path
from automation import sabnzbd
with sabnzbd.running(sabnzbd.Program(root=Path(sys.argv[1])), Path(sys.argv[2])) as server:
    print(server.ask("fullstatus", skip_dashboard=1).json()["status"]["pid"], flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_none(program: sabnzbd.Program, tmp_path: Path, number: signal.Signals) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(program.root), str(tmp_path)],
        cwd=paths.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        run.send_signal(number)
        assert run.wait(20) != 0
    deadline = time.monotonic() + 60
    while owner.started_at(pid) is not None:
        assert time.monotonic() < deadline, "SABnzbd outlives the run that started it"
        time.sleep(0.05)

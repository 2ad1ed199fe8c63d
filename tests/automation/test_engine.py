from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automation import apt, engine, private_engine, process
from automation.errors import DiskFull, EngineUnavailable, UsageError
from automation.private_engine import PrivateEngine

INFO = {"ServerVersion": "27.1", "OSType": "linux", "Architecture": "aarch64", "DriverStatus": [["a", "b"]]}

Answers = Callable[..., None]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Make the `docker` command answer `info` and `buildx version` as given."""

    def make(info: object, *, buildx: bool = True) -> None:
        def run(command: list[str], **options: object) -> process.Result:
            if command[1] == "info":
                text = json.dumps(info) if info is not None else ""
                return process.Result(command=tuple(command), code=0 if info else 1, stdout=text, stderr="")
            assert command[1:] == ["buildx", "version"]
            return process.Result(command=tuple(command), code=0 if buildx else 1, stdout="", stderr="")

        monkeypatch.setattr(process, "run", run)

    monkeypatch.delenv("AUTOARR_ENGINE", raising=False)
    return make


def test_an_engine_that_answers_is_used_as_it_is(answers: Answers) -> None:
    answers(INFO)
    found = engine.ensure()
    assert (found.kind, found.version, found.platform) == ("existing", "27.1", "linux/arm64")
    assert not found.has_containerd_store
    assert found.environment == {}
    answers({**INFO, "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]})
    assert engine.ensure().has_containerd_store


def test_a_client_without_buildx(answers: Answers) -> None:
    answers(INFO, buildx=False)
    with pytest.raises(EngineUnavailable, match="no buildx"):
        engine.ensure()


def test_nobody_answers_and_nothing_can_be_provisioned(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(None)
    monkeypatch.setattr(PrivateEngine, "pid", lambda self: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(apt, "distribution", lambda: apt.Distribution(id="debian", codename="bookworm"))
    with pytest.raises(EngineUnavailable, match="only root can provision") as caught:
        engine.ensure()
    assert "DOCKER_HOST" in caught.value.hint
    monkeypatch.setattr(apt, "distribution", lambda: None)
    with pytest.raises(EngineUnavailable, match="only Debian and Ubuntu"):
        engine.ensure()


def test_the_choice(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> None:
    answers(INFO)
    monkeypatch.setattr(PrivateEngine, "pid", lambda self: None)
    monkeypatch.setenv("AUTOARR_ENGINE", "private")
    assert engine.present() is None
    monkeypatch.setenv("AUTOARR_ENGINE", "podman")
    with pytest.raises(UsageError, match="podman is unknown"):
        engine.present()


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateEngine]:
    made = PrivateEngine(tmp_path / "engine")
    yield made
    shutil.rmtree(made.run_folder, ignore_errors=True)


def test_a_pid_file_of_an_earlier_boot_is_not_believed(private: PrivateEngine) -> None:
    assert private.pid() is None
    private.run_folder.mkdir(parents=True)
    (private.run_folder / "dockerd.pid").write_text(str(os.getpid()))
    assert private.pid() is None
    assert not private.stop()
    assert not private.answers()


def test_a_socket_path_fits_whatever_the_cache_is_called(tmp_path: Path) -> None:
    deep = PrivateEngine(tmp_path / ("x" * 200) / "engine")
    assert len(deep.host.removeprefix("unix://").encode()) < 107


def test_no_room(private: PrivateEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_engine, "ROOM_NEEDED", 1 << 60)
    with pytest.raises(DiskFull) as caught:
        private.ensure()
    assert caught.value.exit_code == 10
    assert "XDG_CACHE_HOME" in caught.value.hint
    assert not (private.folder / "root").exists()


def test_an_engine_that_does_not_start_shows_its_log(
    private: PrivateEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    binaries = private.root / "usr" / "autoarr"
    binaries.mkdir(parents=True)
    program = binaries / "dockerd"
    program.write_text("#!/bin/sh\necho planted: cannot start >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(PrivateEngine, "_install", lambda self: None)
    monkeypatch.setattr(private_engine, "START_TIMEOUT", 1.0)
    monkeypatch.setattr(private_engine, "ROOM_NEEDED", 0)
    with pytest.raises(EngineUnavailable) as caught:
        private.ensure()
    assert "planted: cannot start" in caught.value.details
    program.write_text("#!/bin/sh\necho no space left on device >&2\nexit 1\n")
    with pytest.raises(DiskFull):
        private.ensure()


def test_the_users_registry_logins_stay_in_force(
    private: PrivateEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text("{}")
    private.plugins.mkdir(parents=True)
    for name in ("docker-buildx", "docker-compose"):
        (private.plugins / name).touch()
    private._write_client_config()
    made = (private.client_config / "cli-plugins" / "docker-buildx").lstat()
    private._write_client_config()
    assert (private.client_config / "config.json").resolve() == tmp_path / ".docker" / "config.json"
    links = {link.name: link.readlink() for link in (private.client_config / "cli-plugins").iterdir()}
    assert links == {name: private.plugins / name for name in ("docker-buildx", "docker-compose")}
    # A command may be using it, so what is right is left alone.
    assert (private.client_config / "cli-plugins" / "docker-buildx").lstat().st_ino == made.st_ino

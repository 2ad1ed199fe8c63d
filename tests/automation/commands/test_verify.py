"""What `nox -s alpine` and `nox -s slim` do, on small images whose outcome is known."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automation import bases, containers, image_store, paths, verify
from automation.engine import Engine
from automation.errors import CheckFailed, EngineUnavailable
from automation.resolver import Resolver

VARIANT = bases.variant(bases.DEFAULT_VARIANT)
# Connects to both servers by the addresses that the application's tests are given.
BOTH_SERVERS_ANSWER = """
import os, socket, urllib.parse
for name in ("AUTOARR_TEST_POSTGRES_URL", "AUTOARR_TEST_REDIS_URL"):
    url = urllib.parse.urlsplit(os.environ[name])
    socket.create_connection((url.hostname, url.port or 5432 if "POSTGRES" in name else 6379), timeout=5).close()
print("both answered")
"""


@pytest.fixture
def image(real_engine: Engine) -> Iterator[Callable[[str], str]]:
    """Makes an image on the application's base that runs a program; all are removed again."""
    made: list[str] = []
    base = Resolver(real_engine).resolve(VARIANT.base).reference

    def make(program: str) -> str:
        name = f"autoarr-test:verify-{os.getpid()}-{len(made)}"
        subprocess.run(
            ["docker", "buildx", "build", "--quiet", "--tag", name, "-"],
            input=f"FROM {base}\nENV PROGRAM={program.encode().hex()}\n"
            'CMD ["python3", "-c", "import os; exec(bytes.fromhex(os.environ[\'PROGRAM\']))"]\n',
            text=True,
            check=True,
            capture_output=True,
            env={**os.environ, **real_engine.environment},
        )
        made.append(name)
        return name

    yield make
    for name in made:
        image_store.remove(real_engine, name)


def test_the_suite_runs_beside_real_servers(
    real_engine: Engine, image: Callable[[str], str], nothing_left: None, capsys: pytest.CaptureFixture[str]
) -> None:
    verify.run_inside(real_engine, Resolver(real_engine), VARIANT, image(BOTH_SERVERS_ANSWER))
    assert "both answered" in capsys.readouterr().err


def test_a_failing_suite_fails_the_session(
    real_engine: Engine, image: Callable[[str], str], nothing_left: None
) -> None:
    with pytest.raises(CheckFailed, match="exit code 3"):
        verify.run_inside(real_engine, Resolver(real_engine), VARIANT, image("raise SystemExit(3)"))


def test_a_server_that_does_not_start(
    real_engine: Engine, image: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "SERVICE_TIMEOUT", 0.5)
    program = "import time; print('planted: not listening', flush=True); time.sleep(60)"
    with containers.session(real_engine) as running:
        container = running.start(image(program), name=f"autoarr-test-{os.getpid()}")
        with pytest.raises(EngineUnavailable) as caught:
            verify.wait_for(container, ["false"])
    assert "planted: not listening" in caught.value.details


def test_a_broken_promise_fails_the_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tests" / "container").mkdir(parents=True)
    (tmp_path / "tests" / "container" / "conftest.py").write_text(
        "def pytest_addoption(parser): parser.addoption('--variant')\n"
    )
    (tmp_path / "tests" / "container" / "test_it.py").write_text("def test_planted(): assert False\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises(CheckFailed, match="from outside"):
        verify.run_outside(VARIANT)
    (tmp_path / "tests" / "container" / "test_it.py").write_text("def test_planted(): pass\n")
    verify.run_outside(VARIANT)


def test_an_unknown_variant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["verify", "windows"])
    with pytest.raises(SystemExit) as caught:
        verify.main()
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err

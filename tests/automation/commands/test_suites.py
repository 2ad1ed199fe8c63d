"""What `nox -s alpine` and `nox -s slim` run of suites, on small images and folders whose outcome is known."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from automation import bases, containers, paths, servers, suites, verify
from automation.engine import Engine
from automation.errors import EngineUnavailable
from automation.reports import Verdict
from automation.resolver import Resolver
from tests.automation.conftest import built

VARIANT = bases.variant(bases.DEFAULT_VARIANT)
# Connects to both servers by the addresses that the application's tests are given, and reports as pytest would.
BOTH_SERVERS_ANSWER = """
import os, socket, urllib.parse
for name, port in (("AUTOARR_TEST_POSTGRES_URL", 5432), ("AUTOARR_TEST_REDIS_URL", 6379)):
    url = urllib.parse.urlsplit(os.environ[name])
    socket.create_connection((url.hostname, url.port or port), timeout=30).close()
assert os.environ["PYTEST_ADDOPTS"].split()[0] == "--junitxml=/data/junit.xml"
open("/data/junit.xml", "w").write('<testsuites><testcase name="both answered"/></testsuites>')
"""


RUN_IT = 'CMD ["python3", "-c", "import os; exec(bytes.fromhex(os.environ[\'PROGRAM\']))"]\n'


@pytest.fixture
def image(real_engine: Engine) -> Iterator[Callable[[str], str]]:
    """Makes an image on the application's base that runs a program; all are removed again."""
    base = Resolver(real_engine).resolve(VARIANT.base).reference
    with ExitStack() as made:

        def make(program: str) -> str:
            recipe = f"FROM {base}\nVOLUME /data\nENV PROGRAM={program.encode().hex()}\n{RUN_IT}"
            return made.enter_context(built(real_engine, recipe))

        yield make


def test_the_suite_runs_beside_real_servers(
    real_engine: Engine, image: Callable[[str], str], nothing_left: None
) -> None:
    with containers.session(real_engine) as running:
        beside = servers.start(running, Resolver(real_engine))
        checks = suites.inside(running, image(BOTH_SERVERS_ANSWER), beside.network, verify.servers_of(beside))
    assert [(check.name, check.verdict, check.detail) for check in checks] == [("both answered", Verdict.PASSED, "")]


def test_a_suite_that_dies_is_a_failure(
    real_engine: Engine, image: Callable[[str], str], nothing_left: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with containers.session(real_engine) as running:
        network = str(running.network().name)
        program = "print('planted', flush=True); raise SystemExit(3)"
        checks = suites.inside(running, image(program), network, {})
    assert [(check.verdict, check.name) for check in checks] == [(Verdict.FAILED, "suite")]
    assert checks[0].detail.startswith("exit code 3 and no report")
    assert "planted" in capsys.readouterr().err


def test_a_server_that_does_not_start(
    real_engine: Engine, image: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "TIMEOUT", 0.5)
    program = "import time; print('planted: not listening', flush=True); time.sleep(60)"
    with containers.session(real_engine) as running:
        container = running.start(image(program), name=f"autoarr-test-{os.getpid()}")
        with pytest.raises(EngineUnavailable) as caught:
            servers.wait_for(container, ["false"])
    assert "planted: not listening" in caught.value.details


def test_a_broken_promise_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "container"
    folder.mkdir(parents=True)
    (folder / "conftest.py").write_text("def pytest_addoption(parser): parser.addoption('--variant')\n")
    (folder / "test_it.py").write_text("def test_planted(): assert False, 'planted'\n\n\ndef test_sound(): pass\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    broken, sound = suites.outside(VARIANT)
    assert (broken.verdict, sound.verdict) == (Verdict.FAILED, Verdict.PASSED)
    assert "planted" in broken.detail


def test_a_suite_that_fails_without_a_failed_test() -> None:
    junit = '<testsuites><testcase name="a"/></testsuites>'
    assert [check.verdict for check in suites.results("tests", 0, junit)] == [Verdict.PASSED]
    assert [check.verdict for check in suites.results("tests", 1, junit)] == [Verdict.PASSED, Verdict.FAILED]


def test_an_unknown_variant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["verify", "windows"])
    with pytest.raises(SystemExit) as caught:
        verify.main()
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err

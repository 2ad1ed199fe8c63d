from __future__ import annotations

import ast
import asyncio
import importlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation import paths, servers
from automation.components import catalogue, reader, runner
from automation.components.catalogue import COMPONENTS, Component
from automation.components.probes import __main__ as supervisor
from automation.components.probes import harness, served
from automation.components.probes.harness import Facts, Probe, Skip, Wrong
from automation.reports import Verdict

NAMES = [component.name for component in COMPONENTS]
# What needs no server but its own.
ON_THE_HOST = ["anthropic", "bcrypt", "fastapi", "httpx", "jwt", "mcp", "pydantic", "ui"]


def step(name: str, status: str = "ok", detail: str = "", *, core: bool = True) -> dict[str, Any]:
    return {"name": name, "status": status, "detail": detail, "seconds": 0.1, "core": core}


def line(name: str, *steps: dict[str, Any], version: int = catalogue.VERSION) -> str:
    return json.dumps({"version": version, "component": name, "seconds": 1.5, "steps": steps})


# ---- the catalogue


def test_there_are_ten_and_each_has_steps() -> None:
    assert len(set(NAMES)) == 10
    for name in NAMES:
        steps = importlib.import_module(f"automation.components.probes.{name}").PROBE.steps
        assert len(steps) >= 2
        assert any(one.core for one in steps)


def test_probes_import_nothing_of_the_project_that_is_not_shipped() -> None:
    """Beside the application, which is in the image."""
    shipped = {name.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".") for name in runner.sources()}
    assert "automation.components.probes.jwt" in shipped
    for name, content in runner.sources().items():
        for node in ast.walk(ast.parse(content)):
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for module in found:
                if module.startswith("automation"):
                    assert {module, module.rpartition(".")[0]} & shipped, f"{name} imports {module}"


# ---- the reader


def test_ten_checks_in_the_catalogues_order() -> None:
    found = reader.checks(line(name, step("one", detail="seen")) for name in reversed(NAMES))
    assert [check.name for check in found] == NAMES
    assert {check.area for check in found} == {"components"}
    assert {check.verdict for check in found} == {Verdict.PASSED}
    assert found[0].detail == "one (seen)"
    assert found[0].seconds == 1.5


def test_one_failed_step_fails_the_component_and_hides_no_other() -> None:
    steps = [step("one"), step("two", "failed", "planted"), step("three", "skipped", "no server"), step("four", "odd")]
    check = reader.check(json.loads(line("jwt", *steps)))
    assert check.verdict is Verdict.FAILED
    assert check.detail == "2 of 4 steps failed: two: planted; four: failed; three skipped: no server; one"


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [
        ([step("one"), step("two", "skipped", "why", core=False)], Verdict.PASSED),
        ([step("one"), step("two", "skipped", "why")], Verdict.SKIPPED),
        ([step("two", "skipped", "why", core=False)], Verdict.SKIPPED),
        ([step("one", "failed", "x"), step("two", "skipped", "why")], Verdict.FAILED),
        ([], Verdict.FAILED),
    ],
)
def test_what_was_skipped_never_counts_as_passed(steps: list[dict[str, Any]], verdict: Verdict) -> None:
    check = reader.check(json.loads(line("jwt", *steps)))
    assert check.verdict is verdict
    if any(one["status"] == "skipped" for one in steps):
        assert "two skipped: why" in check.detail


def test_a_component_without_an_answer_failed() -> None:
    found = reader.checks(["Traceback", '{"not": "an answer"}', line("jwt", step("one")), "planted: no such file"])
    failed = [check for check in found if check.verdict is Verdict.FAILED]
    assert [check.name for check in failed] == [name for name in NAMES if name != "jwt"]
    assert "planted: no such file" in failed[0].detail


def test_an_answer_of_another_version() -> None:
    check = reader.check(json.loads(line("jwt", step("one"), version=99)))
    assert check.verdict is Verdict.FAILED
    assert "version 99" in check.detail


# ---- the harness


FACTS = Facts(**dict.fromkeys(Facts._fields, ""))


def ask(function: Any, limit: float = 5.0) -> tuple[str, str]:
    got = harness.answer(harness.Step("planted", function, limit, True), FACTS)
    assert got["seconds"] < 4
    return got["status"], got["detail"]


def test_each_way_a_step_can_end() -> None:
    def skip(facts: Facts) -> None:
        raise Skip("no server")

    def crash(facts: Facts) -> None:
        raise ExceptionGroup("two", [ValueError("planted\nmore"), KeyError("x")])

    async def wrong(facts: Facts) -> None:
        harness.equal([1] * 100, 2, "the number")

    async def fine(facts: Facts) -> str:
        await asyncio.sleep(0)
        return "seen"

    assert ask(lambda facts: None) == ("ok", "")
    assert ask(fine) == ("ok", "seen")
    assert ask(skip) == ("skipped", "no server")
    assert ask(crash) == ("failed", "ValueError: planted")
    status, detail = ask(wrong)
    assert status == "failed"
    assert detail.startswith("the number: [1, 1,")
    assert detail.endswith("... instead of 2")


def test_a_step_that_hangs_is_cut_off() -> None:
    async def waits(facts: Facts) -> None:
        await asyncio.sleep(60)

    def library_gives_up(facts: Facts) -> None:
        raise TimeoutError("the library's own words")

    assert ask(lambda facts: time.sleep(60), 0.2) == ("failed", "no end within 0.2 s")
    assert ask(waits, 0.2) == ("failed", "no end within 0.2 s")
    assert ask(library_gives_up) == ("failed", "TimeoutError: the library's own words")


def test_expectations() -> None:
    harness.require(1, "fine")
    harness.equal(1, 1, "fine")
    with pytest.raises(Wrong, match="planted"):
        harness.require(0, "planted")
    with harness.refused("nothing", ValueError) as caught:
        raise ValueError("x")
    assert isinstance(caught[0], ValueError)
    with pytest.raises(Wrong, match="something was accepted"), harness.refused("something", ValueError):
        pass
    with pytest.raises(KeyError), harness.refused("another error", ValueError):
        raise KeyError


def test_steps_have_names_of_their_own() -> None:
    probe = Probe()
    probe.step("one")(lambda facts: None)
    with pytest.raises(ValueError, match="two steps named one"):
        probe.step("one")(lambda facts: None)


# ---- the supervisor


def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *script: str) -> None:
    """Something that stands in for the Python that a worker runs in."""
    program = tmp_path / "python"
    plan = {"steps": [{"name": name, "core": True} for name in ("one", "two", "three")]}
    ended = {"ended": step("one", detail="seen")}
    said = [f"echo '{json.dumps(item)}'" for item in (plan, {"begun": "one"}, ended, {"begun": "two"})]
    program.write_text("\n".join(["#!/bin/sh", *said, *script]) + "\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def supervise(limit: float = 20.0) -> list[tuple[str, str, str]]:
    got = asyncio.run(supervisor.ask(Component("planted", "", limit), "facts.json"))
    assert (got["version"], got["component"]) == (catalogue.VERSION, "planted")
    return [(one["name"], one["status"], one["detail"]) for one in got["steps"]]


def test_a_worker_that_dies_loses_no_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker(tmp_path, monkeypatch, "echo planted crash >&2", "kill -SEGV $$")
    why = f"its process ended with signal {int(signal.SIGSEGV)} | planted crash"
    assert supervise() == [
        ("one", "ok", "seen"),
        ("two", "failed", why),
        ("three", "skipped", f"not reached: {why}"),
    ]


def test_a_worker_that_hangs_is_ended_with_what_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child"
    worker(tmp_path, monkeypatch, f"sleep 300 & echo $! > {child}", "wait")
    started = time.monotonic()
    assert [status for _, status, _ in supervise(1.0)] == ["ok", "failed", "skipped"]
    assert time.monotonic() - started < 60
    pid = int(child.read_text())
    status = Path(f"/proc/{pid}/stat")
    # Gone, or dead and not yet collected by whoever inherited it.
    deadline = time.monotonic() + 60
    while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_worker_that_ends_too_early_or_fails_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker(tmp_path, monkeypatch, "exit 0")
    assert supervise()[1] == ("two", "failed", "its process ended early")
    assert supervisor.complete([], "planted") == [
        {"name": "start", "core": True, "status": "failed", "detail": "planted", "seconds": None}
    ]
    whole: list[dict[str, Any]] = [{"steps": [{"name": "one", "core": True}]}, {"ended": step("one")}]
    assert supervisor.complete(whole, "") == [step("one")]
    assert [one["name"] for one in supervisor.complete(whole, "signal 11")] == ["one", "end"]


def test_proxies_of_the_machine_do_not_reach_the_probes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker(tmp_path, monkeypatch, 'echo "proxy: ${HTTPS_PROXY:-none}" >&2', "exit 3")
    monkeypatch.setenv("HTTPS_PROXY", "http://planted.invalid")
    assert supervise()[1][2] == "its process ended with exit code 3 | proxy: none"


# ---- the probes themselves, with the packages of the development environment


@pytest.fixture
def interface(tmp_path: Path) -> Path:
    """A built interface: a page, and hashed assets that are stored compressed."""
    import gzip

    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    names = ("index-AbCd1234.js", "index-EfGh5678.css")
    (folder / "index.html").write_text(
        f'<!doctype html><html><script src="/assets/{names[0]}"></script><link href="/assets/{names[1]}"></html>'
    )
    for name in names:
        (folder / "assets" / f"{name}.gz").write_bytes(gzip.compress(b"/* planted */" * 100))
    return folder


@pytest.fixture
def facts(tmp_path: Path, interface: Path) -> Iterator[Path]:
    """Facts for the probes on this machine, beside a running application."""
    authority = servers.Authority()
    certificate, key = authority.issue("localhost")
    files = {
        "authority": authority.certificate,
        "stranger": servers.Authority("another").certificate,
        "certificate": certificate,
        "key": key,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with served.served({"AUTOARR_UI_DIR": str(interface)}) as running:
        told = {
            **FACTS._asdict(),
            "host": "localhost",
            "application_url": f"http://127.0.0.1:{running.port}",
            **{name: str(tmp_path / name) for name in files},
        }
        (tmp_path / "facts.json").write_text(json.dumps(told))
        yield tmp_path / "facts.json"


def probe(facts: Path, *names: str, **environment: str) -> dict[str, Any]:
    """The checks of some components, by name."""
    done = subprocess.run(
        [sys.executable, "-m", "automation.components.probes", str(facts), *names],
        cwd=paths.ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {check.name: check for check in reader.checks(done.stdout.splitlines()) if check.name in names}


def test_what_needs_no_server_passes_on_this_machine(facts: Path) -> None:
    found = probe(facts, *ON_THE_HOST)
    assert sorted(found) == ON_THE_HOST
    assert {name: check.detail for name, check in found.items() if check.verdict is not Verdict.PASSED} == {}


def test_a_server_that_is_not_there_is_no_pass(tmp_path: Path) -> None:
    gone = {**FACTS._asdict(), "database_url": "postgresql://a:b@127.0.0.1:1/c", "redis_url": "redis://127.0.0.1:1/0"}
    (tmp_path / "facts.json").write_text(json.dumps(gone))
    found = probe(tmp_path / "facts.json", "sqlalchemy", "ui")
    assert found["sqlalchemy"].verdict is Verdict.FAILED
    # But for the application's tables on SQLite.
    assert "9 of 10 steps failed" in found["sqlalchemy"].detail
    assert found["ui"].verdict is Verdict.SKIPPED
    assert "no running application" in found["ui"].detail


def test_what_was_given_no_server_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(FACTS._asdict()))
    found = probe(tmp_path / "facts.json", "sqlalchemy", "redis")
    assert {check.verdict for check in found.values()} == {Verdict.SKIPPED}
    assert "the application's tables on SQLite (SQLite" in found["sqlalchemy"].detail
    assert "pub/sub skipped: no Redis was given" in found["redis"].detail


def test_an_application_that_does_not_start() -> None:
    with pytest.raises(Wrong, match="did not start"), served.served({"DATABASE_URL": "mysql://planted/x"}):
        pass


def test_an_application_that_does_not_get_ready() -> None:
    with (
        served.served({"REDIS_URL": "redis://127.0.0.1:1/0"}) as running,
        pytest.raises(Wrong, match="is not ready"),
    ):
        running.ready(limit=0.1)


# ---- the servers' certificates and files


def test_an_archive_has_the_folders_of_its_files() -> None:
    with tarfile.open(fileobj=io.BytesIO(servers.archive({"a/b/c": b"1", "a/d": b"22"}, mode=0o600))) as packed:
        assert packed.getnames() == ["a", "a/b", "a/b/c", "a/d"]
        assert [packed.getmember(name).mode for name in ("a", "a/d")] == [0o755, 0o600]
        member = packed.extractfile("a/d")
        assert member is not None
        assert member.read() == b"22"


def test_what_is_told_names_files_that_are_there() -> None:
    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

    beside = servers.Servers(
        network="n",
        database=Named("n-postgres"),  # type: ignore[arg-type]  # only its name is asked for
        cache=Named("n-redis"),  # type: ignore[arg-type]  # likewise
        password="p",
        authority=servers.Authority(),
    )
    files = runner.told(beside, "n-probes", "http://n-application:8088")
    told = Facts(**json.loads(files["facts.json"]))
    assert (told.database_url, told.redis_url) == ("postgresql://postgres:p@n-postgres/postgres", "redis://n-redis/0")
    for path in (told.authority, told.stranger, told.certificate, told.key):
        assert path.removeprefix(f"{runner.PLACE}/") in files

"""`invoke build` as a user meets it, on the real engine: the good way, and each way to fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from automation import image_store, paths
from automation.engine import Engine
from automation.private_engine import PrivateEngine
from tests.automation.conftest import Checkout

pytestmark = pytest.mark.usefixtures("real_engine", "nothing_left")


def one_message(result: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """The run ended with this exit code and one clear message with these words."""
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.count("error:") >= 1
    message = result.stderr[result.stderr.rindex("error: ") :]
    for word in words:
        assert word in message, message


def test_builds_and_reports(checkout: Checkout, real_engine: Engine) -> None:
    result = checkout.invoke("build", "--json")
    assert result.returncode == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["version"] == 1
    assert summary["image"] == "autoarr:distroless"
    assert summary["libc"] == "musl"
    assert 0 < summary["pull_bytes"] < summary["disk_bytes"]
    assert summary["healthy_s"] < 30
    assert "next: `invoke run`" in result.stderr
    facts = image_store.inspect(real_engine, "autoarr:latest")
    assert facts is not None
    assert facts.digest == summary["digest"]
    # The second time nothing is made.
    again = json.loads(checkout.invoke("build", "--json").stdout)
    assert again["rebuilt"] == []
    # A changed line of application code makes the application's layer and no other.
    checkout.edit("autoarr/cli.py", lambda text: text + f"\n# {time.time_ns()}: never built before\n")
    changed = json.loads(checkout.invoke("build", "--json", "--tag", "autoarr:changed").stdout)
    try:
        assert changed["rebuilt"] == ["application"]
        assert changed["image"] == "autoarr:changed"
    finally:
        image_store.remove(real_engine, "autoarr:changed")


def test_writes_an_oci_archive(checkout: Checkout, real_engine: Engine, tmp_path: Path) -> None:
    if not real_engine.has_containerd_store:
        pytest.skip("this engine has no containerd image store")
    archive = tmp_path / "image.tar"
    result = checkout.invoke("build", "--output", f"oci:{archive}")
    assert result.returncode == 0, result.stderr
    assert archive.stat().st_size > 10_000_000


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--variant", "windows"), ("no variant 'windows'", "distroless, alpine, slim")),
        (("--platform", "linux/s390x"), ("no platform 'linux/s390x'", "linux/amd64")),
        (("--output", "tar:/x"), ("no output 'tar:/x'", "oci:PATH")),
        (("--output", "oci:/no/such/folder/x.tar"), ("can't be written",)),
    ],
)
def test_bad_arguments(checkout: Checkout, words: tuple[str, ...], expected: tuple[str, ...]) -> None:
    one_message(checkout.invoke("build", *words), 2, *expected)


def test_stale_requirements(checkout: Checkout) -> None:
    checkout.edit("requirements.txt", lambda text: text.replace("uvicorn==", "uvicorn==9", 1))
    one_message(checkout.invoke("build"), 8, "requirements.txt does not match", "invoke export")


def test_a_lock_out_of_step(checkout: Checkout) -> None:
    checkout.edit("pyproject.toml", lambda text: text.replace('"aiosqlite (>=', '"anyio (>=4)",\n  "aiosqlite (>=', 1))
    one_message(checkout.invoke("build"), 8, "poetry.lock does not fit", "invoke lock")


def test_a_pnpm_lockfile_out_of_step(checkout: Checkout) -> None:
    checkout.edit("autoarr/ui/package.json", lambda text: text.replace('"vite": "8', '"vite": "7', 1))
    one_message(checkout.invoke("build"), 8, "pnpm-lock.yaml does not fit", "pnpm install")


def test_a_failing_ui_build(checkout: Checkout) -> None:
    checkout.edit("autoarr/ui/src/main.tsx", lambda text: text + "\nconst wrong: number = 'text'\n")
    one_message(checkout.invoke("build"), 6, "pnpm build", "TS2322")


def test_an_import_of_something_that_the_image_does_without(checkout: Checkout) -> None:
    checkout.edit("autoarr/cli.py", lambda text: text + "\n\ndef planted() -> None:\n    import unittest.mock\n")
    line = len((checkout.root / "autoarr/cli.py").read_text(encoding="utf-8").splitlines())
    said = f"autoarr.cli, line {line}: imports unittest.mock, which the step standard-library leaves out"
    one_message(checkout.invoke("build"), 6, said, "STANDARD_LIBRARY in automation/slimming/catalogue.py")


def test_an_image_that_never_gets_healthy(checkout: Checkout, real_engine: Engine) -> None:
    before = image_store.inspect(real_engine, "autoarr:distroless")
    checkout.edit("autoarr/cli.py", lambda text: text + "\nraise SystemExit('planted: it does not start')\n")
    one_message(checkout.invoke("build"), 7, "exit code 1", "planted: it does not start")
    # What users have keeps its name until something better is proven healthy.
    after = image_store.inspect(real_engine, "autoarr:distroless")
    assert (before and before.digest) == (after and after.digest)


def test_an_image_whose_health_check_fails(checkout: Checkout) -> None:
    checkout.edit("Dockerfile.optimized", lambda text: text.replace('["autoarr", "healthcheck"]', '["false"]'))
    checkout.edit("Dockerfile.optimized", lambda text: text.replace("--start-period=30s", "--start-period=1s"))
    checkout.edit("Dockerfile.optimized", lambda text: text.replace("--interval=10s", "--interval=1s"))
    one_message(checkout.invoke("build"), 7, "the health check failed")


def test_no_room_inside_a_build(checkout: Checkout) -> None:
    step = "RUN --mount=type=tmpfs,target=/small,size=1m dd if=/dev/zero of=/small/file bs=1M count=3"
    checkout.edit(
        "Dockerfile.optimized", lambda text: text.replace("# Which modules the app", f"{step}\n# Which modules the app")
    )
    one_message(checkout.invoke("build"), 10, "disk is full", "No space left on device")


def test_no_network_inside_a_build(checkout: Checkout) -> None:
    step = "RUN --network=none pip --python /opt/venv/bin/python download --retries 0 --no-cache-dir six==1.16.0"
    checkout.edit(
        "Dockerfile.optimized", lambda text: text.replace("# ---- app-builder", f"{step}\n# ---- app-builder")
    )
    one_message(checkout.invoke("build"), 11, "can't be reached")


def test_no_engine_and_no_right_to_one(checkout: Checkout) -> None:
    result = checkout.invoke(
        "build", env={"DOCKER_HOST": "unix:///nonexistent/docker.sock", "AUTOARR_ENGINE": "existing"}
    )
    one_message(result, 4, "no container engine answers", "AUTOARR_ENGINE=existing")


def test_two_builds_at_once(checkout: Checkout, real_engine: Engine) -> None:
    checkout.edit("autoarr/cli.py", lambda text: text + f"\n# {time.time()}\n")
    both = [checkout.start("build", "--tag", f"autoarr:two-{number}") for number in (1, 2)]
    try:
        for run in both:
            output, _ = run.communicate(timeout=300)
            assert run.returncode == 0, output
    finally:
        for number in (1, 2):
            image_store.remove(real_engine, f"autoarr:two-{number}")


def test_an_engine_that_dies_during_a_build(checkout: Checkout, real_engine: Engine) -> None:
    """Only with the private engine: nobody else's is killed."""
    private = PrivateEngine.default()
    pid = private.pid()
    if real_engine.kind != "private" or pid is None:
        pytest.skip("the engine in use is not the private one")
    slow = "RUN echo reached && sleep 60"
    checkout.edit(
        "Dockerfile.optimized", lambda text: text.replace("# ---- app-builder", f"{slow}\n# ---- app-builder")
    )
    run = checkout.start("build")
    assert run.stdout is not None
    seen = ""
    for line in run.stdout:
        seen += line
        if "RUN echo reached" in line:
            os.kill(pid, signal.SIGKILL)
            break
    rest, _ = run.communicate(timeout=120)
    assert run.returncode == 4, seen + rest
    assert "the container engine went away during the build" in rest
    assert "Traceback" not in rest
    # It is found dead and restarted.
    again = checkout.invoke("engine", "--json")
    assert again.returncode == 0, again.stderr
    assert private.pid() not in (None, pid)


def test_folders_of_the_cache_are_where_the_specification_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert paths.cache() == tmp_path / "autoarr"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert paths.cache() == Path.home() / ".cache" / "autoarr"

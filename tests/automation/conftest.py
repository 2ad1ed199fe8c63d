from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from automation import apt, containers, engine, image_store, paths
from automation.errors import AutomationError


@pytest.fixture(scope="session")
def real_engine() -> engine.Engine:
    """The engine of this machine, provisioned when there is none, as the tasks do it."""
    try:
        return engine.ensure()
    except AutomationError as error:
        pytest.skip(f"no container engine: {error.what}")


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's own registry server, as a process on loopback with its data in a temporary folder; HOST:PORT."""
    if apt.distribution() is None:
        pytest.skip("the registry server comes from a Debian package")
    folder = tmp_path_factory.mktemp("registry")
    source = apt.PrivateApt(folder / "apt", apt.host_sources([apt.host_suite()]))
    source.update()
    apt.unpack(source.download([f"docker-registry/{apt.host_suite()}"]), folder / "root")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = folder / "config.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\nhttp: {{addr: '{address}'}}\n"
    )
    server = subprocess.Popen(
        [str(folder / "root/usr/bin/docker-registry"), "serve", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"http://{address}/v2/", timeout=2).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the registry did not start"
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def built(found: engine.Engine, dockerfile: str, files: Mapping[str, bytes] | None = None) -> Iterator[str]:
    """An image of a test's own, from a Dockerfile and the files of its context; it is removed on the way out."""
    name = f"autoarr-test:{os.getpid()}-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory() as folder:
        for path, content in {**(files or {}), "Dockerfile": dockerfile.encode()}.items():
            (Path(folder) / path).write_bytes(content)
        subprocess.run(
            ["docker", "buildx", "build", "--quiet", "--load", "--tag", name, folder],
            check=True,
            capture_output=True,
            env={**os.environ, **found.environment},
        )
    try:
        yield name
    finally:
        image_store.remove(found, name)


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A copy of the working tree that a test may break, and its commands."""

    root: Path

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", *words]

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        # The development environment's programs first, as ./dev does it; the copy's modules before the installed ones.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONPATH": str(self.root), "COLUMNS": "200", **(extra or {})}

    def invoke(
        self, *words: str, env: Mapping[str, str] | None = None, timeout: float = 600
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command("invoke", *words),
            cwd=self.root,
            env=self.environment(env),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("invoke", *words),
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        file = self.root / name
        before = file.read_text(encoding="utf-8")
        after = change(before)
        assert after != before, f"the test's edit of {name} changed nothing"
        file.write_text(after, encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    listed = subprocess.run(
        ["git", "-C", str(paths.ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = paths.ROOT / name
        if source.is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, root / name)
    return Checkout(root=root)


def leftovers(found: engine.Engine) -> dict[str, set[str]]:
    """What our runs have in the engine and on the disk that a finished run must not leave."""
    label = f"label={containers.OWNER_LABEL}"
    listings = {
        "containers": ("ps", "--all", "--quiet", "--filter", label),
        "volumes": ("volume", "ls", "--quiet", "--filter", label),
        "networks": ("network", "ls", "--quiet", "--filter", label),
        "candidates": ("image", "ls", "--quiet", containers.CANDIDATES),
    }
    left = {name: set(found.docker(*words, echo=False).stdout.split()) for name, words in listings.items()}
    left["folders"] = {str(path) for path in (paths.cache() / "tmp").glob("*")}
    left["folders"] |= {str(path) for path in (paths.cache() / "bootstrap").glob("work-*")}
    return left


@pytest.fixture
def nothing_left(real_engine: engine.Engine) -> Iterator[None]:
    """The test leaves nothing in the engine or on the disk that was not there before."""
    before = leftovers(real_engine)
    yield
    after = leftovers(real_engine)
    assert {name: after[name] - before[name] for name in after} == {name: set() for name in after}

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]  # has no types
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # the same

from automation import apt, containers, engine, image_store, owner, paths, ports
from automation.errors import AutomationError
from tests.app import brief

# On no day that this runs on.
COMMITTED = "2020-02-03T04:05:06Z"
COMMANDS = Path(__file__).parent / "commands"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what takes long, where that is wanted."""
    brief.leave_out(items)


class OneForTheEngine(LoadScopeScheduling):  # type: ignore[misc]  # the same
    """Whatever uses the engine runs in one process, one test after the other; the rest may run beside it.

    By files, because the process that hands tests out has their names and no more.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "engine" if uses_engine(file) else nodeid


@cache
def uses_engine(file: str) -> bool:
    """Whether a file of tests, by its path in the project, has one that uses the engine."""
    path = paths.ROOT / file
    return COMMANDS in path.parents or "real_engine" in path.read_text(encoding="utf-8")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneForTheEngine:
    """Hand tests out so."""
    return OneForTheEngine(config, log)


@pytest.fixture(scope="session")
def real_engine() -> engine.Engine:
    """The engine of this machine, provisioned when there is none, as the tasks do it."""
    try:
        return engine.ensure()
    except AutomationError as error:
        pytest.skip(f"no container engine: {error.what}")


@pytest.fixture(scope="session")
def registry_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Debian's own registry server, unpacked and not installed."""
    if apt.distribution() is None:
        pytest.skip("the registry server comes from a Debian package")
    folder = tmp_path_factory.mktemp("registry-program")
    source = apt.PrivateApt(folder / "apt", apt.host_sources([apt.host_suite()]))
    source.update()
    apt.unpack(source.download([f"docker-registry/{apt.host_suite()}"]), folder / "root")
    yield folder / "root/usr/bin/docker-registry"
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(program: Path, folder: Path, *, host: str = "127.0.0.1", more: str = "", tls: str = "") -> Iterator[str]:
    """A registry server with its data in a folder; HOST:PORT.

    Args:
        more: further settings of its configuration, in YAML.
        tls: those of its certificate, in YAML's short form.
    """
    port = ports.free(host)
    address = f"{host}:{port}"
    config = folder / "config.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '{address}'{tls and f', tls: {tls}'}}}\n{more}"
    )
    server = subprocess.Popen(
        [str(program), "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((host, port)) == 0:
                    break
            assert time.monotonic() < deadline, "the registry did not start"
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def registry(registry_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on loopback that lets everybody in; HOST:PORT."""
    folder = tmp_path_factory.mktemp("registry")
    with serving(registry_program, folder) as address:
        yield address
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


@pytest.fixture
def repository(checkout: Checkout, real_engine: engine.Engine) -> Checkout:
    """The copy as a repository of its own, with one commit of long ago."""
    if not real_engine.has_containerd_store:
        pytest.skip("this engine has no containerd image store, which OCI archives need")
    identity = {f"GIT_{role}_{what}": "x@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run(
            ["git", "-C", str(checkout.root), *words],
            env={**checkout.environment(identity), "GIT_COMMITTER_DATE": COMMITTED},
            check=True,
        )
    return checkout


def leftovers(found: engine.Engine) -> dict[str, set[str]]:
    """What finished runs and this process have in the engine and on the disk.

    Other runs may be at work on the same engine; what belongs to a process that still runs is no leftover.
    """

    def listed(*words: str, name: str) -> set[str]:
        template = f'{{{{.{name}}}}} {{{{.Label "{containers.OWNER_LABEL}"}}}}'
        filters = ("--filter", f"label={containers.OWNER_LABEL}", "--format", template)
        lines = found.docker(*words, *filters, echo=False).stdout.splitlines()
        owned = [line.partition(" ")[::2] for line in lines]
        return {thing for thing, label in owned if label == owner.label() or owner.is_gone_here(label)}

    def made(name: str) -> bool:
        return name.startswith(owner.name()) or owner.is_gone(name)

    tags = found.docker("image", "ls", containers.CANDIDATES, "--format", "{{.Tag}}", echo=False).stdout.split()
    return {
        "containers": listed("ps", "--all", name="ID"),
        "volumes": listed("volume", "ls", name="Name"),
        "networks": listed("network", "ls", name="ID"),
        "candidates": {tag for tag in tags if made(tag)},
        "folders": {str(path) for path in (paths.cache() / "tmp").glob("*") if made(path.name)}
        | {str(path) for path in (paths.cache() / "bootstrap").glob("work-*")},
    }


@pytest.fixture
def nothing_left(real_engine: engine.Engine) -> Iterator[None]:
    """The test leaves nothing in the engine or on the disk that was not there before."""
    before = leftovers(real_engine)
    yield
    after = leftovers(real_engine)
    assert {name: after[name] - before[name] for name in after} == {name: set() for name in after}

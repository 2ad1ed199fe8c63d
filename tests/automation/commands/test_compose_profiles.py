"""compose.yaml: each profile comes up healthy on the real engine, does what it is for, and goes away whole."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from automation import compose, image_store, network, paths, ports
from automation.bases import HAPROXY, NODE, POSTGRES, REDIS, SLIM
from automation.engine import Engine
from automation.errors import AutomationError
from automation.resolver import Resolver
from tests.automation.conftest import Checkout

PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Project:
    """compose.yaml of a copy of the checkout, under a name and a port of the test's own."""

    engine: Engine
    root: Path
    name: str
    port: int
    environment: Mapping[str, str]

    def run(
        self, *words: str, env: Mapping[str, str] | None = None, files: tuple[Path, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        named = [word for file in (self.root / "compose.yaml", *files) for word in ("--file", str(file))]
        return subprocess.run(
            ["docker", "compose", "--project-name", self.name, *named, *words],
            cwd=self.root,
            env={**os.environ, **self.engine.environment, **self.environment, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def up(self, *words: str, files: tuple[Path, ...] = ()) -> None:
        result = self.run(*words, files=files)
        if result.returncode != 0:
            logs = self.run("--profile", "*", "logs", "--tail", "20").stdout
            pytest.fail(f"{result.stderr[-3000:]}\n{logs}")

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine says of each container, by its name without the project's."""
        listed = self.engine.docker(
            *("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}"), echo=False
        ).stdout.split()
        facts = json.loads(self.engine.docker("inspect", *listed, echo=False).stdout) if listed else []
        return {item["Name"].removeprefix(f"/{self.name}-"): item for item in facts}

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    def left(self) -> list[str]:
        """What the engine still has of it."""
        kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
        label = f"label=com.docker.compose.project={self.name}"
        return [
            line
            for words in kinds
            for line in self.engine.docker(*words, "--quiet", "--filter", label, echo=False).stdout.split()
        ]


@pytest.fixture(scope="module")
def image(real_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The default variant, built by the command that users run."""
    from automation import bases, images

    name = f"autoarr-test:compose-{os.getpid()}"
    images.build(real_engine, bases.variant(bases.DEFAULT_VARIANT), tag=name)
    yield name
    image_store.remove(real_engine, name)


@pytest.fixture
def project(real_engine: Engine, checkout: Checkout) -> Iterator[Project]:
    try:
        compose.ensure(real_engine)
    except AutomationError as error:
        pytest.skip(error.what)
    port = ports.free()
    made = Project(
        engine=real_engine,
        root=checkout.root,
        name=f"autoarr-test-{os.getpid()}-{secrets.token_hex(3)}",
        port=port,
        environment={"AUTOARR_PUBLISH": f"127.0.0.1:{port}"},
    )
    try:
        yield made
        volumes = {
            mount["Name"]
            for facts in made.containers().values()
            for mount in facts["Mounts"]
            if mount["Type"] == "volume"
        }
        assert {name for name in volumes if not name.startswith(f"{made.name}_")} == set(), "a volume has no name"
    finally:
        made.run("--profile", "*", "down", "--remove-orphans", "--volumes", "--timeout", "5")
    assert made.left() == []


def use(project: Project, **more: str) -> Project:
    return Project(**{**vars(project), "environment": {**project.environment, **more}})


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def assert_hardened(facts: Mapping[str, Any], *, read_only: bool = True) -> None:
    host = facts["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["ReadonlyRootfs"] is read_only
    assert facts["State"]["Health"]["Status"] == "healthy"


@pytest.mark.parametrize("profile", ["", "scale", "dev"])
def test_every_profile_is_understood(project: Project, profile: str) -> None:
    named = ("--profile", profile) if profile else ()
    result = project.run(*named, "config", "--format", "json")
    assert result.returncode == 0, result.stderr
    expected = {"": set(), "scale": {"scale", "replica", "postgres", "redis"}, "dev": {"dev"}}[profile]
    assert set(json.loads(result.stdout)["services"]) == {"autoarr"} | expected


def test_one_container(project: Project, image: str, tmp_path: Path) -> None:
    single = use(project, AUTOARR_IMAGE=image)
    single.up("up", "--detach", "--wait")
    (facts,) = single.containers().values()
    assert_hardened(facts)
    assert facts["Config"]["Healthcheck"]["Test"][0] == "CMD", "the image's own"
    stand_in = with_stand_in(tmp_path, project.root)
    single.up("up", "--detach", "stand-in", files=(stand_in,))
    assert_first_audit(f"http://127.0.0.1:{single.port}", "http://stand-in:8080")
    before = json.loads(single.get("/api/v1/about"))
    assert before["database"] == "sqlite"
    assert "<html" in single.get("/")
    # The data outlives the container.
    single.up("down", "--timeout", "5")
    single.up("up", "--detach", "--wait")
    after = json.loads(single.get("/api/v1/about"))
    assert after["instance_id"] == before["instance_id"]
    assert after["started_at"] != before["started_at"]


def test_replicas_behind_one_address(project: Project, image: str, tmp_path: Path) -> None:
    resolver = Resolver(project.engine)
    many = use(
        project,
        AUTOARR_IMAGE=image,
        POSTGRES_IMAGE=resolver.resolve(POSTGRES).reference,
        REDIS_IMAGE=resolver.resolve(REDIS).reference,
        HAPROXY_IMAGE=resolver.resolve(HAPROXY).reference,
        POSTGRES_PASSWORD=secrets.token_hex(8),
        AUTOARR_SECRET_KEY=secrets.token_urlsafe(32),
        AUTOARR_REPLICAS="3",
    )
    stand_in = with_stand_in(tmp_path, project.root)
    many.up("--profile", "scale", "up", "--detach", "stand-in", files=(stand_in,))
    many.up("--profile", "scale", "up", "--detach", "--wait", "scale")
    found = many.containers()
    assert sorted(found) == [*("postgres-1", "redis-1", "replica-1", "replica-2", "replica-3", "scale-1", "stand-in-1")]
    for name, facts in found.items():
        if name == "stand-in-1":
            continue
        assert_hardened(facts, read_only=name != "scale-1")
        published = [port for ports in facts["NetworkSettings"]["Ports"].values() for port in ports or ()]
        assert bool(published) is (name == "scale-1"), name
    ready = json.loads(many.get("/health/ready"))
    assert {name: check["status"] for name, check in ready["checks"].items()} == {"database": "ok", "redis": "ok"}

    def answering(count: int) -> set[str]:
        answers = [json.loads(many.get("/api/v1/about")) for _ in range(count)]
        assert {(item["database"], item["instance_id"]) for item in answers} == {
            ("postgresql", answers[0]["instance_id"])
        }
        return {item["started_at"] for item in answers}

    wait_until(lambda: len(answering(6)) == 3, "not every replica answers")
    assert_first_audit(f"http://127.0.0.1:{many.port}", "http://stand-in:8080")
    # Without Redis no replica is ready, and each still says what it can.
    many.up("--profile", "scale", "stop", "--timeout", "5", "redis")
    wait_until(lambda: "503" in refusal(many, "/health/ready"), "replicas without Redis are ready")
    wait_until(lambda: not refusal(many, "/"), "nothing is answered without Redis")
    many.up("--profile", "scale", "start", "redis")
    wait_until(lambda: not refusal(many, "/health/ready"), "replicas are not ready again")
    # One is killed: nobody is refused, and an audit is done by those that are left.
    many.engine.docker("kill", f"{many.name}-replica-1", echo=False)
    wait_until(lambda: len(answering(8)) == 2, "two replicas don't answer for three")
    assert_first_audit(f"http://127.0.0.1:{many.port}", "http://stand-in:8080")


STAND_IN = """
import uvicorn
from tests.app.fakes import FakeSabnzbd
fake = FakeSabnzbd()
fake.api_key = "stand-in-key"
uvicorn.run(fake, host="0.0.0.0", port=8080, lifespan="off", log_config=None)
"""


def with_stand_in(folder: Path, checkout: Path) -> Path:
    """A file for Compose with the tests' SABnzbd beside the replicas, in the image's own Python."""
    service = {
        "image": "${AUTOARR_IMAGE}",
        "command": ["python", "-c", STAND_IN],
        "environment": {"PYTHONPATH": "/opt/app:/srv", "PYTHONDONTWRITEBYTECODE": "1"},
        "volumes": [f"{checkout / 'tests' / 'app' / 'fakes'}:/srv/tests/app/fakes:ro"],
        "read_only": True,
        "tmpfs": ["/data"],
        "healthcheck": {"disable": True},
    }
    file = folder / "stand-in.json"
    file.write_text(json.dumps({"services": {"stand-in": service}}), encoding="utf-8")
    return file


def assert_first_audit(address: str, service_url: str) -> None:
    """docs/first_audit.py goes through; it may do so again on the same installation."""
    done = subprocess.run(
        [sys.executable, paths.ROOT / "docs" / "first_audit.py", address, "--service-url", service_url],
        env={**os.environ, "AUTOARR_PASSWORD": "a long password", "SERVICE_API_KEY": "stand-in-key"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert [line for line in done.stdout.splitlines() if "verified" in line] == [
        "applied and verified",
        "undone and verified",
    ], done.stdout


def refusal(project: Project, path: str) -> str:
    """What is said instead of an answer; empty when there is one."""
    try:
        project.get(path)
    except OSError as error:
        return str(error)
    return ""


def test_replicas_need_a_password(project: Project, image: str) -> None:
    resolver = Resolver(project.engine)
    bare = use(
        project,
        AUTOARR_IMAGE=image,
        POSTGRES_IMAGE=resolver.resolve(POSTGRES).reference,
        REDIS_IMAGE=resolver.resolve(REDIS).reference,
        HAPROXY_IMAGE=resolver.resolve(HAPROXY).reference,
        POSTGRES_PASSWORD="",
    )
    assert bare.run("--profile", "scale", "up", "--detach", "--wait", "scale").returncode != 0
    assert "POSTGRES_PASSWORD" in bare.run("--profile", "scale", "logs", "postgres").stdout
    assert bare.containers()["scale-1"]["State"]["Status"] == "created"


@pytest.mark.thorough
def test_a_saved_file_restarts_the_server(project: Project, checkout: Checkout, tmp_path: Path) -> None:
    resolver = Resolver(project.engine)
    name = f"autoarr-test:dev-{os.getpid()}"
    dev = use(
        project,
        AUTOARR_DEV_IMAGE=name,
        PYTHON_IMAGE=resolver.resolve(SLIM).reference,
        NODE_IMAGE=resolver.resolve(NODE).reference,
    )
    try:
        files = (with_network(tmp_path),)
        dev.up("--profile", "dev", "up", "--detach", "--wait", "--build", "dev", files=files)
        assert "<html" in dev.get("/"), "the mounted sources hide the UI"
        started = json.loads(dev.get("/api/v1/about"))["started_at"]
        checkout.edit("autoarr/problems.py", lambda text: f"{text}\n# changed\n")

        def restarted() -> bool:
            return not refusal(dev, "/") and json.loads(dev.get("/api/v1/about"))["started_at"] != started

        wait_until(restarted, "it was not restarted")
        # Nothing is written into the checkout.
        assert not list(checkout.root.glob("autoarr/**/__pycache__"))
    finally:
        dev.run("--profile", "dev", "down", "--volumes", "--timeout", "5")
        image_store.remove(project.engine, name)


def with_network(folder: Path) -> Path:
    """What a build needs on this network beside compose.yaml, which knows of none: the secrets of `invoke build`."""
    flags = network.build_flags(folder)
    named = [dict(part.split("=", 1) for part in word.split(",")) for word in flags if word.startswith("id=")]
    extra = {
        "services": {"dev": {"build": {"secrets": [item["id"] for item in named]}}},
        "secrets": {item["id"]: {"file": item["src"]} for item in named},
    }
    file = folder / "network.json"
    file.write_text(json.dumps(extra), encoding="utf-8")
    return file

"""`invoke run`, `stop`, `engine`, `doctor`, `bases`, `export`, `clean`: the rest of the menu, for real."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from automation import bases, containers, image_store, images, ports, service
from automation.engine import Engine
from automation.errors import PortTaken, Unhealthy, UsageError
from tests.automation.conftest import Checkout

pytestmark = pytest.mark.usefixtures("real_engine")


@pytest.fixture(scope="module")
def image(real_engine: Engine) -> str:
    """The built default variant."""
    name = bases.variant(bases.DEFAULT_VARIANT).tag
    if image_store.inspect(real_engine, name) is None:
        images.build(real_engine, bases.variant(bases.DEFAULT_VARIANT))
    return name


@pytest.fixture
def not_running(real_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Names of the test's own, so that a developer's running AutoArr and its data are left alone."""
    monkeypatch.setattr(service, "CONTAINER", f"autoarr-test-{os.getpid()}")
    monkeypatch.setattr(service, "VOLUME", f"autoarr-test-{os.getpid()}")
    yield
    service.stop(real_engine)
    real_engine.docker("volume", "rm", "--force", service.VOLUME, echo=False)


@pytest.mark.usefixtures("not_running")
def test_run_and_stop_keep_the_data(real_engine: Engine, image: str) -> None:
    port = ports.free()

    def instance() -> str:
        address = service.run(real_engine, image, port)
        assert address == f"http://localhost:{port}"
        with urllib.request.urlopen(f"{address}/api/v1/about", timeout=30) as answer:
            return str(json.load(answer)["instance_id"])

    first = instance()
    # Running it again replaces the container.
    assert instance() == first
    assert service.stop(real_engine)
    assert not service.stop(real_engine)
    assert instance() == first


@pytest.mark.usefixtures("not_running")
def test_a_taken_port(real_engine: Engine, image: str) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(PortTaken) as caught:
            service.run(real_engine, image, int(holder.getsockname()[1]))
    assert caught.value.exit_code == 9
    with containers.client(real_engine) as api:
        assert containers.named(api, service.CONTAINER) is None


@pytest.mark.usefixtures("not_running")
def test_a_port_that_another_container_has(real_engine: Engine, image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen by the engine only, as with a remote one."""
    monkeypatch.setattr(service, "port_is_free", lambda port: True)
    port = ports.free()
    with containers.session(real_engine) as running:
        running.start(image, ports={"8088/tcp": ("127.0.0.1", port)}, **containers.HARDENED)
        with pytest.raises(PortTaken, match="in use"):
            service.run(real_engine, image, port)


@pytest.mark.usefixtures("not_running")
def test_run_without_an_image(real_engine: Engine) -> None:
    with pytest.raises(UsageError) as caught:
        service.run(real_engine, "autoarr:never-built")
    assert "invoke build" in caught.value.hint


@pytest.mark.usefixtures("not_running")
def test_run_of_an_image_without_a_health_check(real_engine: Engine, image: str) -> None:
    name = "autoarr:test-no-health"
    recipe = f'FROM {image}\nHEALTHCHECK NONE\nCMD ["python", "-c", "import time; time.sleep(30)"]\n'
    subprocess.run(
        ["docker", "buildx", "build", "--quiet", "--tag", name, "-"],
        input=recipe,
        text=True,
        check=True,
        capture_output=True,
        env={**os.environ, **real_engine.environment},
    )
    try:
        with pytest.raises(Unhealthy, match="no health check"):
            service.run(real_engine, name, ports.free())
        with containers.client(real_engine) as api:
            assert containers.named(api, service.CONTAINER) is None
    finally:
        image_store.remove(real_engine, name)


def test_what_a_dead_run_left_is_swept(real_engine: Engine, image: str) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    label = f"{socket.gethostname()}:{gone.pid}-1"
    with containers.client(real_engine) as api:
        container = api.containers.create(image, labels={containers.OWNER_LABEL: label})
        volume = api.volumes.create(labels={containers.OWNER_LABEL: label})
        network = api.networks.create(f"autoarr-test-{os.getpid()}", labels={containers.OWNER_LABEL: label})
        candidate = f"{containers.CANDIDATES}:{gone.pid}-1-alpine"
        image_store.tag(real_engine, image, candidate)
        assert containers.sweep(real_engine) >= 4
        assert containers.named(api, str(container.id)) is None
        assert volume.name not in {found.name for found in api.volumes.list()}
        assert network.name not in {found.name for found in api.networks.list()}
        assert image_store.inspect(real_engine, candidate) is None


def test_what_a_living_run_has_is_not_swept(real_engine: Engine, image: str) -> None:
    with containers.session(real_engine) as running:
        volume = running.volume()
        containers.sweep(real_engine)
        assert volume in {found.name for found in running.api.volumes.list()}
    with containers.client(real_engine) as api:
        assert volume not in {found.name for found in api.volumes.list()}


def test_the_menu_lists_every_task(checkout: Checkout) -> None:
    result = checkout.invoke()
    assert result.returncode == 0
    for task in ("build", "bases", "run", "stop", "ui", "export", "lock", "doctor", "engine", "clean"):
        assert f"\n{task} " in result.stderr


def test_engine_for_a_shell(checkout: Checkout, real_engine: Engine) -> None:
    exports = checkout.invoke("engine", "--env").stdout
    said = subprocess.run(
        ["sh", "-c", f"{exports}\ndocker version --format '{{{{.Server.Version}}}}'"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == real_engine.version
    report = json.loads(checkout.invoke("engine", "--json").stdout)
    assert report["version"] == 1
    assert report["platform"] == real_engine.platform


def test_an_unknown_engine_choice(checkout: Checkout) -> None:
    result = checkout.invoke("engine", env={"AUTOARR_ENGINE": "podman"})
    assert result.returncode == 2
    assert "auto, existing, private" in result.stderr


def test_doctor(checkout: Checkout) -> None:
    result = checkout.invoke("doctor", "--json")
    findings = {found["name"]: found for found in json.loads(result.stdout)["findings"]}
    assert findings["Python"]["status"] == "ok"
    assert findings["engine"]["status"] == "ok"
    assert findings["UI on the host"]["status"] == "skipped"
    missing = [name for name, found in findings.items() if found["status"] == "missing"]
    assert result.returncode == (1 if missing else 0)


def test_doctor_names_what_is_missing_and_the_fix(checkout: Checkout) -> None:
    result = checkout.invoke(
        "doctor",
        env={
            "DOCKER_HOST": "unix:///nonexistent.sock",
            "AUTOARR_ENGINE": "existing",
            "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        },
    )
    assert result.returncode == 1
    assert "missing: engine, package index" in result.stderr
    assert "check the network" in result.stderr


def test_bases_are_all_resolved(checkout: Checkout) -> None:
    result = checkout.invoke("bases", "--json")
    assert result.returncode == 0, result.stderr
    found = {base["name"]: base for base in json.loads(result.stdout)["bases"]}
    assert set(found) == set(bases.BASES)
    assert found["alpine"]["libc"] == "musl"
    assert found["slim"]["libc"] == "glibc"
    assert found["alpine"]["python"] == found["slim"]["python"]
    for base in found.values():
        assert base["digest"].startswith("sha256:")
        # A bootstrapped base is never passed off as the official one.
        assert base["official"] != base["image"].startswith("autoarr-base/")


def test_clean_removes_our_images_only(real_engine: Engine, image: str, checkout: Checkout) -> None:
    name = "autoarr:test-clean"
    image_store.tag(real_engine, image, name)
    assert name in image_store.names(real_engine, containers.VARIANT_LABEL)
    assert image_store.remove(real_engine, name)
    assert not image_store.remove(real_engine, name)

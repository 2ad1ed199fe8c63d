"""Pushing to registries: one that lets everybody in, one that wants a login, one nobody vouches for, one that dies."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import bcrypt
import pytest

from automation import image_store, registry
from automation.engine import Engine
from automation.errors import RegistryRefused
from automation.servers import Authority
from tests.automation.conftest import Checkout, built, serving


@pytest.fixture(scope="module")
def image(real_engine: Engine) -> Iterator[str]:
    with built(real_engine, "FROM scratch\nCOPY content /\n", {"content": os.urandom(2000)}) as name:
        yield name


@pytest.fixture
def stranger(real_engine: Engine, tmp_path: Path) -> Engine:
    """The same engine for a user who has no logins, in a configuration that a test may write to."""
    plugins = Path(real_engine.environment.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    config = tmp_path / "client"
    config.mkdir()
    if plugins.is_dir():
        shutil.copytree(plugins, config / "cli-plugins", symlinks=True)
    return dataclasses.replace(real_engine, environment={**real_engine.environment, "DOCKER_CONFIG": str(config)})


def pushed(engine: Engine, image: str, name: str) -> str:
    image_store.tag(engine, image, name)
    try:
        registry.push(engine, name)
        return registry.digest(registry.manifest(engine, name))
    finally:
        image_store.remove(engine, name)


def test_what_is_pushed_can_be_read_and_named_again(real_engine: Engine, image: str, registry: str) -> None:
    from automation import registry as registries

    digest = pushed(real_engine, image, f"{registry}/team/thing:1")
    registries.name(real_engine, f"{registry}/team/thing@{digest}", [f"{registry}/team/thing:{tag}" for tag in "23"])
    for tag in "23":
        assert registries.digest(registries.manifest(real_engine, f"{registry}/team/thing:{tag}")) == digest
    assert registries.find(real_engine, f"{registry}/team/thing:4") is None
    assert registries.find(real_engine, f"{registry}/team/nothing:1") is None


def test_a_login_is_dockers_own(stranger: Engine, image: str, registry_program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "users").write_bytes(b"anna:" + bcrypt.hashpw(b"secret", bcrypt.gensalt(4)))
    users = f"auth: {{htpasswd: {{realm: team, path: {folder}/users}}}}\n"
    with serving(registry_program, folder, more=users) as address:
        with pytest.raises(RegistryRefused, match="does not let you in") as caught:
            pushed(stranger, image, f"{address}/team/thing:1")
        assert f"docker login {address}" in caught.value.hint
        login = ["docker", "login", "--username", "anna", "--password-stdin", address]
        subprocess.run(
            login, input=b"secret", env={**os.environ, **stranger.environment}, check=True, capture_output=True
        )
        assert pushed(stranger, image, f"{address}/team/thing:1").startswith("sha256:")


def test_a_registry_that_nobody_vouches_for(
    real_engine: Engine, image: str, registry_program: Path, tmp_path: Path
) -> None:
    # Engines trust any certificate on loopback; this is an address of this machine that is not.
    bridge = real_engine.docker(
        "network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", echo=False
    ).stdout.strip()
    with socket.socket() as probe:
        try:
            probe.bind((bridge, 0))
        except OSError:
            pytest.skip("this machine has no address on the engine's network")
    certificate, key = Authority().issue("registry.example")
    (tmp_path / "cert.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    tls = f"{{certificate: {tmp_path}/cert.pem, key: {tmp_path}/key.pem}}"
    with (
        serving(registry_program, tmp_path, host=bridge, tls=tls) as address,
        pytest.raises(RegistryRefused, match="no trusted connection"),
    ):
        pushed(real_engine, image, f"{address}/team/thing:1")


class DiesHalfWay(BaseHTTPRequestHandler):
    """Takes everything up to the first blob's content, and hangs up."""

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":  # TLS is tried first; this is how Go's servers decline
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            return
        super().handle()

    def answer(self, code: int, **headers: str) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/v2/" else 404)

    def do_HEAD(self) -> None:
        self.answer(404)

    def do_POST(self) -> None:
        self.answer(202, Location=f"{self.path}upload")

    def do_PUT(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    do_PATCH = do_PUT  # noqa: N815 - the method's name

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """The test's output is not this server's log."""


def test_a_registry_that_dies_half_way(real_engine: Engine, image: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), DiesHalfWay) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with pytest.raises(RegistryRefused, match="went away half-way"):
            pushed(real_engine, image, f"127.0.0.1:{server.server_address[1]}/team/thing:1")
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("nothing_left")
def test_build_and_push_in_one(real_engine: Engine, checkout: Checkout, registry: str, tmp_path: Path) -> None:
    """The image gets healthy first; its cache goes to a folder and comes from there."""
    from automation import registry as registries

    name, place = f"{registry}/team/autoarr:built", tmp_path / "cache"
    try:
        result = checkout.invoke("build", "--json", "--push", "--tag", name, "--cache-to", f"type=local,dest={place}")
        assert result.returncode == 0, result.stderr
        summary = json.loads(result.stdout)
        assert summary["healthy_s"] > 0
        assert summary["pushed"] == f"{name}@{registries.digest(registries.manifest(real_engine, name))}"
        assert json.loads((place / "index.json").read_text())["manifests"]
    finally:
        image_store.remove(real_engine, name)
    refused = checkout.invoke("build", "--push")
    assert refused.returncode == 2, refused.stderr
    assert "--tag HOST/NAMESPACE/NAME:TAG" in refused.stderr

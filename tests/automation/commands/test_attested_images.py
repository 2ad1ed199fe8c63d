"""Attestations on images that BuildKit made, as an engine and a registry's client see them."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation import image_store
from automation.engine import Engine
from automation.sbom import attestation, documents
from tests.automation import accounted


@pytest.fixture
def docker(real_engine: Engine) -> Iterator[Docker]:
    if not real_engine.has_containerd_store:
        pytest.skip("this engine can't write OCI archives")
    run = Docker(real_engine)
    yield run
    for name in run.names:
        image_store.remove(real_engine, name)


class Docker:
    """The docker command, and the names of images that a test made."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.names: list[str] = []

    def __call__(self, *words: str) -> str:
        environment = {**os.environ, **self.engine.environment}
        return subprocess.run(["docker", *words], check=True, capture_output=True, text=True, env=environment).stdout


@pytest.mark.parametrize("provenance", ["type=provenance,mode=max", "type=provenance,disabled=true"])
def test_a_registrys_client_finds_our_document_beside_buildkits_provenance(
    docker: Docker, registry: str, tmp_path: Path, nothing_left: None, provenance: str
) -> None:
    name = f"{registry}/autoarr-test:{os.getpid()}-{secrets.token_hex(4)}"
    (tmp_path / "Dockerfile").write_text("FROM scratch\nADD layer.tar /\n")
    (tmp_path / "layer.tar").write_bytes(accounted.layer(accounted.files()))
    archive = tmp_path / "image.tar"
    output = f"type=oci,dest={archive}"
    docker("buildx", "build", "--quiet", "--attest", provenance, "--tag", name, "--output", output, str(tmp_path))
    (before,) = attestation.images(archive)
    statements = documents.attestations(documents.of_archive(archive).bill)
    attestation.attach(archive, archive, {before.digest: statements})
    (after,) = attestation.images(archive)
    assert (after.digest, after.platform) == (before.digest, docker.engine.platform)
    assert after.stated == (*before.stated, attestation.SPDX, attestation.CYCLONEDX)
    assert any("slsa" in kind for kind in before.stated) is ("mode=max" in provenance)

    docker.names.append(name)
    docker("load", "--quiet", "--input", str(archive))
    docker("push", "--quiet", name)
    assert inspected(docker, name, "Manifest")["manifests"][0]["digest"] == before.digest
    assert inspected(docker, name, "SBOM")["SPDX"] == statements[0].predicate
    assert bool(inspected(docker, name, "Provenance")) is ("mode=max" in provenance)


def inspected(docker: Docker, name: str, what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        docker("buildx", "imagetools", "inspect", name, "--format", f"{{{{json .{what}}}}}")
    )
    return found

"""OCI archives made by hand, for tests that need an image and no engine."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Mapping
from pathlib import Path

from automation.sbom.attestation import CONFIG_TYPE, MANIFEST_TYPE
from tests.automation.test_attestation import Layout


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def archive(path: Path, platform: str, *, labels: Mapping[str, str] | None = None, content: bytes = b"layer") -> str:
    """Write an archive with one image of a platform in an index of its own, as BuildKit does; the image's digest."""
    system, machine = platform.split("/")
    layout = Layout(path.with_suffix(".layout"))
    config = {"os": system, "architecture": machine, "config": {"Labels": dict(labels or {})}}
    manifest = {
        "schemaVersion": 2,
        "config": layout.put_json(config, CONFIG_TYPE),
        "layers": [layout.put(content, "application/vnd.oci.image.layer.v1.tar")],
    }
    entry = layout.put_json(manifest, MANIFEST_TYPE, platform={"os": system, "architecture": machine})
    with tarfile.open(path, "w") as tar:
        tar.add(layout.finish(layout.index(entry)), arcname=".")
    return str(entry["digest"])

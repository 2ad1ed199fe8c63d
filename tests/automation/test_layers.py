from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from automation import layers
from automation.errors import CheckFailed


def layer(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type = tarfile.SYMTYPE
        link.linkname = "folder"
        archive.addfile(link)
    return buffer.getvalue()


def write(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def blob(content: bytes) -> tuple[str, str]:
    digest = hashlib.sha256(content).hexdigest()
    return f"sha256:{digest}", f"blobs/sha256/{digest}"


ONE, TWO = layer({"a": b"x" * 5000}), layer({"b": b"y" * 300, "c": b"z" * 7})


def test_docker_archive_with_compressed_layers(tmp_path: Path) -> None:
    packed = gzip.compress(ONE, mtime=0), gzip.compress(TWO, mtime=0)
    names = [blob(content)[1] for content in packed]
    manifest = json.dumps([{"Layers": names}]).encode()
    path = write(tmp_path / "image.tar", {"manifest.json": manifest, **dict(zip(names, packed, strict=True))})
    size = layers.measure_archive(path)
    assert [found.disk_bytes for found in size.layers] == [5000, 307]
    assert [found.pull_bytes for found in size.layers] == [len(content) for content in packed]
    assert size.disk_bytes == 5307
    assert size.pull_bytes == sum(map(len, packed))


def test_unpacked_layers_are_counted_as_they_would_be_pushed(tmp_path: Path) -> None:
    path = write(tmp_path / "image.tar", {"manifest.json": b'[{"Layers": ["one/layer.tar"]}]', "one/layer.tar": ONE})
    size = layers.measure_archive(path)
    assert size.disk_bytes == 5000
    assert 0 < size.pull_bytes < 1000


def test_oci_archive_with_an_attestation(tmp_path: Path) -> None:
    packed = gzip.compress(TWO, mtime=0)
    layer_digest, layer_name = blob(packed)
    image = json.dumps({"layers": [{"digest": layer_digest}]}).encode()
    image_digest, image_name = blob(image)
    index = json.dumps(
        {
            "manifests": [
                {"digest": "sha256:0", "annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
                {"digest": image_digest},
            ]
        }
    ).encode()
    index_digest, index_name = blob(index)
    outer = json.dumps({"manifests": [{"digest": index_digest}]}).encode()
    path = write(
        tmp_path / "image.tar", {"index.json": outer, index_name: index, image_name: image, layer_name: packed}
    )
    assert layers.measure_archive(path).disk_bytes == 307


def test_what_cannot_be_counted_is_an_error_and_no_guess(tmp_path: Path) -> None:
    path = write(
        tmp_path / "image.tar", {"manifest.json": b'[{"Layers": ["l"]}]', "l": layers.ZSTD_MAGIC + b"anything"}
    )
    with pytest.raises(CheckFailed, match="zstd"):
        layers.measure_archive(path)
    only_attestations = {"manifests": [{"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}]}
    path = write(tmp_path / "empty.tar", {"index.json": json.dumps(only_attestations).encode()})
    with pytest.raises(CheckFailed, match="no image"):
        layers.measure_archive(path)

"""Layers packed anew: equal content in fewer bytes, and everything that names them still right."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from automation import recompression
from automation.errors import CheckFailed
from automation.layers.zstd import ZstdFile, compress
from tests.automation import archives

PLAIN = archives.layer(archives.file("one.txt", b"one " * 5000))
OTHER = archives.layer(archives.file("two.txt", b"two " * 5000), archives.folder("three"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/autoarr/zstd"


def members(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()}
    with tarfile.open(path) as archive:
        opened = {each.name: archive.extractfile(each) for each in archive.getmembers()}
        return {name: stream.read() for name, stream in opened.items() if stream is not None}


def blob(found: dict[str, bytes], descriptor: dict[str, Any]) -> bytes:
    """What a descriptor names, which has to be what it says."""
    content = found[archives.blob_name(descriptor["digest"])]
    assert (archives.digest(content), len(content)) == (descriptor["digest"], descriptor["size"])
    return content


def manifests(found: dict[str, bytes]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The images of a layout: each one's descriptor and manifest."""
    todo, images = json.loads(found["index.json"])["manifests"], []
    while todo:
        entry = todo.pop(0)
        document = json.loads(blob(found, entry))
        if "manifests" in document:
            todo += document["manifests"]
        else:
            images.append((entry, document))
    return images


def unpacked(content: bytes, tmp_path: Path) -> bytes:
    packed = tmp_path / "packed"
    packed.write_bytes(content)
    with ZstdFile(packed) as stream:
        return bytes(stream.read())


def assert_repacked(path: Path, tmp_path: Path, *layers: bytes) -> dict[str, Any]:
    """Every image has these layers, packed by zstd; the last one's descriptor."""
    found = members(path)
    images = manifests(found)
    assert images
    for _, manifest in images:
        assert [layer["mediaType"] for layer in manifest["layers"]] == [recompression.MEDIA_TYPE] * len(layers)
        assert [unpacked(blob(found, layer), tmp_path) for layer in manifest["layers"]] == list(layers)
        config = json.loads(blob(found, manifest["config"]))
        assert config["rootfs"]["diff_ids"] == [archives.digest(layer) for layer in layers]
    return images[-1][0]


@pytest.mark.parametrize("packed", [True, False])
def test_layers_become_zstd(tmp_path: Path, packed: bool) -> None:
    archive = archives.oci(tmp_path / "in.tar", PLAIN, OTHER, packed=packed, name="autoarr:1")
    recompression.recompress(archive, tmp_path / "out.tar")
    entry = assert_repacked(tmp_path / "out.tar", tmp_path, PLAIN, OTHER)
    assert entry["annotations"] == {"io.containerd.image.name": "docker.io/library/autoarr:1"}
    assert entry["platform"] == {"os": "linux", "architecture": "amd64"}
    # Nothing of the layers as they were is left.
    assert not any(PLAIN in content for content in members(tmp_path / "out.tar").values())


def test_zstd_of_another_level(tmp_path: Path) -> None:
    layout = archives.Layout()
    entry = layout.image(PLAIN, packed=False)
    weak = compress(PLAIN, 1)
    manifest = json.loads(layout.blobs[archives.blob_name(entry["digest"])])
    manifest["layers"] = [{"mediaType": recompression.MEDIA_TYPE, "digest": layout.blob(weak), "size": len(weak)}]
    layout.entries = [{**entry, **layout.document(manifest, "manifest")}]
    recompression.recompress(layout.tar(tmp_path / "in.tar"), tmp_path / "out.tar")
    assert_repacked(tmp_path / "out.tar", tmp_path, PLAIN)


@pytest.mark.parametrize("nested", [True, False])
def test_statements_are_left_out(tmp_path: Path, nested: bool) -> None:
    layout = archives.Layout()
    for platform in ("linux/amd64", "linux/arm64"):
        layout.attestation(layout.image(PLAIN, platform=platform))
    if nested:
        layout.nest()
    recompression.recompress(layout.tar(tmp_path / "in.tar"), tmp_path / "out.tar")
    assert_repacked(tmp_path / "out.tar", tmp_path, PLAIN)
    images = manifests(members(tmp_path / "out.tar"))
    assert [entry["platform"]["architecture"] for entry, _ in images] == ["amd64", "arm64"]
    assert not any(recompression.REFERENCE in entry.get("annotations", {}) for entry, _ in images)


def test_the_same_bytes_twice_and_from_the_cache(tmp_path: Path, cache: Path) -> None:
    archive = archives.oci(tmp_path / "in.tar", PLAIN, OTHER)
    recompression.recompress(archive, tmp_path / "1.tar")
    assert len(list(cache.iterdir())) == 2
    recompression.recompress(archive, tmp_path / "2.tar")
    shutil.rmtree(cache)
    recompression.recompress(archive, tmp_path / "3.tar")
    digests = {hashlib.sha256((tmp_path / f"{number}.tar").read_bytes()).hexdigest() for number in (1, 2, 3)}
    assert len(digests) == 1


def test_what_was_packed_once_is_not_packed_again(tmp_path: Path, cache: Path) -> None:
    archive = archives.oci(tmp_path / "in.tar", PLAIN)
    recompression.recompress(archive, tmp_path / "1.tar")
    (kept,) = cache.iterdir()
    kept.write_bytes(compress(PLAIN, 1))
    recompression.recompress(archive, tmp_path / "2.tar")
    (_, manifest), *_ = manifests(members(tmp_path / "2.tar"))
    assert manifest["layers"][0]["digest"] == archives.digest(compress(PLAIN, 1))
    recompression.recompress(archive, tmp_path / "3.tar", reuse=False)
    assert members(tmp_path / "3.tar") == members(tmp_path / "1.tar")


def test_in_place(tmp_path: Path) -> None:
    archive = archives.oci(tmp_path / "image.tar", PLAIN)
    recompression.recompress(archive, archive)
    assert_repacked(archive, tmp_path, PLAIN)
    assert {path.name for path in tmp_path.iterdir()} == {"image.tar", "cache", "packed"}


def test_a_folder(tmp_path: Path) -> None:
    layout = archives.Layout()
    layout.image(PLAIN)
    recompression.recompress(layout.folder(tmp_path / "in"), tmp_path / "out")
    assert_repacked(tmp_path / "out", tmp_path, PLAIN)


def test_an_archive_that_is_cut_off(tmp_path: Path, cache: Path) -> None:
    archive = archives.oci(tmp_path / "in.tar", PLAIN, OTHER, packed=False)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 3])
    with pytest.raises(CheckFailed):
        recompression.recompress(archive, tmp_path / "out.tar")
    assert not (tmp_path / "out.tar").exists()
    assert not cache.exists()


def test_a_layer_that_is_missing(tmp_path: Path) -> None:
    layout = archives.Layout()
    layout.image(PLAIN, packed=False)
    del layout.blobs[archives.blob_name(archives.digest(PLAIN))]
    with pytest.raises(CheckFailed):
        recompression.recompress(layout.tar(tmp_path / "in.tar"), tmp_path / "out.tar")
    assert not (tmp_path / "out.tar").exists()


def damaged(tmp_path: Path, change: bytes) -> Path:
    """An archive whose one layer has other content than its digest says."""
    layout = archives.Layout()
    layout.image(PLAIN)
    name = next(name for name, content in layout.blobs.items() if content.startswith(b"\x1f\x8b"))
    layout.blobs[name] = change
    return layout.tar(tmp_path / "in.tar")


def test_a_layer_that_is_cut_off(tmp_path: Path, cache: Path) -> None:
    archive = damaged(tmp_path, gzip.compress(PLAIN, mtime=0)[:-40])
    with pytest.raises(CheckFailed):
        recompression.recompress(archive, tmp_path / "out.tar")
    assert not list(cache.glob("*"))
    assert not (tmp_path / "out.tar").exists()


def test_a_layer_that_is_another(tmp_path: Path, cache: Path) -> None:
    archive = damaged(tmp_path, gzip.compress(OTHER, mtime=0))
    with pytest.raises(CheckFailed):
        recompression.recompress(archive, tmp_path / "out.tar")
    assert not list(cache.glob("*"))

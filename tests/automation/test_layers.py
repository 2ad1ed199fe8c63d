"""Archives of every form are read, the image that is meant is found, and its sizes are as a registry has them."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from automation import layers
from automation.errors import CheckFailed, UsageError
from automation.layers import manifest, zstd
from tests.automation import archives
from tests.automation.archives import file, layer

ONE, TWO = layer(file("a", b"x" * 5000)), layer(file("b", b"y" * 300), file("c", b"z" * 7))


def test_a_docker_archive_with_compressed_layers(tmp_path: Path) -> None:
    packed = gzip.compress(ONE, mtime=0), gzip.compress(TWO, mtime=0)
    size = layers.measure_archive(archives.docker(tmp_path / "image.tar", *packed))
    assert [found.disk_bytes for found in size.layers] == [5000, 307]
    assert [found.pull_bytes for found in size.layers] == [len(content) for content in packed]
    assert size.disk_bytes == 5307
    assert size.pull_bytes == sum(map(len, packed))
    assert not any(found.estimated for found in size.layers)


def test_unpacked_layers_are_counted_as_they_would_be_pushed(tmp_path: Path) -> None:
    size = layers.measure_archive(archives.docker(tmp_path / "image.tar", ONE))
    assert size.disk_bytes == 5000
    assert 0 < size.pull_bytes < 1000
    assert size.layers[0].estimated


def test_zstd_layers(tmp_path: Path) -> None:
    packed = _zstd(ONE)
    size = layers.measure_archive(archives.docker(tmp_path / "image.tar", packed))
    assert (size.disk_bytes, size.pull_bytes) == (5000, len(packed))


def _zstd(content: bytes) -> bytes:
    import io

    buffer = io.BytesIO()
    with zstd.ZstdFile(buffer, "w") as writer:
        writer.write(content)
    return buffer.getvalue()


def test_an_oci_archive_and_the_same_as_a_folder(tmp_path: Path) -> None:
    layout = archives.Layout()
    layout.attestation(layout.image(ONE, TWO, history=[{"created_by": "COPY a"}, {"created_by": "COPY b c"}]))
    layout.nest()
    found = layers.contents_of_archive(layout.tar(tmp_path / "image.tar"))
    same = layers.contents_of_archive(layout.folder(tmp_path / "image"))
    assert found.entries == same.entries
    assert found.layers == same.layers
    assert (found.platform, found.size.disk_bytes) == ("linux/amd64", 5307)
    assert [item.created_by for item in found.layers] == ["COPY a", "COPY b c"]
    assert found.digest in {f"sha256:{name.rpartition('/')[2]}" for name in layout.blobs}
    assert (found.manifest_bytes > 0, found.config_bytes > 0) == (True, True)


def test_an_archive_that_is_compressed_as_a_whole(tmp_path: Path) -> None:
    plain = archives.oci(tmp_path / "image.tar", ONE)
    for name, packed in (("gz", gzip.compress(plain.read_bytes())), ("zst", _zstd(plain.read_bytes()))):
        path = tmp_path / f"image.tar.{name}"
        path.write_bytes(packed)
        assert layers.measure_archive(path) == layers.measure_archive(plain)


def test_of_several_platforms_the_hosts_or_the_one_asked_for(tmp_path: Path) -> None:
    layout = archives.Layout()
    layout.image(ONE, platform="linux/s390x")
    layout.image(TWO, platform=layers.native())
    path = layout.tar(tmp_path / "image.tar")
    assert layers.contents_of_archive(path).platform == layers.native()
    assert layers.contents_of_archive(path, platform="linux/s390x").size.disk_bytes == 5000
    with pytest.raises(UsageError, match="no image for linux/riscv64") as caught:
        layers.contents_of_archive(path, platform="linux/riscv64")
    assert "linux/s390x" in caught.value.details


def test_an_only_image_is_taken_whatever_it_is_for(tmp_path: Path) -> None:
    path = archives.oci(tmp_path / "image.tar", ONE, platform="linux/s390x")
    assert layers.contents_of_archive(path).platform == "linux/s390x"


def test_platforms_that_an_engine_did_not_save_are_passed_over(tmp_path: Path) -> None:
    layout = archives.Layout()
    missing = layout.image(TWO, platform="linux/s390x")
    layout.image(ONE, platform=layers.native())
    del layout.blobs[archives.blob_name(missing["digest"])]
    layout.nest()
    assert layers.measure_archive(layout.tar(tmp_path / "image.tar")).disk_bytes == 5000


def test_of_several_images_one_is_chosen_by_name(tmp_path: Path) -> None:
    layout = archives.Layout()
    layout.image(ONE, name="one:1", platform=layers.native())
    layout.image(TWO, name="two:1", platform=layers.native())
    path = layout.tar(tmp_path / "image.tar")
    assert layers.contents_of_archive(path, name="two:1").size.disk_bytes == 307
    with pytest.raises(UsageError, match="several images"):
        layers.contents_of_archive(path)
    with pytest.raises(UsageError, match="'three:1'"):
        layers.contents_of_archive(path, name="three:1")


def test_a_layer_that_occurs_twice_is_pulled_once(tmp_path: Path) -> None:
    size = layers.measure_archive(archives.oci(tmp_path / "image.tar", ONE, ONE))
    assert size.disk_bytes == 10000
    assert size.pull_bytes == size.layers[0].pull_bytes


def test_a_layer_saved_as_a_link_to_an_equal_one(tmp_path: Path) -> None:
    """Engines before 25 do so."""
    import io
    import tarfile

    path = tmp_path / "image.tar"
    with tarfile.open(path, "w") as archive:
        for member, content in (
            file("manifest.json", json.dumps([{"Layers": ["a/layer.tar", "b/layer.tar"]}]).encode()),
            file("a/layer.tar", ONE),
            archives.link("b/layer.tar", "../a/layer.tar"),
        ):
            archive.addfile(member, io.BytesIO(content))
    assert [found.disk_bytes for found in layers.measure_archive(path).layers] == [5000, 5000]


def test_texts_are_kept_of_what_a_container_sees(tmp_path: Path) -> None:
    path = archives.oci(tmp_path / "image.tar", layer(file("a", b"old"), file("b", b"b")), layer(file("a", b"new")))
    found = layers.contents_of_archive(path, keep=lambda name: name == "/a")
    assert found.texts == {"/a": b"new"}


def test_weights_are_parts_of_their_layer(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(30000)  # noqa: S311 - no secret
    path = archives.oci(tmp_path / "image.tar", layer(file("text", b"the same again " * 2000), file("noise", noise)))
    found = layers.view(path, lambda name, stream: None, weigh=True).contents
    parts = {name: entry.pull_weight for name, entry in found.entries.items()}
    assert 0 < parts["/text"] < parts["/noise"] / 10
    assert 0 <= found.layers[0].pull_weight - sum(parts.values()) < 200
    assert not any(entry.pull_weight for entry in layers.contents_of_archive(path).entries.values())


def test_what_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        layers.measure_archive(tmp_path / "none.tar")
    for name, content in (("text", b"no archive " * 100), ("short", b"x"), ("zip", b"PK\x03\x04" + bytes(1000))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CheckFailed):
            layers.measure_archive(tmp_path / name)
    with pytest.raises(CheckFailed, match="neither an index"):
        layers.measure_archive(archives.tar(tmp_path / "other.tar", {"notes.txt": b"hello"}))
    (tmp_path / "folder").mkdir()
    with pytest.raises(CheckFailed, match="neither an index"):
        layers.measure_archive(tmp_path / "folder")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(CheckFailed):
        layers.measure_archive(tmp_path / "empty")
    with pytest.raises(UsageError):
        layers.measure_archive(Path("/dev/zero"))


def test_platforms_fit_by_what_both_name() -> None:
    assert manifest.fits("linux/arm64/v8", "linux/arm64")
    assert manifest.fits("linux/arm64", "linux/arm64/v8")
    assert not manifest.fits("linux/arm/v6", "linux/arm/v7")
    assert not manifest.fits("linux/amd64", "linux/arm64")

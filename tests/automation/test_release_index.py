from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from automation.errors import CheckFailed
from automation.release import index as indexes
from automation.sbom import attestation
from automation.sbom.attestation import SPDX, Attestation
from tests.automation.oci import archive, digest_of

LABELS = {
    "org.opencontainers.image.version": "1.2.3",
    "org.opencontainers.image.title": "AutoArr",
    "org.opencontainers.image.base.name": "python",
    "io.autoarr.variant": "x",
}


def two(folder: Path) -> tuple[list[Path], list[str]]:
    """Archives of two platforms, the first with a statement."""
    digests = [
        archive(folder / "plain.tar", "linux/amd64", labels=LABELS),
        archive(folder / "arm64.tar", "linux/arm64", content=b"other"),
    ]
    stated = {digests[0]: [Attestation(predicate_type=SPDX, predicate={"name": "x"})]}
    attestation.attach(folder / "plain.tar", folder / "amd64.tar", stated)
    return [folder / "amd64.tar", folder / "arm64.tar"], digests


def test_one_index_of_two_platforms(tmp_path: Path) -> None:
    archives, digests = two(tmp_path)
    index = indexes.merge(archives, tmp_path / "layout")
    assert [(member.platform, member.digest, member.stated) for member in index.members] == [
        ("linux/amd64", digests[0], (SPDX,)),
        ("linux/arm64", digests[1], ()),
    ]
    assert [image.digest for image in attestation.images(tmp_path / "layout")] == digests
    content = (tmp_path / "layout" / "blobs" / index.digest.replace(":", "/")).read_bytes()
    assert digest_of(content) == index.digest
    data = json.loads(content)
    assert data["annotations"] == {
        "org.opencontainers.image.title": "AutoArr",
        "org.opencontainers.image.version": "1.2.3",
    }
    assert indexes.images_of(data) == dict(zip(("linux/amd64", "linux/arm64"), digests, strict=True))
    assert not (tmp_path / "layout.blobs").exists()
    # The same archives give the same index.
    assert indexes.merge(archives, tmp_path / "again").digest == index.digest


def test_the_engines_archive_carries_the_name(tmp_path: Path) -> None:
    archives, _ = two(tmp_path)
    index = indexes.merge(archives, tmp_path / "layout")
    indexes.pack(tmp_path / "layout", index, "r.example/team/autoarr:1", tmp_path / "packed.tar")
    with tarfile.open(tmp_path / "packed.tar") as tar:
        stream = tar.extractfile("index.json")
        assert stream is not None
        (entry,) = json.load(stream)["manifests"]
        assert (entry["digest"], entry["annotations"]) == (
            index.digest,
            {indexes.ENGINE_NAME: "r.example/team/autoarr:1"},
        )
        assert f"blobs/{index.digest.replace(':', '/')}" in tar.getnames()


def test_one_platform_twice(tmp_path: Path) -> None:
    archive(tmp_path / "a.tar", "linux/amd64")
    archive(tmp_path / "b.tar", "linux/amd64", content=b"other")
    with pytest.raises(CheckFailed, match="for one platform"):
        indexes.merge([tmp_path / "a.tar", tmp_path / "b.tar"], tmp_path / "layout")


def test_an_archive_that_is_not_whole(tmp_path: Path) -> None:
    archive(tmp_path / "a.tar", "linux/amd64")
    with tarfile.open(tmp_path / "a.tar") as whole, tarfile.open(tmp_path / "b.tar", "w") as cut:
        for member in whole:
            if digest_of(b"layer").partition(":")[2] not in member.name:
                cut.addfile(member, whole.extractfile(member))
    with pytest.raises(CheckFailed, match="missing or cut short"):
        indexes.merge([tmp_path / "b.tar"], tmp_path / "layout")

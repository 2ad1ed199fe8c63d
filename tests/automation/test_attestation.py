from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from automation.errors import AutomationError, CheckFailed, UsageError
from automation.sbom import attestation
from automation.sbom.attestation import Attestation

DOCUMENT = Attestation(predicate_type=attestation.SPDX, predicate={"spdxVersion": "SPDX-2.3"})
PROVENANCE = Attestation(predicate_type="https://slsa.dev/provenance/v1", predicate={"builder": "ours"})


class Layout:
    """A layout that a test writes blob by blob."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs/sha256").mkdir(parents=True)

    def put(self, content: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        digits = hashlib.sha256(content).hexdigest()
        (self.folder / "blobs/sha256" / digits).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digits}", "size": len(content), **more}

    def put_json(self, data: Mapping[str, Any], media_type: str, **more: Any) -> dict[str, Any]:
        return self.put(json.dumps(data).encode(), media_type, **more)

    def image(self, architecture: str, **more: Any) -> dict[str, Any]:
        config = self.put_json({"architecture": architecture, "os": "linux"}, attestation.CONFIG_TYPE)
        layer = self.put(architecture.encode() * 1000, "application/vnd.oci.image.layer.v1.tar")
        return self.put_json({"config": config, "layers": [layer]}, attestation.MANIFEST_TYPE, **more)

    def index(self, *entries: Mapping[str, Any]) -> dict[str, Any]:
        return self.put_json({"schemaVersion": 2, "manifests": entries}, attestation.INDEX_TYPE)

    def finish(self, *entries: Mapping[str, Any]) -> Path:
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        (self.folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
        return self.folder


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "in")


def packed(folder: Path) -> Path:
    archive = folder.with_suffix(".tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, arcname=".")
    return archive


def blob(folder: Path, descriptor: Mapping[str, Any]) -> Any:
    """A blob of an unpacked layout, checked against its descriptor."""
    content = (folder / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert hashlib.sha256(content).hexdigest() == descriptor["digest"].removeprefix("sha256:")
    assert len(content) == descriptor["size"]
    return json.loads(content)


def the_index(folder: Path) -> Any:
    (entry,) = json.loads((folder / "index.json").read_text())["manifests"]
    return blob(folder, entry)


def test_an_image_without_an_index_gets_one_that_takes_over_its_name(layout: Layout, tmp_path: Path) -> None:
    named = {"org.opencontainers.image.ref.name": "1.0"}
    image = layout.image("amd64", annotations=named)
    source, out = layout.finish(image), tmp_path / "out"
    attestation.attach(source, out, {image["digest"]: [DOCUMENT]})

    (top,) = json.loads((out / "index.json").read_text())["manifests"]
    assert top["annotations"] == named
    first, second = blob(out, top)["manifests"]
    assert first == {
        "mediaType": attestation.MANIFEST_TYPE,
        "digest": image["digest"],
        "size": image["size"],
        "platform": {"architecture": "amd64", "os": "linux"},
    }
    assert second["platform"] == {"architecture": "unknown", "os": "unknown"}
    assert second["annotations"] == {
        "vnd.docker.reference.digest": image["digest"],
        "vnd.docker.reference.type": "attestation-manifest",
    }
    manifest = blob(out, second)
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == "application/vnd.in-toto+json"
    assert layer["annotations"] == {"in-toto.io/predicate-type": "https://spdx.dev/Document"}
    assert blob(out, manifest["config"])["rootfs"] == {"type": "layers", "diff_ids": [layer["digest"]]}
    assert blob(out, layer) == {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://spdx.dev/Document",
        "subject": [{"name": "_", "digest": {"sha256": image["digest"].removeprefix("sha256:")}}],
        "predicate": {"spdxVersion": "SPDX-2.3"},
    }


def test_each_platform_has_its_own_and_others_stay_as_they_are(layout: Layout, tmp_path: Path) -> None:
    one, two = layout.image("amd64"), layout.image("arm64", platform={"os": "linux", "architecture": "arm64"})
    three = layout.image("s390x")
    source, out = layout.finish(layout.index(one, two, three)), tmp_path / "out"
    attestation.attach(source, out, {one["digest"]: [DOCUMENT], two["digest"]: [DOCUMENT, PROVENANCE]})
    entries = the_index(out)["manifests"]
    assert entries[:3] == [one, two, three]
    assert [entry["annotations"]["vnd.docker.reference.digest"] for entry in entries[3:]] == [
        one["digest"],
        two["digest"],
    ]
    found = {image.platform: image.stated for image in attestation.images(out)}
    assert found == {
        "linux/amd64": (attestation.SPDX,),
        "linux/arm64": (attestation.SPDX, PROVENANCE.predicate_type),
        "linux/s390x": (),
    }


def test_a_statement_replaces_its_own_kind_alone_and_twice_is_as_once(layout: Layout, tmp_path: Path) -> None:
    image = layout.image("amd64")
    source = layout.finish(layout.index(image))
    first, second, third = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    old = Attestation(predicate_type=attestation.SPDX, predicate={"old": 1})
    attestation.attach(source, first, {image["digest"]: [PROVENANCE, old]})
    attestation.attach(first, second, {image["digest"]: [DOCUMENT]})
    attestation.attach(second, third, {image["digest"]: [DOCUMENT]})
    manifest = blob(second, the_index(second)["manifests"][1])
    assert [blob(second, layer)["predicate"] for layer in manifest["layers"]] == [
        PROVENANCE.predicate,
        DOCUMENT.predicate,
    ]
    # What was replaced is not carried along.
    assert len(list((second / "blobs/sha256").iterdir())) == len(list((first / "blobs/sha256").iterdir()))
    assert files(second) == files(third)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_archive_stays_one_and_is_the_same_each_time(layout: Layout, tmp_path: Path) -> None:
    image = layout.image("amd64")
    source = layout.finish(layout.index(image))
    archive = packed(source)
    one, two, folder = tmp_path / "1.tar", tmp_path / "2.tar", tmp_path / "folder"
    for output in (one, two):
        attestation.attach(archive, output, {image["digest"]: [DOCUMENT]})
    attestation.attach(source, folder, {image["digest"]: [DOCUMENT]})
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as tar:
        assert tar.getnames()[:2] == ["oci-layout", "index.json"]
        tar.extractall(tmp_path / "unpacked", filter="data")
    assert files(tmp_path / "unpacked") == files(folder)
    # In place: the archive is replaced once the new one is whole.
    attestation.attach(archive, archive, {image["digest"]: [DOCUMENT]})
    assert archive.read_bytes() == one.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.tar", "2.tar", "folder", "in", "in.tar", "unpacked"]


def missing_layer(folder: Path) -> None:
    for path in (folder / "blobs/sha256").iterdir():
        if path.read_bytes().startswith(b"amd64"):
            path.unlink()


def other_manifest(folder: Path) -> None:
    for path in (folder / "blobs/sha256").iterdir():
        if b"layers" in path.read_bytes():
            path.write_bytes(path.read_bytes() + b" ")


def no_index(folder: Path) -> None:
    (folder / "index.json").unlink()


def climbing(folder: Path) -> None:
    entry = {"mediaType": attestation.INDEX_TYPE, "digest": "sha256:../../../../etc/passwd", "size": 1}
    (folder / "index.json").write_text(json.dumps({"manifests": [entry]}))


def no_list(folder: Path) -> None:
    (folder / "index.json").write_text('{"manifests": "none"}')


def no_json(folder: Path) -> None:
    (folder / "index.json").write_text("PK")


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (missing_layer, "missing or cut short"),
        (other_manifest, "does not have the content"),
        (no_index, r"index\.json is missing"),
        (climbing, "not a sha256 digest"),
        (no_list, r"index\.json is no index"),
        (no_json, "not JSON"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_layout_that_is_not_whole_is_one_message_and_nothing_is_written(
    layout: Layout, tmp_path: Path, break_it: Callable[[Path], None], message: str
) -> None:
    image = layout.image("amd64")
    source = layout.finish(layout.index(image))
    break_it(source)
    for path in (source, packed(source)):
        with pytest.raises(CheckFailed, match=message):
            attestation.attach(path, tmp_path / "out", {image["digest"]: [DOCUMENT]})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "in.tar"]


def test_what_is_asked_for_has_to_exist(layout: Layout, tmp_path: Path) -> None:
    image = layout.image("amd64")
    source = layout.finish(layout.index(image))
    with pytest.raises(UsageError, match="no image sha256:00"):
        attestation.attach(source, tmp_path / "out", {"sha256:00": [DOCUMENT]})
    with pytest.raises(UsageError, match="can't be read"):
        attestation.images(tmp_path / "nowhere.tar")
    (tmp_path / "cut.tar").write_bytes(packed(source).read_bytes()[:700])
    with pytest.raises(AutomationError):
        attestation.images(tmp_path / "cut.tar")
    (tmp_path / "text.tar").write_text("no archive")
    with pytest.raises(CheckFailed, match="neither a tar archive"):
        attestation.images(tmp_path / "text.tar")

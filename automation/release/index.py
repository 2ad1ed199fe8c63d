"""One OCI index of the images of all platforms, as a layout in a folder, from one archive for each platform."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automation import registry
from automation.errors import CheckFailed
from automation.sbom import attestation
from automation.sbom import layout as layouts
from automation.sbom.attestation import ATTESTATION, INDEX_TYPE, PREDICATE_TYPE, REFERENCE_DIGEST, REFERENCE_TYPE

# What `docker load` calls what it loads.
ENGINE_NAME = "io.containerd.image.name"
# Of an image's labels, those that say something of the index too: of its base each platform has its own.
LABELS = ("title", "description", "licenses", "version", "revision", "created", "source")
LABEL_PREFIX = "org.opencontainers.image."
BLOB = re.compile(r"(?:\./)?blobs/sha256/([0-9a-f]{64})")
VERSION_LABEL = f"{LABEL_PREFIX}version"


@dataclass(frozen=True, kw_only=True)
class Member:
    """The image of one platform; `stated` are the kinds of statements about it."""

    platform: str
    digest: str
    stated: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Index:
    """What is pushed. `digest` is the index's, `descriptor` the entry that a layout has of it."""

    digest: str
    descriptor: Mapping[str, Any]
    members: tuple[Member, ...]


def merge(archives: Sequence[Path], folder: Path) -> Index:
    """Write one layout from several, with an index of all their images and statements.

    Args:
        archives: OCI archives, one platform each, in the index's order.
        folder: where the layout goes; it is made.

    Raises:
        CheckFailed: an archive is not whole, or two have the same platform.
    """
    gathered = folder.with_name(f"{folder.name}.blobs")
    (gathered / "blobs" / "sha256").mkdir(parents=True)
    entries: list[dict[str, Any]] = []
    labels: dict[str, str] = {}
    for archive in archives:
        _copy_blobs(archive, gathered)
        with layouts.opened(archive) as source:
            top = source.index["manifests"][0]
            inner = source.json(top["digest"])["manifests"] if top["mediaType"] == INDEX_TYPE else [top]
            entries += inner
            labels = labels or _labels(source, inner[0])
    content = _encoded({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries, "annotations": labels})
    digest = registry.digest(content)
    descriptor = {"mediaType": INDEX_TYPE, "digest": digest, "size": len(content)}
    (gathered / "blobs" / digest.replace(":", "/")).write_bytes(content)
    top_index = {"schemaVersion": 2, "manifests": [descriptor]}
    (gathered / "index.json").write_bytes(_encoded(top_index))
    with layouts.opened(gathered) as whole:
        members = _members(whole, entries)
        whole.write(folder, top_index, {})  # which looks that everything is there
    shutil.rmtree(gathered)
    platforms = [member.platform for member in members]
    if len(set(platforms)) != len(platforms):
        raise CheckFailed("two images are for one platform", where=", ".join(platforms))
    return Index(digest=digest, descriptor=descriptor, members=members)


def pack(folder: Path, index: Index, reference: str, archive: Path) -> None:
    """A layout as the archive that `docker load` takes, with the name that the engine is to give it."""
    named = {**index.descriptor, "annotations": {ENGINE_NAME: reference}}
    (folder / "index.json").write_bytes(_encoded({"schemaVersion": 2, "manifests": [named]}))
    with tarfile.open(archive, "w") as tar:
        for name in ("oci-layout", "index.json", "blobs"):
            tar.add(folder / name, name)


def contents(archive: Path) -> list[str]:
    """The layers of the one image in an archive, by the digests of their content unpacked, lowest first."""
    (image,) = attestation.images(archive)
    with layouts.opened(archive) as source:
        config = source.json(source.json(image.digest)["config"]["digest"])
    return [str(digest) for digest in config["rootfs"]["diff_ids"]]


def _copy_blobs(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            match = BLOB.fullmatch(member.name)
            stream = tar.extractfile(member) if match is not None and member.isreg() else None
            if match is not None and stream is not None:
                with stream, (folder / "blobs" / "sha256" / match[1]).open("wb") as file:
                    shutil.copyfileobj(stream, file)


def _labels(source: layouts.Layout, entry: Mapping[str, Any]) -> dict[str, str]:
    config = source.json(source.json(entry["digest"])["config"]["digest"])
    known = (config.get("config") or {}).get("Labels") or {}
    names = (f"{LABEL_PREFIX}{name}" for name in LABELS)
    return {name: known[name] for name in names if known.get(name)}


def _members(source: layouts.Layout, entries: Sequence[Mapping[str, Any]]) -> tuple[Member, ...]:
    kinds: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        notes = entry.get("annotations", {})
        if notes.get(REFERENCE_TYPE) == ATTESTATION:
            layers = source.json(entry["digest"])["layers"]
            kinds[notes[REFERENCE_DIGEST]] = tuple(layer["annotations"][PREDICATE_TYPE] for layer in layers)
    return tuple(
        Member(platform=_platform(entry), digest=entry["digest"], stated=kinds.get(entry["digest"], ()))
        for entry in entries
        if entry.get("annotations", {}).get(REFERENCE_TYPE) != ATTESTATION
    )


def _platform(entry: Mapping[str, Any]) -> str:
    platform = entry.get("platform", {})
    return f"{platform.get('os', 'unknown')}/{platform.get('architecture', 'unknown')}"


def images_of(index: Mapping[str, Any]) -> dict[str, str]:
    """The images of an index as a registry gives it: platform to digest."""
    return {
        _platform(entry): str(entry["digest"])
        for entry in index.get("manifests", [])
        if entry.get("annotations", {}).get(REFERENCE_TYPE) != ATTESTATION
    }


def _encoded(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()

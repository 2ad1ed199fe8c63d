"""Layers compressed with zstd at a level that BuildKit does not have, so that users pull less.

BuildKit's own zstd takes a level and stays well above what the reference library reaches. An OCI layout is written anew
with the same layers, packed better; their content, and so the configuration with its `diff_ids`, stays.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automation import paths
from automation.errors import CheckFailed
from automation.layers import source as sources
from automation.layers import streams
from automation.layers.zstd import compress
from automation.sbom import layout as layouts

LEVEL = 19  # the highest that needs no more memory to unpack than any client has
MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar+zstd"
REFERENCE = "vnd.docker.reference.type"


def recompress(archive: Path, output: Path, *, reuse: bool = True) -> None:
    """Write an OCI layout again with its images' layers packed by zstd. Statements about the images are left out: they
    name a digest that is another now.

    Args:
        reuse: whether to take layers that were packed before.

    Raises:
        CheckFailed: it is no whole layout, a layer is not what its digest says, or is packed in an unknown way.
    """
    with layouts.opened(archive) as layout:
        index, blobs = layout.index, dict[str, bytes]()
        entries = []
        for entry in index["manifests"]:
            if REFERENCE in entry.get("annotations", {}):
                continue
            entries.append(_repacked(layout, archive, entry, blobs, reuse))
        layout.write(output, {**index, "manifests": entries}, blobs)


def _repacked(
    layout: layouts.Layout, archive: Path, entry: Mapping[str, Any], blobs: dict[str, bytes], reuse: bool
) -> dict[str, Any]:
    """The descriptor of an image, or of an index of images, with its layers repacked; new blobs are added."""
    document = layout.json(entry["digest"])
    if "manifests" in document:
        kept = [each for each in document["manifests"] if REFERENCE not in each.get("annotations", {})]
        document = {**document, "manifests": [_repacked(layout, archive, each, blobs, reuse) for each in kept]}
    else:
        document = {**document, "layers": [_packed(archive, layer, blobs, reuse) for layer in document["layers"]]}
    return {**entry, **_blob(json.dumps(document, separators=(",", ":")).encode(), blobs)}


def _packed(archive: Path, layer: Mapping[str, Any], blobs: dict[str, bytes], reuse: bool) -> dict[str, Any]:
    content = _zstd(archive, str(layer["digest"]), reuse)
    return {**layer, **_blob(content, blobs), "mediaType": MEDIA_TYPE}


def _blob(content: bytes, blobs: dict[str, bytes]) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    blobs[digest] = content
    return {"digest": digest, "size": len(content)}


def _zstd(archive: Path, digest: str, reuse: bool) -> bytes:
    """A layer packed by zstd. It is named by its content, so what was packed once is kept."""
    known = paths.cache() / "zstd" / f"{digest.replace(':', '-')}-{LEVEL}"
    if reuse and known.exists():
        return known.read_bytes()
    with sources.opened(archive) as source:
        name = sources.blob_name(digest, source.where)
        with source.open(name) as file:
            if f"sha256:{hashlib.sha256(file.read()).hexdigest()}" != digest:  # it would be kept under that name
                raise CheckFailed(
                    f"{name} does not have the content that its name says", where=source.where, hint=sources.AGAIN
                )
            file.seek(0)
            with streams.unpacked(file, streams.packing(file)) as plain:
                content = b"".join(iter(lambda: plain.read(1 << 20), b""))
    packed: bytes = compress(content, LEVEL)
    known.parent.mkdir(parents=True, exist_ok=True)
    temporary = known.with_name(f".{known.name}.{os.getpid()}")
    temporary.write_bytes(packed)
    temporary.replace(known)
    return packed

"""Statements about images, attached to an OCI layout as BuildKit attaches its own.

A layout goes in and a layout comes out, as a folder or as an archive. Statements of one image share an attestation
manifest that stands beside the image in an index.

Source: BuildKit's documentation, "Image attestation storage".
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation.errors import CheckFailed, UsageError
from automation.sbom import layout as layouts
from automation.sbom.layout import Layout

SPDX = "https://spdx.dev/Document"
CYCLONEDX = "https://cyclonedx.org/bom"
STATEMENT = "https://in-toto.io/Statement/v0.1"

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
STATEMENT_TYPE = "application/vnd.in-toto+json"
REFERENCE_TYPE, REFERENCE_DIGEST = "vnd.docker.reference.type", "vnd.docker.reference.digest"
PREDICATE_TYPE = "in-toto.io/predicate-type"
ATTESTATION = "attestation-manifest"


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """What is stated of an image: a predicate, and the address that says what kind it is."""

    predicate_type: str
    predicate: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image of a layout.

    Attributes:
        digest: of its manifest.
        platform: `linux/arm64`; empty where neither the index nor the image's configuration says it.
        stated: the kinds of statements that it carries already.
    """

    digest: str
    platform: str
    stated: tuple[str, ...]


def images(path: Path) -> tuple[Image, ...]:
    """The images of a layout, in the order of its index.

    Raises:
        CheckFailed: it is not a whole OCI layout.
        UsageError: there is none.
    """
    with layouts.opened(path) as source:
        found: dict[str, Image] = {}
        for index in _indexes(source, source.index):
            for entry in _image_entries(source, index):
                manifest = _attestation_of(index, entry["digest"])
                layers = source.json(manifest["digest"])["layers"] if manifest else []
                found[entry["digest"]] = Image(
                    digest=entry["digest"],
                    platform=_platform_name(_platform(source, entry)),
                    stated=tuple(_kind(layer) for layer in layers),
                )
        return tuple(found.values())


def attach(path: Path, output: Path, statements: Mapping[str, Sequence[Attestation]]) -> None:
    """Write a layout anew with statements about its images. The images keep their bytes and digests.

    A statement takes the place of an earlier one of its kind about the same image; others stay, such as BuildKit's
    provenance. The same input gives the same bytes.

    Args:
        path: a layout, a folder or an archive; it is only read.
        output: where the new one goes, of the same form. What was there is replaced once the new one is whole.
        statements: by the digest of an image's manifest.

    Raises:
        CheckFailed: the layout is not whole.
        UsageError: there is none, or it has no image of a digest given.
    """
    with layouts.opened(path) as source:
        change = _Change(source=source, statements=statements)
        index = change.top()
        missing = set(statements) - change.seen
        if missing:
            raise UsageError(f"the layout has no image {', '.join(sorted(missing))}", where=str(path))
        source.write(output, index, change.blobs)


def statement(digest: str, attestation: Attestation, name: str = "") -> bytes:
    """An in-toto statement about an image.

    Args:
        digest: of the image's manifest, `sha256:…`.
        name: a package URL of the image; the digest alone identifies it where there is none.
    """
    algorithm, _, digits = digest.partition(":")
    return _encoded(
        {
            "_type": STATEMENT,
            "predicateType": attestation.predicate_type,
            "subject": [{"name": name or "_", "digest": {algorithm: digits}}],
            "predicate": dict(attestation.predicate),
        }
    )


@dataclass
class _Change:
    """One rewriting of a layout: the blobs that are new, and the images that were met."""

    source: Layout
    statements: Mapping[str, Sequence[Attestation]]
    blobs: dict[str, bytes] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def top(self) -> dict[str, Any]:
        """The new index.json. An image that it names directly gets an index of its own, which takes over the name."""
        index = copy.deepcopy(self.source.index)
        for place, entry in enumerate(index["manifests"]):
            if _is_index(entry):
                index["manifests"][place] = self._index_entry(entry)
            elif not _is_attestation(entry) and entry["digest"] in self.statements:
                bare = {key: entry[key] for key in ("mediaType", "digest", "size")}
                inner = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [bare]}
                bare["platform"] = _platform(self.source, entry)
                written = self._put(_encoded(self._stated(inner)), INDEX_TYPE)
                index["manifests"][place] = {**written, "annotations": entry.get("annotations", {})}
        return index

    def _index_entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        before = self.source.json(entry["digest"])
        after = self._stated(before)
        for place, inner in enumerate(after["manifests"]):
            if _is_index(inner):
                after["manifests"][place] = self._index_entry(inner)
        if after == before:
            return entry
        return {**entry, **self._put(_encoded(after), entry["mediaType"])}

    def _stated(self, index: dict[str, Any]) -> dict[str, Any]:
        """An index with the attestation manifests of its images."""
        after = copy.deepcopy(index)
        for entry in _image_entries(self.source, index):
            digest = entry["digest"]
            if digest not in self.statements:
                continue
            self.seen.add(digest)
            old = _attestation_of(after, digest)
            new = self._manifest(digest, self.source.json(old["digest"]) if old else None)
            if old:
                after["manifests"][after["manifests"].index(old)] = new
            else:
                after["manifests"].append(new)
        return after

    def _manifest(self, digest: str, old: dict[str, Any] | None) -> dict[str, Any]:
        """The index's entry for the attestation manifest of an image."""
        new_kinds = {item.predicate_type for item in self.statements[digest]}
        layers = [layer for layer in (old or {}).get("layers", []) if _kind(layer) not in new_kinds]
        for item in self.statements[digest]:
            layer = self._put(statement(digest, item), STATEMENT_TYPE)
            layers.append({**layer, "annotations": {PREDICATE_TYPE: item.predicate_type}})
        config = {
            "architecture": "unknown",
            "os": "unknown",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": self._put(_encoded(config), CONFIG_TYPE),
            "layers": layers,
        }
        return {
            **self._put(_encoded(manifest), MANIFEST_TYPE),
            "annotations": {REFERENCE_DIGEST: digest, REFERENCE_TYPE: ATTESTATION},
            "platform": {"architecture": "unknown", "os": "unknown"},
        }

    def _put(self, content: bytes, media_type: str) -> dict[str, Any]:
        """Keep a new blob; its descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.blobs[digest] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _encoded(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _indexes(source: Layout, index: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield index
    for entry in index["manifests"]:
        if _is_index(entry):
            yield from _indexes(source, source.json(entry["digest"]))


def _image_entries(source: Layout, index: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in index["manifests"]:
        if _is_index(entry) or _is_attestation(entry):
            continue
        if not {"config", "layers"} <= source.json(entry["digest"]).keys():
            raise CheckFailed(f"{entry['digest']} is not an image", where=source.source.where)
        yield entry


def _is_index(entry: Mapping[str, Any]) -> bool:
    return entry.get("mediaType") in (INDEX_TYPE, "application/vnd.docker.distribution.manifest.list.v2+json")


def _is_attestation(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("annotations", {}).get(REFERENCE_TYPE) == ATTESTATION)


def _attestation_of(index: Mapping[str, Any], digest: str) -> dict[str, Any] | None:
    """The index's entry for the statements about an image."""
    for entry in index["manifests"]:
        if _is_attestation(entry) and entry["annotations"].get(REFERENCE_DIGEST) == digest:
            return dict(entry)
    return None


def _kind(layer: Mapping[str, Any]) -> str:
    return str(layer.get("annotations", {}).get(PREDICATE_TYPE, ""))


def _platform(source: Layout, entry: Mapping[str, Any]) -> dict[str, str]:
    """What an image runs on: from its entry, else from its configuration."""
    if entry.get("platform"):
        return dict(entry["platform"])
    config = source.json(source.json(entry["digest"])["config"]["digest"])
    return {key: str(config[key]) for key in ("architecture", "os", "variant") if config.get(key)}


def _platform_name(platform: Mapping[str, str]) -> str:
    return "/".join(platform[key] for key in ("os", "architecture", "variant") if platform.get(key))

"""Which image an archive holds: its manifest, configuration and layers, from an OCI index or Docker's own list."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automation.errors import CheckFailed, UsageError
from automation.layers.source import AGAIN, Source, blob_name, document, missing

DEPTH = 4
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
IMAGE_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A layer's file in the archive. `digest` is empty where only Docker's own list names it."""

    name: str
    digest: str = ""
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One image of an archive: its layers, lowest first, and the digests that they have unpacked."""

    digest: str
    names: frozenset[str]
    platform: str
    config: Mapping[str, Any]
    config_bytes: int
    manifest_bytes: int
    layers: tuple[Blob, ...]
    diff_ids: tuple[str, ...] = field(default=())


def native() -> str:
    """The platform of this machine, as images name it."""
    machine = os.uname().machine
    return f"linux/{ARCHITECTURES.get(machine, machine)}"


def find(source: Source, *, platform: str | None = None, name: str | None = None) -> Manifest:
    """The image that is meant.

    Args:
        platform: of several, the one for this; without it, the one for this machine. An only one is taken as it is.
        name: of several, the one of this name.

    Raises:
        UsageError: none or several are meant.
        CheckFailed: the archive holds no image, or a broken one.
    """
    if source.size("index.json") is not None:
        found = list(_of_index(source))
    elif source.size("manifest.json") is not None:
        found = list(_of_list(source))
    else:
        raise CheckFailed(
            "not an image: it has neither an index.json nor a manifest.json", where=source.where, hint=AGAIN
        )
    if not found:
        raise CheckFailed("the archive holds no image", where=source.where, hint=AGAIN)
    if name is not None:
        found = [image for image in found if any(_same_name(name, known) for known in image.names)] or _none(
            f"no image {name!r} is in the archive", found, source
        )
    if platform is not None:
        chosen = [image for image in found if fits(image.platform, platform)]
        found = chosen or _none(f"no image for {platform} is in the archive", found, source)
    elif len(found) > 1:
        found = [image for image in found if fits(image.platform, native())] or found
    different = {image.digest or str(image.layers): image for image in found}
    if len(different) > 1:
        _none("the archive holds several images", found, source)
    return found[0]


def fits(has: str, wanted: str) -> bool:
    """Whether an image of one platform serves another; a variant counts where both name it."""
    return all(a == b for a, b in zip(has.split("/"), wanted.split("/"), strict=False))


def _same_name(wanted: str, known: str) -> bool:
    return known == wanted or known.endswith(f"/{wanted}")


def _none(what: str, found: Sequence[Manifest], source: Source) -> list[Manifest]:
    lines = sorted({f"{' '.join(sorted(image.names)) or 'without a name'}: {image.platform}" for image in found})
    raise UsageError(
        what, where=source.where, hint="choose with --platform, or by name with --image", details="\n".join(lines)
    )


def _of_list(source: Source) -> Iterator[Manifest]:
    """From Docker's manifest.json, in archives of older engines."""
    images, content = document(source, "manifest.json")
    if not isinstance(images, list):
        raise CheckFailed("manifest.json is not a list of images", where=source.where, hint=AGAIN)
    for image in images:
        config: Any = {}
        size = 0
        if _get(image, "Config", str, source, None) is not None:
            config, raw = document(source, image["Config"])
            size = len(raw)
        names = _get(image, "RepoTags", list, source, None) or []
        layers = [Blob(name=str(name)) for name in _get(image, "Layers", list, source)]
        yield _manifest(source, "", frozenset(map(str, names)), config, size, len(content), layers)


def _of_index(source: Source) -> Iterator[Manifest]:
    index, _ = document(source, "index.json")
    yield from _entries(source, index, frozenset(), DEPTH)


def _entries(source: Source, index: Any, names: frozenset[str], depth: int) -> Iterator[Manifest]:
    entries = _get(index, "manifests", list, source)
    for entry in entries:
        annotations = _get(entry, "annotations", dict, source, None) or {}
        stated = _get(entry, "platform", dict, source, None) or {}
        if "vnd.docker.reference.type" in annotations or stated.get("os") == "unknown":
            continue  # an attestation
        digest = _get(entry, "digest", str, source)
        name = blob_name(digest, source.where)
        if source.size(name) is None:
            if len(entries) > 1 and stated:
                continue  # an engine saves what it has: of an index for several platforms often one alone
            raise missing(name, source.where)
        found, content = document(source, name, digest)
        named = names | {str(annotations[key]) for key in NAMES if key in annotations}
        if "manifests" in found:
            if depth == 0:
                raise CheckFailed("an index within an index, too many times", where=source.where)
            yield from _entries(source, found, named, depth - 1)
        elif "layers" in found and _is_image(_get(found, "config", dict, source)):
            yield _of_manifest(source, digest, named, found, len(content))


def _is_image(config: Mapping[str, Any]) -> bool:
    """Signatures and other attachments have manifests too, with configurations of other types."""
    return config.get("mediaType", IMAGE_CONFIGS[0]) in IMAGE_CONFIGS


def _of_manifest(source: Source, digest: str, names: frozenset[str], found: Any, size: int) -> Manifest:
    described = _get(found, "config", dict, source)
    config_digest = _get(described, "digest", str, source)
    config, raw = document(source, blob_name(config_digest, source.where), config_digest)
    layers = []
    for layer in _get(found, "layers", list, source):
        layer_digest = _get(layer, "digest", str, source)
        length = _get(layer, "size", int, source)
        layers.append(Blob(name=blob_name(layer_digest, source.where), digest=layer_digest, size=length))
    return _manifest(source, digest, names, config, len(raw), size, layers)


def _manifest(
    source: Source, digest: str, names: frozenset[str], config: Any, config_bytes: int, size: int, layers: list[Blob]
) -> Manifest:
    if not isinstance(config, dict):
        raise CheckFailed("the image's configuration is not an object", where=source.where, hint=AGAIN)
    diff_ids = _get(_get(config, "rootfs", dict, source, None) or {}, "diff_ids", list, source, None) or []
    if diff_ids and len(diff_ids) != len(layers):
        raise CheckFailed(
            f"{len(layers)} layers, and a configuration for {len(diff_ids)}", where=source.where, hint=AGAIN
        )
    parts = (config.get("os"), config.get("architecture"), config.get("variant"))
    return Manifest(
        digest=digest,
        names=names,
        platform="/".join(str(part) for part in parts if part),
        config=config,
        config_bytes=config_bytes,
        manifest_bytes=size,
        layers=tuple(layers),
        diff_ids=tuple(map(str, diff_ids)),
    )


_REQUIRED = object()


def _get(data: Any, key: str, kind: type, source: Source, default: Any = _REQUIRED) -> Any:
    """A value of a document, of the type that it must have."""
    value = data.get(key, default) if isinstance(data, dict) else _REQUIRED
    if (value is default and default is not _REQUIRED) or (value is None and default is None):
        return default
    if not isinstance(value, kind) or isinstance(value, bool):
        raise CheckFailed(f"the archive's documents lack a proper {key!r}", where=source.where, hint=AGAIN)
    return value

"""Archives of images made by hand, sound ones and ones that no engine would write."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

OCI = "application/vnd.oci.image"
Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes = b"", mode: int = 0o644, uid: int = 0) -> Member:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.uid = len(content), mode, uid
    return member, content


def special(name: str, kind: bytes, target: str = "") -> Member:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def folder(name: str) -> Member:
    return special(name, tarfile.DIRTYPE)


def link(name: str, target: str) -> Member:
    return special(name, tarfile.SYMTYPE, target)


def hard(name: str, target: str) -> Member:
    return special(name, tarfile.LNKTYPE, target)


def layer(*members: Member) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def blob_name(content_digest: str) -> str:
    return f"blobs/{content_digest.replace(':', '/')}"


def tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            archive.addfile(*_buffered(file(name, content)))
    return path


def _buffered(member: Member) -> tuple[tarfile.TarInfo, io.BytesIO]:
    return member[0], io.BytesIO(member[1])


def docker(path: Path, *layers: bytes, config: dict[str, Any] | None = None) -> Path:
    """As older engines save an image: layers by a name of their own, and no digest but the unpacked ones."""
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    members = dict(zip(names, layers, strict=True))
    manifest: dict[str, Any] = {"RepoTags": ["test:1"], "Layers": names}
    if config is not None:
        manifest["Config"] = "config.json"
        members["config.json"] = json.dumps(config).encode()
    return tar(path, {"manifest.json": json.dumps([manifest]).encode(), **members})


class Layout:
    """An OCI layout under construction."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.entries: list[dict[str, Any]] = []

    def blob(self, content: bytes) -> str:
        name = digest(content)
        self.blobs[blob_name(name)] = content
        return name

    def document(self, data: Any, kind: str) -> dict[str, Any]:
        content = json.dumps(data).encode()
        return {"mediaType": f"{OCI}.{kind}.v1+json", "digest": self.blob(content), "size": len(content)}

    def image(
        self, *layers: bytes, platform: str = "linux/amd64", name: str = "", packed: bool = True, **config: Any
    ) -> dict[str, Any]:
        """Add an image; its entry, which is also put into the index."""
        system, _, machine = platform.partition("/")
        blobs = [gzip.compress(content, mtime=0) if packed else content for content in layers]
        diff_ids = [digest(content) for content in layers]
        facts = {"os": system, "architecture": machine, "rootfs": {"type": "layers", "diff_ids": diff_ids}, **config}
        media = f"{OCI}.layer.v1.tar{'+gzip' if packed else ''}"
        described = [{"mediaType": media, "digest": self.blob(blob), "size": len(blob)} for blob in blobs]
        entry = self._manifest(facts, described)
        entry["platform"] = {"os": system, "architecture": machine}
        if name:
            full = name if "/" in name else f"library/{name}"
            entry["annotations"] = {"io.containerd.image.name": f"docker.io/{full}"}
        self.entries.append(entry)
        return entry

    def _manifest(self, config: dict[str, Any], layers: list[dict[str, Any]]) -> dict[str, Any]:
        media = f"{OCI}.manifest.v1+json"
        described = self.document(config, "config")
        return self.document(
            {"schemaVersion": 2, "mediaType": media, "config": described, "layers": layers}, "manifest"
        )

    def attestation(self, of: dict[str, Any]) -> None:
        entry = self._manifest({}, [])
        entry["platform"] = {"os": "unknown", "architecture": "unknown"}
        entry["annotations"] = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": of["digest"],
        }
        self.entries.append(entry)

    def nest(self) -> None:
        """Put what the index lists into an index of its own, as buildx does."""
        self.entries = [self.document({"schemaVersion": 2, "manifests": self.entries}, "index")]

    @property
    def members(self) -> dict[str, bytes]:
        index = json.dumps({"schemaVersion": 2, "manifests": self.entries}).encode()
        return {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": index, **self.blobs}

    def tar(self, path: Path) -> Path:
        return tar(path, self.members)

    def folder(self, path: Path) -> Path:
        for name, content in self.members.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        return path


def oci(path: Path, *layers: bytes, **options: Any) -> Path:
    """An OCI archive with one image."""
    layout = Layout()
    layout.image(*layers, **options)
    return layout.tar(path)

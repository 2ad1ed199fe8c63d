"""An OCI image layout, as a folder or as a tar archive: read its index and blobs, write it with others.

Source: the OCI image specification, "Image Layout".
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from automation.errors import CheckFailed
from automation.layers import source as sources
from automation.layers.source import AGAIN, Source

CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A layout that is open for reading."""

    path: Path
    source: Source

    @property
    def index(self) -> dict[str, Any]:
        """index.json."""
        return self._document("index.json")

    def json(self, digest: str) -> dict[str, Any]:
        """An index, a manifest or a configuration, by its digest.

        Raises:
            CheckFailed: it is missing, is not what its digest says, or none of the three.
        """
        return self._document(self._name(digest), digest)

    def write(self, output: Path, index: Mapping[str, Any], blobs: Mapping[str, bytes]) -> None:
        """Write a layout with another index, of the same form as this one: only what the index reaches.

        Args:
            blobs: by digest, those that this layout does not have.

        Raises:
            CheckFailed: something that the index reaches is in neither.
        """
        reached: dict[str, None] = {}
        self._reach(index, blobs, reached)
        members: dict[str, bytes | None] = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
        members["index.json"] = json.dumps(index, ensure_ascii=False, separators=(",", ":")).encode()
        members |= {self._name(digest): blobs.get(digest) for digest in sorted(reached)}
        temporary = output.with_name(f".{output.name}.{os.getpid()}")
        try:
            if self.path.is_dir():
                self._write_folder(temporary, members)
                shutil.rmtree(output, ignore_errors=True)
            else:
                self._write_archive(temporary, members)
            temporary.replace(output)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.unlink(missing_ok=True)

    def _reach(self, data: Mapping[str, Any], blobs: Mapping[str, bytes], reached: dict[str, None]) -> None:
        for entry in _descriptors(data):
            digest = entry["digest"]
            if digest in reached:
                continue
            reached[digest] = None
            new = blobs.get(digest)
            if new is None and self.source.size(self._name(digest)) != entry["size"]:
                raise CheckFailed(f"{digest} is missing or cut short", where=self.source.where, hint=AGAIN)
            if entry in data.get("manifests", ()):  # what a configuration or a layer names is no blob of the layout
                self._reach(json.loads(new) if new is not None else self.json(digest), blobs, reached)

    def _write_folder(self, folder: Path, members: Mapping[str, bytes | None]) -> None:
        for name, content in members.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._content(name, content) as stream, target.open("wb") as file:
                shutil.copyfileobj(stream, file, CHUNK)

    def _write_archive(self, archive: Path, members: Mapping[str, bytes | None]) -> None:
        with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
            for name, content in members.items():
                member = tarfile.TarInfo(name)  # its date, owner and mode are fixed: equal content gives equal bytes
                member.size = len(content) if content is not None else self.source.size(name) or 0
                with self._content(name, content) as stream:
                    tar.addfile(member, stream)

    def _content(self, name: str, content: bytes | None) -> IO[bytes]:
        return io.BytesIO(content) if content is not None else self.source.open(name)

    def _name(self, digest: str) -> str:
        return sources.blob_name(digest, self.source.where)

    def _document(self, name: str, digest: str = "") -> dict[str, Any]:
        data, _ = sources.document(self.source, name, digest)
        if not isinstance(data, dict) or not all(map(_is_descriptor, _descriptors(data))):
            what = digest or name
            raise CheckFailed(f"{what} is no index, manifest or configuration", where=self.source.where, hint=AGAIN)
        return data


@contextmanager
def opened(path: Path) -> Iterator[Layout]:
    """Open a layout.

    Raises:
        UsageError: there is none.
        CheckFailed: it is neither a folder nor a whole archive.
    """
    with sources.opened(path) as source:
        yield Layout(path=path, source=source)


def _descriptors(data: Mapping[str, Any]) -> list[Any]:
    """What an index or a manifest names; nothing of a configuration, whose `config` is something else."""
    lists = [data.get("manifests", []), data.get("layers", [])]
    if "layers" in data:
        lists.append([data.get("config")])
    return [entry for found in lists for entry in (found if isinstance(found, list) else [None])]


def _is_descriptor(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(key), str) for key in ("mediaType", "digest"))
        and isinstance(entry.get("size"), int)
        and isinstance(entry.get("annotations", {}), dict)
        and isinstance(entry.get("platform", {}), dict)
    )

"""TRaSH-Guides' recommendations as data: from a folder, or from an archive that is fetched and kept.

AutoArr ships none of it. What is kept in memory and on the disk is what the rules compare, by application::

    {"sonarr": {"sizes": [...], "naming": {...}, "profiles": [...], "formats": {TRASH_ID: {SCORE_SET: SCORE}}}}
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoarr.audits.model import Failure
from autoarr.errors import AutoArrError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

    import httpx2

    from autoarr.settings import Settings

FRESH_S = 24 * 3600
"""Seconds that a fetched copy is used without asking again."""
FETCH_S = 60.0
LARGEST_ARCHIVE = 128 << 20
LARGEST_FILE = 1 << 20
LARGEST_TOTAL = 32 << 20
MOST_FILES = 100_000
_SIZES = {"sonarr": "series", "radarr": "movie"}
_PLACE = re.compile(r"(?:(.*)/)?(sonarr|radarr)/(quality-size|naming|cf|quality-profiles)/([\w.-]+)\.json")
_PROFILE_FIELDS = (
    "trash_id",
    "name",
    "trash_score_set",
    "upgradeAllowed",
    "cutoff",
    "minFormatScore",
    "cutoffFormatScore",
    "formatItems",
)

log = logging.getLogger(__name__)


class TrashError(AutoArrError):
    """There is no usable data at the source."""


async def load_trash(
    settings: Settings, transport: httpx2.AsyncBaseTransport | None = None
) -> Mapping[str, Any] | Failure:
    """Read the recommendations of the configured source; why there are none is a `Failure`."""
    source = settings.trash_source
    try:
        if not source:
            raise TrashError("no TRaSH data: set AUTOARR_TRASH_SOURCE")
        if "://" not in source:
            return await asyncio.to_thread(read_folder, Path(source))
        if not source.startswith("https://"):
            raise TrashError("AUTOARR_TRASH_SOURCE can't be used: it is neither a folder nor an https address")
        return await _load_archive(source, settings.data_dir / "trash", transport)
    except TrashError as error:
        return Failure(detail=str(error))


def read_folder(folder: Path) -> dict[str, Any]:
    """Read a folder with the layout of the guides' `docs/json`.

    Raises:
        TrashError: it can't be read, or holds nothing of the kind.
    """

    def files() -> Iterator[tuple[str, bytes]]:
        for path in sorted(folder.glob("*/*/*.json")):
            with path.open("rb") as file:
                yield str(path.relative_to(folder)), file.read(LARGEST_FILE + 1)

    try:
        return _collect(files())
    except OSError as error:
        raise TrashError(f"the TRaSH data in {folder} can't be read: {error.strerror}") from None


def _collect(files: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    total = 0
    for name, content in files:
        if not (match := _PLACE.fullmatch(name)):
            continue
        total += len(content)
        if len(content) > LARGEST_FILE or total > LARGEST_TOTAL:
            raise TrashError("the TRaSH data is larger than it can be")
        kind, folder, stem = match.group(2), match.group(3), match.group(4)
        try:
            _add(found.setdefault(kind, {"profiles": [], "formats": {}}), kind, folder, stem, json.loads(content))
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            raise TrashError(f"the TRaSH data can't be used: {name} is not as expected") from None
    if not found:
        raise TrashError("there is no TRaSH data at AUTOARR_TRASH_SOURCE: sonarr/quality-size and its like are missing")
    return found


def _add(data: dict[str, Any], kind: str, folder: str, stem: str, content: dict[str, Any]) -> None:
    if folder == "cf":
        data["formats"][content["trash_id"]] = content.get("trash_scores", {})
    elif folder == "quality-profiles":
        data["profiles"].append({field: content[field] for field in _PROFILE_FIELDS if field in content})
    elif folder == "naming":
        data["naming"] = content
    elif stem == _SIZES[kind]:
        data["sizes"] = content["qualities"]


async def _load_archive(url: str, cache: Path, transport: httpx2.AsyncBaseTransport | None) -> dict[str, Any]:
    kept = cache / f"{sha256(url.encode()).hexdigest()[:16]}.json"
    age = await asyncio.to_thread(_age, kept)
    if age is None or age > FRESH_S:
        try:
            return await _fetch(url, kept, transport)
        except TrashError as error:
            if age is None:
                raise
            log.warning("%s; the copy fetched %.0f hours ago is used", error, age / 3600)
    try:
        data: dict[str, Any] = json.loads(await asyncio.to_thread(kept.read_bytes))
    except (OSError, ValueError):
        return await _fetch(url, kept, transport)
    return data


def _age(path: Path) -> float | None:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return None


async def _fetch(url: str, kept: Path, transport: httpx2.AsyncBaseTransport | None) -> dict[str, Any]:
    import httpx2

    scratch = kept.with_name(f".{kept.stem}.{os.urandom(4).hex()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        async with asyncio.timeout(FETCH_S):
            with scratch.open("w+b") as file:
                await _download(url, file, transport)
                data = await asyncio.to_thread(_unpack, file)
            await asyncio.to_thread(scratch.write_text, json.dumps(data), "utf-8")
        scratch.replace(kept)
    except httpx2.HTTPError as error:
        raise TrashError(f"the TRaSH data can't be fetched: {type(error).__name__}") from None
    except TimeoutError:
        raise TrashError(f"the TRaSH data can't be fetched within {FETCH_S:g} s") from None
    except OSError as error:
        raise TrashError(f"the TRaSH data can't be kept: {error.strerror}") from None
    finally:
        with suppress(OSError):
            scratch.unlink()
    return data


async def _download(url: str, file: BinaryIO, transport: httpx2.AsyncBaseTransport | None) -> None:
    import httpx2

    client = httpx2.AsyncClient(transport=transport, timeout=15, follow_redirects=True, max_redirects=3)
    async with client, client.stream("GET", url) as response:
        hops = [*response.history, response]
        if response.status_code != 200 or any(hop.url.scheme != "https" for hop in hops):
            raise TrashError(f"the TRaSH data can't be fetched: status {response.status_code} from {response.url.host}")
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > LARGEST_ARCHIVE:
                raise TrashError(f"the TRaSH archive is larger than {LARGEST_ARCHIVE >> 20} MiB")
            file.write(piece)
    file.seek(0)


def _unpack(archive: BinaryIO) -> dict[str, Any]:
    """Read what is wanted of a .zip or .tar.gz. Nothing is unpacked to the disk, so no name can lead anywhere."""
    import tarfile
    import zipfile
    import zlib

    try:
        if zipfile.is_zipfile(archive):
            return _collect(_zipped(archive))
        archive.seek(0)
        return _collect(_tarred(archive))
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise TrashError("what AUTOARR_TRASH_SOURCE leads to is no .zip and no .tar.gz") from None


def _zipped(archive: BinaryIO) -> Iterator[tuple[str, bytes]]:
    import zipfile

    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        for name, inside in _inside(names):
            with opened.open(name) as file:
                yield inside, file.read(LARGEST_FILE + 1)


def _tarred(archive: BinaryIO) -> Iterator[tuple[str, bytes]]:
    import tarfile

    with tarfile.open(fileobj=archive, mode="r:gz") as opened:
        members: dict[str, tarfile.TarInfo] = {}
        total = 0
        for member in opened:
            total += member.size
            if len(members) >= MOST_FILES or total > 16 * LARGEST_ARCHIVE:
                raise TrashError("the TRaSH archive holds more than it can")
            members[member.name] = member
        for name, inside in _inside(name for name, member in members.items() if member.isreg()):
            file = opened.extractfile(members[name])
            if file:
                yield inside, file.read(LARGEST_FILE + 1)


def _inside(names: Iterable[str]) -> list[tuple[str, str]]:
    """The wanted files of an archive, and their names without the folder that all of it is in."""
    matches = [match for name in names if (match := _PLACE.fullmatch(name))]
    if not matches:
        return []
    top = min((match.group(1) or "" for match in matches), key=len)
    return [(match.string, match.string[len(top) :].lstrip("/")) for match in matches if (match.group(1) or "") == top]

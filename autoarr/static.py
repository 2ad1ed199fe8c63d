"""The built user interface: hashed assets, and index.html for every address the interface itself routes."""

from __future__ import annotations

import hashlib
import stat
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.websockets import WebSocketClose

from autoarr.encoding import prefers_gzip

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
NOT_BUILT = "The user interface is not built. Build it with `invoke ui`, then reload.\nThe API is at /api.\n"

PACKED = ".gz"
"""The end of the name of a file that a build stores compressed, in place of the file itself."""
CHUNK = 64 * 1024

MEDIA_TYPES = {
    ".css": "text/css",
    ".gif": "image/gif",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
"""Our own: the system's table is absent in a small image and differs between the others."""

_NEVER_PAGES = {"api", "assets", "auth", "health", "mcp", "ws"}


@dataclass(frozen=True)
class _Stored:
    """A file as it is stored."""

    path: str
    status: os.stat_result
    packed: bool


class UserInterface:
    """An ASGI application for whatever no route of the API matched.

    Args:
        directory: the folder with index.html; looked into at each request, so it may appear later.
    """

    def __init__(self, directory: Path) -> None:
        self._files = StaticFiles(directory=directory, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        response = await self._respond(scope)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope) -> Response:
        segments = [part for part in scope["path"].split("/") if part]
        first = segments[0] if segments else ""
        if ".." in segments or (first in _NEVER_PAGES and first != "assets"):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        path = "/".join(segments)
        if path and (found := await self._find(path)):
            return await self._serve(path, found, scope)
        if first in _NEVER_PAGES or PurePosixPath(path).suffix:
            raise HTTPException(404)
        if found := await self._find("index.html"):
            return await self._serve("index.html", found, scope)
        return PlainTextResponse(NOT_BUILT, status_code=503)

    async def _find(self, path: str) -> _Stored | None:
        """Look for a regular file below the directory; Starlette keeps links and dots from leading out."""
        for name, packed in ((path, False), (path + PACKED, True)):
            try:
                full_path, status = await anyio.to_thread.run_sync(self._files.lookup_path, name)
            except (OSError, ValueError):  # unreadable, too long a name, a NUL
                return None
            if status and stat.S_ISREG(status.st_mode):
                return _Stored(full_path, status, packed)
        return None

    async def _serve(self, path: str, found: _Stored, scope: Scope) -> Response:
        request = Headers(scope=scope)
        immutable = path.startswith("assets/")
        headers = {"Cache-Control": IMMUTABLE if immutable else REVALIDATE, "Vary": "Accept-Encoding"}
        status = found.status
        tag, length = await anyio.to_thread.run_sync(_describe, found.path, status.st_mtime_ns, status.st_size)
        media_type = MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")
        response: Response
        if found.packed and not prefers_gzip(", ".join(request.getlist("accept-encoding"))):
            # Parts of it are not to be had, which is always allowed: the whole answers a request for a range too.
            headers |= {"ETag": f'"{tag}-unpacked"', "Content-Length": str(length), "Accept-Ranges": "none"}
            content = _unpack(found.path) if scope["method"] == "GET" else ()
            response = StreamingResponse(content, headers=headers, media_type=media_type)
        else:
            headers |= {"ETag": f'"{tag}"'} | ({"Content-Encoding": "gzip"} if found.packed else {})
            response = FileResponse(found.path, headers=headers, media_type=media_type, stat_result=status)
            if not immutable:
                # A reproducible image gives every file the same date: by that date, a client would keep the
                # index.html of another version.
                del response.headers["last-modified"]
        if self._files.is_not_modified(response.headers, request):
            return NotModifiedResponse(response.headers)
        return response


@lru_cache(maxsize=1024)
def _describe(path: str, modified: int, size: int) -> tuple[str, int]:
    """Hash a file's content: date and size, as usual elsewhere, don't tell two reproducible builds apart.

    Returns:
        The hash, and for a file that is stored compressed, how many bytes it has unpacked.
    """
    with Path(path).open("rb") as file:
        tag = hashlib.file_digest(file, "sha256").hexdigest()[:32]
        file.seek(max(0, size - 4))
        # The end of a gzip file (RFC 1952); a build writes one member each.
        return tag, int.from_bytes(file.read(4), "little")


def _unpack(path: str) -> Iterator[bytes]:
    """A file's content, piece by piece.

    Raises:
        zlib.error: it is damaged.
    """
    unpacker = zlib.decompressobj(wbits=31)  # gzip
    with Path(path).open("rb") as file:
        while packed := file.read(CHUNK):
            while packed:
                yield unpacker.decompress(packed, CHUNK)
                packed = unpacker.unconsumed_tail
    yield unpacker.flush()

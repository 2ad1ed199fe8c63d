"""The built user interface: hashed assets, and index.html for every address the interface itself routes."""

from __future__ import annotations

import hashlib
import stat
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.websockets import WebSocketClose

from autoarr.encoding import preferred_encodings

if TYPE_CHECKING:
    import os

    from starlette.types import Receive, Scope, Send

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
NOT_BUILT = "The user interface is not built. Build it with `invoke ui`, then reload.\nThe API is at /api.\n"

SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""The variants a build may put beside a file, by the name of their content coding."""

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

    async def _find(self, path: str) -> tuple[str, os.stat_result] | None:
        """Look for a regular file below the directory; Starlette keeps links and dots from leading out."""
        try:
            full_path, status = await anyio.to_thread.run_sync(self._files.lookup_path, path)
        except (OSError, ValueError):  # unreadable, too long a name, a NUL
            return None
        return (full_path, status) if status and stat.S_ISREG(status.st_mode) else None

    async def _serve(self, path: str, found: tuple[str, os.stat_result], scope: Scope) -> Response:
        request = Headers(scope=scope)
        immutable = path.startswith("assets/")
        headers = {"Cache-Control": IMMUTABLE if immutable else REVALIDATE, "Vary": "Accept-Encoding"}
        accepted = ", ".join(request.getlist("accept-encoding"))
        for encoding in preferred_encodings(accepted, SUFFIXES):
            if encoding == "identity":
                break
            if variant := await self._find(path + SUFFIXES[encoding]):
                found = variant
                headers["Content-Encoding"] = encoding
                break
        full_path, status = found
        headers["ETag"] = await anyio.to_thread.run_sync(_entity_tag, full_path, status.st_mtime_ns, status.st_size)
        media_type = MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")
        response = FileResponse(full_path, headers=headers, media_type=media_type, stat_result=status)
        if not immutable:
            # A reproducible image gives every file the same date: by that date, a client would keep the
            # index.html of another version.
            del response.headers["last-modified"]
        if self._files.is_not_modified(response.headers, request):
            return NotModifiedResponse(response.headers)
        return response


@lru_cache(maxsize=1024)
def _entity_tag(path: str, modified: int, size: int) -> str:
    """Hash a file's content: date and size, as usual elsewhere, don't tell two reproducible builds apart."""
    with Path(path).open("rb") as file:
        return f'"{hashlib.file_digest(file, "sha256").hexdigest()[:32]}"'

"""Ask a stand-in of another application, with its key."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.app.fakes import Fake


def ask(fake: Fake[Any], method: str, path: str, *, key: str | None = None, **options: Any) -> httpx2.Response:
    """Send a request over its port; `key`: another one than its own."""
    key = fake.api_key if key is None else key
    headers = {"X-Api-Key": key, "X-Plex-Token": key, "Accept": "application/json"}
    # To load the system's certificates for each request would take longer than all else.
    return httpx2.request(method, fake.url + path, headers=headers, verify=False, timeout=20, **options)

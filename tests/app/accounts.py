"""How tests log in as people do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from fastapi import FastAPI

PASSWORD = "correct horse"


def client_of(app: FastAPI, address: str = "192.0.2.1", base_url: str = "http://autoarr") -> httpx2.AsyncClient:
    """Make a client with an address of its own."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app, client=(address, 40000)), base_url=base_url)


def bearer(token: str) -> dict[str, str]:
    """Headers with a token."""
    return {"Authorization": f"Bearer {token}"}


async def set_up(client: httpx2.AsyncClient, name: str = "ada", password: str = PASSWORD) -> dict[str, Any]:
    """Make the first administrator."""
    answer = await client.post("/auth/setup", json={"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def log_in(
    client: httpx2.AsyncClient, name: str = "ada", password: str = PASSWORD, **more: Any
) -> dict[str, Any]:
    """Log in; give the tokens."""
    answer = await client.post("/auth/login", json={"name": name, "password": password, **more})
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens

"""``/mcp``: who may enter, and what comes of requests that are none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import autoarr
from tests.app.accounts import bearer, client_of
from tests.app.conftest import logged_in
from tests.app.tools_world import api_token, end_tokens

if TYPE_CHECKING:
    from fastapi import FastAPI

    from autoarr.context import Context

ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
MODERN = {"MCP-Protocol-Version": "2026-07-28"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def message(method: str, params: Any = None, identifier: Any = 1) -> dict[str, Any]:
    more = {} if params is None else {"params": params}
    return {"jsonrpc": "2.0", "id": identifier, "method": method, **more}


def answer_of(response: httpx2.Response) -> dict[str, Any]:
    """The JSON-RPC answer, also out of a stream."""
    text = response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        text = next(line[6:] for line in text.splitlines() if line.startswith("data: {"))
    answer: dict[str, Any] = json.loads(text)
    return answer


async def post(client: httpx2.AsyncClient, body: Any, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return await client.post("/mcp", content=content, headers={**ACCEPT, **headers})


async def initialize(client: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
    params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return await post(client, message("initialize", params), **headers)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        *((header, "Bearer") for header in ("", "Bearer", "Bearer ", "Basic YTpi")),
        *((header, 'Bearer error="invalid_token"') for header in ("Bearer aa_nobodys", "bearer a.b.c")),
    ],
)
async def test_without_a_token(client: httpx2.AsyncClient, method: str, header: str, challenge: str) -> None:
    headers = {"Authorization": header} if header else {}

    answer = await client.request(method, "/mcp", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.json()["status"] == 401


@pytest.mark.parametrize("how", ["expired", "disabled", "deleted"])
async def test_a_token_that_was_good(
    app: FastAPI, admin: httpx2.AsyncClient, client: httpx2.AsyncClient, how: str
) -> None:
    context: Context = app.state.context
    token = await api_token(admin)
    assert (await initialize(client, **bearer(token))).status_code == 200
    await end_tokens(context, how)

    assert (await initialize(client, **bearer(token))).status_code == 401


async def test_a_login_is_good_as_well(admin: httpx2.AsyncClient) -> None:
    answer = answer_of(await initialize(admin))

    assert answer["result"]["serverInfo"]["name"] == "autoarr"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
async def test_messages_are_posted(admin: httpx2.AsyncClient, method: str) -> None:
    answer = await admin.request(method, "/mcp", headers=ACCEPT)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("hosts", "host", "status"),
    [
        ("", "evil.example:8088", 200),
        ("autoarr.example", "autoarr.example", 200),
        ("autoarr.example", "AutoArr.example:8088", 200),
        ("localhost, autoarr.example:8088", "autoarr.example:8088", 200),
        ("localhost, autoarr.example:8088", "autoarr.example:9000", 421),
        ("autoarr.example", "evil.example", 421),
        ("autoarr.example", "autoarr.example.evil.example", 421),
    ],
)
async def test_names_it_goes_by(app: FastAPI, admin: httpx2.AsyncClient, hosts: str, host: str, status: int) -> None:
    context: Context = app.state.context
    context.settings = context.settings.model_copy(update={"mcp_hosts": hosts})

    assert (await initialize(admin, Host=host)).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://autoarr", 200),
        ("https://chat.example.org", 200),
        ("https://evil.example", 403),
        ("https://chat.example.org.evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_pages_that_may_ask(app: FastAPI, admin: httpx2.AsyncClient, origin: str, status: int) -> None:
    context: Context = app.state.context
    context.settings = context.settings.model_copy(update={"mcp_origins": "https://chat.example.org"})

    assert (await initialize(admin, Origin=origin)).status_code == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", -32700),
        ("", -32700),
        ("\xff", -32700),
        ('{"jsonrpc": "2.0", "id": 1}', -32600),
        ("[]", -32600),
        ('"text"', -32600),
        ("9" * 10_000, -32700),
        ("[" * 5_000, -32700),
        (message("no/such/method", {"_meta": META}), -32601),
        (message("tools/call", {"_meta": META}), -32602),
        (message("tools/call", {"_meta": META, "name": 5}), -32020),
        (message("tools/call", {"_meta": META, "name": "status", "arguments": "x"}), -32602),
        (message("tools/call", {"_meta": META, "name": "nothing", "arguments": {}}), -32602),
        (message("tools/list", {"_meta": META, "cursor": "x"}), -32602),
        (message("resources/read", {"_meta": META}), -32602),
    ],
    ids=lambda value: None,
)
async def test_malformed(admin: httpx2.AsyncClient, body: Any, code: int) -> None:
    more: dict[str, str] = {}
    if isinstance(body, dict):
        more["Mcp-Method"] = body["method"]
        if isinstance(name := body["params"].get("name"), str):
            more["Mcp-Name"] = name
    answer = await post(admin, body, **MODERN, **more)

    assert answer.status_code < 500
    error = answer_of(answer)["error"]
    assert error["code"] == code, error
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", -32700),
        ("[1]", -32602),
        (message("no/such/method"), -32601),
        (message("tools/call", {"name": 5}), -32602),
        (message("tools/call", {"name": "nothing", "arguments": {}}), -32602),
        (message("resources/read", {"uri": "autoarr://nothing"}), -32002),
    ],
    ids=lambda value: None,
)
async def test_malformed_before_2026(admin: httpx2.AsyncClient, body: Any, code: int) -> None:
    answer = await post(admin, body, **{"MCP-Protocol-Version": "2025-06-18"})

    assert answer.status_code < 500
    error = answer_of(answer)["error"]
    assert error["code"] == code, error
    assert "Traceback" not in answer.text


async def test_wrong_arguments_are_for_the_model_to_mend(admin: httpx2.AsyncClient) -> None:
    params = {"name": "list_queue", "arguments": {"limit": "many"}}

    result = answer_of(await post(admin, message("tools/call", params)))["result"]

    assert result["isError"] is True
    assert result["structuredContent"]["error"] == "invalid_arguments"
    assert "limit" in result["structuredContent"]["details"][0]


async def test_too_large(admin: httpx2.AsyncClient) -> None:
    assert (await post(admin, " " * 300_000)).status_code == 413


async def test_an_unexpected_error_says_nothing(admin: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from autoarr.mcp_server import resources  # here, so that the rest needs no MCP

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("a secret of the code")

    monkeypatch.setattr(resources, "visible", fail)
    for version in ("2025-06-18", "2026-07-28"):
        params = {"_meta": META} if version == "2026-07-28" else {}
        headers = {"MCP-Protocol-Version": version, "Mcp-Method": "resources/list"}
        answer = await post(admin, message("resources/list", params), **headers)
        assert "error" in answer_of(answer)
        assert "secret of the code" not in answer.text


async def test_each_request_stands_for_itself(replicas: list[FastAPI]) -> None:
    async with logged_in(replicas[0], "admin", "Ada") as ada:
        token = await api_token(ada)
    for app in [*replicas, *replicas]:
        async with client_of(app) as client:
            for body in (message("tools/list"), message("tools/call", {"name": "status", "arguments": {}})):
                answer = await post(client, body, **bearer(token))
                assert "Mcp-Session-Id" not in answer.headers
                assert "result" in answer_of(answer)


def test_a_start_does_not_load_it() -> None:
    script = (
        "import sys; from autoarr.app import create_app; from autoarr.settings import Settings; "
        "create_app(Settings(data_dir='/nonexistent')); "
        "print(*sorted({'mcp', 'mcp_types', 'anthropic', 'autoarr.tools.registry'} & sys.modules.keys()))"
    )
    root = str(Path(autoarr.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": root}, timeout=60
    )

    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr

"""``autoarr mcp``: a token first, messages on standard output and nothing else, logs on standard error."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp import MCPError
from sqlalchemy import select

from autoarr.models import Activity
from tests.app.conftest import logged_in
from tests.app.mcp_clients import Installation, stdio_process
from tests.app.tools_world import api_token, end_tokens

if TYPE_CHECKING:
    from fastapi import FastAPI

    from autoarr.context import Context

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


def run(
    context: Context, token: str | None, *lines: str, arguments: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Have lines read, and then the end."""
    settings = context.settings
    process = stdio_process(token, settings.data_dir, settings.database_url, **environment)
    return subprocess.run(
        [process.command, *process.args, *arguments],
        env=process.env,
        cwd=process.cwd,
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=60,
    )


def talk(
    context: Context, token: str, lines: list[str], expected: set[int], log_format: str
) -> tuple[dict[Any, dict[str, Any]], str, str]:
    """Say lines, read until every expected answer is there, and end; what is under way at the end would be given up.

    Returns:
        The answers by their numbers, what came after them, and the logs.
    """
    settings = context.settings
    more = {"AUTOARR_LOG_LEVEL": "DEBUG", "AUTOARR_LOG_FORMAT": log_format}
    process = stdio_process(token, settings.data_dir, settings.database_url, **more)
    with subprocess.Popen(
        [process.command, *process.args],
        env=process.env,
        cwd=process.cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin
        assert running.stdout
        running.stdin.write("".join(f"{line}\n" for line in lines))
        running.stdin.flush()
        answers: dict[Any, dict[str, Any]] = {}
        while not expected <= answers.keys():
            said = json.loads(running.stdout.readline())
            answers[said.get("id")] = said
        rest, errors = running.communicate(timeout=30)
    assert running.returncode == 0
    return answers, rest, errors


@pytest.fixture
def context(app: FastAPI) -> Context:
    found: Context = app.state.context
    return found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "it needs an API token"),
        ("", "it needs an API token"),
        ("a.login.token", "it needs an API token"),
        ("aa_nobodys", "the token is not valid"),
    ],
)
def test_no_token(context: Context, given: str | None, said: str) -> None:
    done = run(context, given, json.dumps(INITIALIZE))

    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", ["expired", "disabled", "deleted"])
async def test_a_token_that_was_good(context: Context, admin: httpx2.AsyncClient, how: str) -> None:
    token = await api_token(admin)
    await end_tokens(context, how)

    assert run(context, token, json.dumps(INITIALIZE)).returncode == 2


async def test_a_token_that_ends_meanwhile(context: Context, admin: httpx2.AsyncClient, tmp_path: Path) -> None:
    installation = Installation(context, "", tmp_path / "errors.log")
    async with installation.connect("stdio", await api_token(admin), "legacy") as client:
        assert (await client.list_tools()).tools
        await end_tokens(context, "deleted")
        for ask in (client.list_tools, client.list_resources, lambda: client.call_tool("status", {})):
            with pytest.raises(MCPError, match="not valid any more"):
                await ask()


async def test_the_token_as_an_argument(context: Context, admin: httpx2.AsyncClient) -> None:
    done = run(context, None, json.dumps(INITIALIZE), arguments=("--token", await api_token(admin)))

    assert (done.returncode, json.loads(done.stdout)["result"]["serverInfo"]["name"]) == (0, "autoarr")


@pytest.mark.parametrize("log_format", ["json", "text"])
async def test_standard_output_holds_messages_only(
    context: Context, admin: httpx2.AsyncClient, log_format: str
) -> None:
    calls: list[dict[str, Any]] = [
        INITIALIZE,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "status", "arguments": {}}},
        {"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "nothing"}},
        {"jsonrpc": "2.0", "id": 5, "method": "no/such/method"},
    ]
    lines = [json.dumps(call) for call in calls]
    token = await api_token(admin)

    answers, rest, errors = talk(
        context, token, [*lines[:2], "no JSON", "{}", "[1, 2]", *lines[2:]], {1, 2, 3, 4, 5}, log_format
    )

    assert rest == ""
    assert {key for key, answer in answers.items() if key and "result" in answer} == {1, 2, 3}
    assert (answers[4]["error"]["code"], answers[5]["error"]["code"]) == (-32602, -32601)
    assert errors
    assert token not in json.dumps(answers) + errors


async def test_what_is_done_is_logged_as_the_users(context: Context, admin: httpx2.AsyncClient, tmp_path: Path) -> None:
    installation = Installation(context, "", tmp_path / "errors.log")
    async with installation.connect("stdio", await api_token(admin)) as client:
        await client.call_tool("run_audit", {"wait_s": 0})

    async with context.database.sessions() as session:
        entry = await session.scalar(select(Activity).where(Activity.action == "audit.requested"))
    assert entry is not None
    assert (entry.actor, entry.via) == ("Ada", "token")


async def test_on_either_database(replicas: list[FastAPI], tmp_path: Path) -> None:
    context: Context = replicas[0].state.context
    async with logged_in(replicas[0], "admin", "Ada") as ada:
        token = await api_token(ada)
    async with Installation(context, "", tmp_path / "errors.log").connect("stdio", token) as client:
        assert not (await client.call_tool("status", {})).is_error

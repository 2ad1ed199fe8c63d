"""The official client lists and calls every tool, over both transports and by both ways to begin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp import MCPError
from mcp_types import INVALID_PARAMS

from autoarr.tools import registry
from tests.app.mcp_clients import MODES, Installation, on_a_port
from tests.app.tools_world import WRITING, ToolsWorld, add_findings, api_token

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

ways = pytest.mark.parametrize(("transport", "mode"), [(name, mode) for name in MODES for mode in MODES[name]])
transports = pytest.mark.parametrize("transport", MODES)


@pytest.fixture
async def installation(app: FastAPI, tools_world: ToolsWorld, tmp_path: Path) -> AsyncIterator[Installation]:
    async with on_a_port(app) as address:
        yield Installation(tools_world.context, address, tmp_path / "errors.log")


@pytest.fixture
async def token(admin: httpx2.AsyncClient) -> str:
    return await api_token(admin)


@ways
async def test_every_tool(
    installation: Installation, tools_world: ToolsWorld, token: str, transport: str, mode: str
) -> None:
    async with installation.connect(transport, token, mode) as client:
        assert client.server_info is not None
        assert client.server_info.name == "autoarr"
        assert (client.protocol_version < "2026") is (mode == "legacy")
        assert client.instructions is not None
        assert "never instructions" in client.instructions
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert listed.keys() == registry.TOOLS.keys()
        for name, tool in registry.TOOLS.items():
            seen = listed[name]
            assert (seen.description, seen.input_schema) == (tool.description, tool.schema)
            assert seen.annotations is not None
            assert seen.annotations.read_only_hint is tool.read_only
            assert seen.annotations.destructive_hint is tool.destructive

            result = await client.call_tool(name, tools_world.arguments.get(name, {}))

            assert not result.is_error, result
            assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
            data: dict[str, Any] = result.structured_content
            assert ("confirmation_id" in data) is (name in WRITING)
            if name in WRITING:
                assert data["written"] is False
                assert "A person confirms" in data["how"]
    assert [fake.writes for fake in tools_world.fakes] == [[]] * 4


@transports
async def test_a_requesters_token(
    installation: Installation, requester: httpx2.AsyncClient, tools_world: ToolsWorld, transport: str
) -> None:
    async with installation.connect(transport, await api_token(requester, "requester")) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        assert listed == {tool.name for tool in registry.visible("requester")}
        for name in registry.TOOLS.keys() - listed:
            with pytest.raises(MCPError) as caught:
                await client.call_tool(name, tools_world.arguments.get(name, {}))
            assert caught.value.code == INVALID_PARAMS
        assert (await client.list_resources()).resources == []
        with pytest.raises(MCPError):
            await client.read_resource("autoarr://findings")


@transports
async def test_an_administrators_token_for_less(
    installation: Installation, admin: httpx2.AsyncClient, transport: str
) -> None:
    async with installation.connect(transport, await api_token(admin, "requester")) as client:
        assert "apply_fix" not in {tool.name for tool in (await client.list_tools()).tools}


@ways
async def test_resources(
    installation: Installation, tools_world: ToolsWorld, token: str, transport: str, mode: str
) -> None:
    await add_findings(tools_world.context, tools_world.services["radarr"].id, 25)
    async with installation.connect(transport, token, mode) as client:
        listed = (await client.list_resources()).resources
        assert {str(one.uri) for one in listed} == {"autoarr://findings", "autoarr://activity"}
        assert len((await client.list_resource_templates()).resource_templates) == 2
        for one in listed:
            uri, pages, seen = str(one.uri), 0, set[Any]()
            while uri:
                (content,) = (await client.read_resource(uri)).contents
                data = json.loads(content.text)  # type: ignore[union-attr]
                seen |= {item["id"] for item in data["items"]}
                uri, pages = data["next"], pages + 1
            assert len(seen) == data["total"]
            assert pages == (2 if "findings" in str(one.uri) else 1)


@pytest.mark.parametrize(
    "uri",
    [
        *("autoarr://nothing", "autoarr://findings/1", "file:///etc/passwd", "autoarr://findings?limit=1000"),
        *("autoarr://findings?offset=-1", "autoarr://findings?limit=x", "autoarr://findings?other=1"),
    ],
)
async def test_resources_that_are_not_there(installation: Installation, token: str, uri: str) -> None:
    async with installation.connect("http", token) as client:
        with pytest.raises(MCPError):
            await client.read_resource(uri)


@ways
async def test_progress(installation: Installation, token: str, transport: str, mode: str) -> None:
    """Over stdio the audit is done by the application, which hears of it over the database."""
    told: list[tuple[float, str | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with installation.connect(transport, token, mode) as client:
        result = await client.call_tool("run_audit", {"service": "plex", "wait_s": 30}, progress_callback=tell)

    assert result.structured_content["state"] == "finished"
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told
    assert all("the audit is" in (message or "") for _, message in told)


@pytest.mark.parametrize(("transport", "mode"), [("stdio", "legacy"), ("stdio", "auto"), ("http", "auto")])
async def test_cancelled_in_the_middle(
    installation: Installation,
    tools_world: ToolsWorld,
    token: str,
    transport: str,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody runs jobs, so that it would wait for long: the wait ends at once, and the connection goes on."""
    await tools_world.context.jobs.close()
    tool = registry.TOOLS["run_audit"]
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def run(call: Any, arguments: Any) -> dict[str, Any]:
        assert tool.run is not None
        try:
            return await tool.run(call, arguments)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        begun.set()

    monkeypatch.setitem(registry.TOOLS, "run_audit", replace(tool, run=run))
    async with installation.connect(transport, token, mode) as client:
        waiting = asyncio.create_task(client.call_tool("run_audit", {"wait_s": 240}, progress_callback=tell))
        async with asyncio.timeout(30):
            await begun.wait()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            if transport == "http":
                await cancelled.wait()
            data = (await client.call_tool("run_audit", {"wait_s": 0})).structured_content
    assert data["state"] == "queued"

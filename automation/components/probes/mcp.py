"""MCP: the official client against a small server of the same package in a process of its own, over both transports."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from automation.components.catalogue import PACE
from automation.components.probes import mcp_server, served
from automation.components.probes.harness import Facts, Probe, equal, refused, require

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROBE = Probe()

STARTING = 20.0 * PACE
SERVER = ("-m", mcp_server.__name__)
# What it has at least.
TOOLS = {"status", "diagnose", "search_media", "request_media", "list_queue", "recover", "run_audit", "apply_fix"}
TEXT = "m\u00f6bius \N{SNOWMAN}"


async def use(client: Client) -> str:
    """Everything that an assistant does with a server; what was seen."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    equal(sorted(tools), ["add", "fail"], "the tools")
    equal(tools["add"].input_schema["required"], ["numbers"], "what the tool requires")
    done: Any = await client.call_tool("add", {"numbers": list(range(1000)), "text": TEXT})
    equal((done.is_error, done.structured_content), (False, {"total": 499500, "text": TEXT.upper()}), "the result")
    failed: Any = await client.call_tool("fail", {})
    require(failed.is_error, "the tool that fails has no error")
    wrong: Any = await client.call_tool("add", {"numbers": "many"})
    require(wrong.is_error, "arguments that do not fit the schema are accepted")
    resources = [str(resource.uri) for resource in (await client.list_resources()).resources]
    equal(resources, ["probe://status"], "the resources")
    read: Any = await client.read_resource("probe://library/Alien")
    equal(read.contents[0].text, "Alien is there", "the resource")
    with refused("a resource that does not exist", MCPError):
        await client.read_resource("probe://nothing")
    prompt: Any = await client.get_prompt("ask", {"title": "Alien"})
    equal(prompt.messages[0].content.text, "Is Alien there?", "the prompt")
    many = await asyncio.gather(*(client.call_tool("add", {"numbers": [n]}) for n in range(20)))
    totals = [one.structured_content["total"] for one in many if one.structured_content]
    equal(totals, list(range(20)), "the results of twenty calls at once")
    return f"protocol {client.protocol_version}"


@PROBE.step("stdio")
async def stdio(facts: Facts) -> str:
    """The client starts the server as its child, and ends it."""
    server = StdioServerParameters(command=sys.executable, args=[*SERVER, "stdio"], cwd=".")
    async with Client(server, read_timeout_seconds=STARTING) as client:
        return await use(client)


@asynccontextmanager
async def http_server() -> AsyncIterator[str]:
    """The server as a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, *SERVER, "http", str(port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(STARTING):
            while not await _listens(port):  # noqa: ASYNC110 - another process, no event tells
                await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        child.kill()
        await child.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@PROBE.step("streamable HTTP")
async def streamable_http(facts: Facts) -> str:
    """Both generations of the protocol: with the handshake, and what the two agree on by themselves."""
    async with http_server() as address:
        seen = []
        for mode in ("legacy", "auto"):
            async with Client(address, mode=mode, read_timeout_seconds=STARTING) as client:
                seen.append(await use(client))
    return ", ".join(seen)


async def ask_application(client: Client) -> int:
    """What an assistant asks AutoArr first; the number of its tools."""
    tools = {tool.name for tool in (await client.list_tools()).tools}
    require(tools >= TOOLS, f"these tools are missing: {', '.join(sorted(TOOLS - tools))}")
    done: Any = await client.call_tool("status", {})
    require(not done.is_error, f"the tool status fails: {done.content}")
    with refused("a tool that does not exist", MCPError):
        await client.call_tool("nothing", {})
    return len(tools)


@PROBE.step("the application's own server")
async def application(facts: Facts) -> str:
    """`/mcp` with an API token and without, and `autoarr mcp` on the same data."""
    with TemporaryDirectory() as folder, served.served({"AUTOARR_DATA_DIR": folder}) as running:
        made = running.ask(
            "/api/v1/tokens", method="POST", token=running.log_in(), body={"name": "probe", "role": "admin"}
        )
        equal(made.status, 201, "the status of a new token")
        token = str(made.json()["token"])
        equal(running.ask("/mcp", method="POST", body={}).status, 401, "the status of /mcp without a token")
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=STARTING) as http,
            Client(
                streamable_http_client(f"http://127.0.0.1:{running.port}/mcp", http_client=http),
                read_timeout_seconds=STARTING,
            ) as client,
        ):
            count = await ask_application(client)
        child = StdioServerParameters(
            command="autoarr",
            args=["mcp"],
            env={**os.environ, "AUTOARR_DATA_DIR": folder, "AUTOARR_MCP_TOKEN": token},
            cwd=folder,
        )
        async with Client(child, read_timeout_seconds=STARTING) as client:
            equal(await ask_application(client), count, "the number of tools over stdio")
    return f"{count} tools over both transports; 401 without a token"

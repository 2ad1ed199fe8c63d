"""Who has which tools, and what calls of them give: data, or an error in our own words."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy.exc import OperationalError

import autoarr
from autoarr.errors import AutoArrError
from autoarr.tools import registry
from autoarr.tools.model import Arguments, InvalidArguments, NotNow, Tool, ToolError, UnknownTool
from autoarr.upstream.errors import Cause, UpstreamError
from tests.app.services_stage import set_policy
from tests.app.tools_world import WRITING, principal_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from autoarr.accounts.principal import Principal
    from autoarr.context import Context

FOR_EVERYBODY = {"status", "search_media", "get_item", "request_media"}
ALL = FOR_EVERYBODY | {
    *("diagnose", "list_queue", "list_failures", "recover", "run_audit", "preview_fix", "apply_fix"),
}
every_tool = pytest.mark.parametrize("tool", registry.TOOLS.values(), ids=registry.TOOLS)


@pytest.fixture
def context(app: FastAPI) -> Context:
    found: Context = app.state.context
    return found


@pytest.fixture
async def ada(context: Context, admin: httpx2.AsyncClient) -> Principal:
    return await principal_of(context, admin)


@pytest.fixture
async def robin(context: Context, requester: httpx2.AsyncClient) -> Principal:
    return await principal_of(context, requester)


def test_who_has_which() -> None:
    assert {tool.name for tool in registry.visible("admin")} == ALL
    assert {tool.name for tool in registry.visible("requester")} == FOR_EVERYBODY


@every_tool
def test_a_tool_describes_itself(tool: Tool) -> None:
    assert 80 < len(tool.description) < 700
    assert tool.description.endswith(".")
    assert (tool.run is None) != (tool.preview is None)
    assert tool.writes is (tool.name in WRITING)
    assert not (tool.writes and tool.read_only)
    assert not tool.writes or "confirm" in tool.description
    text = json.dumps(tool.schema)
    assert not any(word in text for word in ("$ref", "$defs", "anyOf", '"null"'))
    assert tool.schema["type"] == "object"
    assert tool.schema["additionalProperties"] is False


@every_tool
async def test_malformed_arguments(context: Context, ada: Principal, tool: Tool) -> None:
    wrong: list[Any] = [{"nothing": "of that name"}, {name: {"no": "such type"} for name in tool.schema["properties"]}]

    for arguments in filter(None, wrong):
        with pytest.raises(InvalidArguments) as caught:
            await registry.call(context, ada, tool.name, arguments, "chat")
        assert caught.value.data["error"] == "invalid_arguments"
        assert "of that name" not in json.dumps(caught.value.data)


@pytest.mark.parametrize("name", ["", "Status", "confirm", "x" * 10_000, "status\0"], ids=range(5))
async def test_unknown_tools(context: Context, ada: Principal, name: str) -> None:
    with pytest.raises(UnknownTool):
        await registry.call(context, ada, name, {}, "chat")


@pytest.mark.parametrize("name", sorted(ALL - FOR_EVERYBODY))
async def test_tools_of_administrators_are_unknown_to_others(context: Context, robin: Principal, name: str) -> None:
    with pytest.raises(UnknownTool):
        await registry.call(context, robin, name, {}, "mcp")


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (AutoArrError("what went wrong"), ToolError, "what went wrong"),
        (NotNow("not now"), NotNow, "not now"),
        (UpstreamError("Sonarr", Cause.TIMEOUT, "it took too long", status=504), ToolError, "it took too long"),
        (OperationalError("SELECT 1", {}, OSError("gone"), connection_invalidated=True), ToolError, "database"),
        (ZeroDivisionError("a secret of the code"), ToolError, "An unexpected error"),
    ],
    ids=["expected", "refused", "service", "database", "unexpected"],
)
async def test_what_goes_wrong_is_told(
    context: Context, ada: Principal, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type, said: str
) -> None:
    async def fail(*arguments: object) -> dict[str, Any]:
        raise error

    tool = Tool(name="broken", title="Broken", description="It fails.", arguments=Arguments, run=fail)
    monkeypatch.setitem(registry.TOOLS, "broken", tool)

    with pytest.raises(ToolError) as caught:
        await registry.call(context, ada, "broken", {}, "chat")

    assert type(caught.value) is kind
    told = json.dumps(caught.value.data)
    assert said in told
    assert "secret of the code" not in told


@pytest.mark.parametrize("name", WRITING)
async def test_nothing_is_proposed_in_observe_mode(context: Context, ada: Principal, name: str) -> None:
    await set_policy(context, mode="observe")
    one = str(uuid.uuid4())
    arguments = {"request_media": {"title": "x"}, "recover": {"recovery_id": one}, "apply_fix": {"finding_id": one}}

    with pytest.raises(NotNow) as caught:
        await registry.call(context, ada, name, arguments[name], "chat")

    assert "observe mode" in str(caught.value)


@pytest.mark.parametrize(
    "module", ["autoarr.tools.registry", "autoarr.chat.reply", "autoarr.mcp_server.http", "autoarr.app"]
)
def test_what_calls_tools_has_nothing_that_writes(module: str) -> None:
    """By construction: the code that makes confirmed writes isn't loaded by what models reach, but for elicitation."""
    without = "sys.modules['autoarr.mcp_server.elicitation'] = None; " if module.startswith("autoarr.mcp") else ""
    script = (
        f"import sys; {without}\ntry:\n    import {module}\nexcept ImportError as error:\n"
        "    assert 'elicitation' in str(error), error\n"
        "print(*sorted(name for name in sys.modules if name in ('autoarr.tools.writing', 'autoarr.tools.confirming')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(autoarr.__file__).parent.parent), "PATH": ""},
        timeout=60,
    )

    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr

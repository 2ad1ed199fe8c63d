"""A small MCP server of the official package. Its arguments are `stdio`, or `http PORT`."""

from __future__ import annotations

import sys

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

NAME = "probe"
server = MCPServer(NAME)


class Sum(BaseModel):
    """A structured result."""

    total: int
    text: str


@server.tool()
def add(numbers: list[int], text: str = "") -> Sum:
    """Add numbers."""
    return Sum(total=sum(numbers), text=text.upper())


@server.tool()
def fail() -> str:
    """Fail, always."""
    raise ValueError("planted failure")


@server.resource("probe://library/{title}")
def library(title: str) -> str:
    """One title."""
    return f"{title} is there"


@server.resource("probe://status")
def status() -> str:
    """A resource without parameters."""
    return "ready"


@server.prompt()
def ask(title: str) -> str:
    """A prompt."""
    return f"Is {title} there?"


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))

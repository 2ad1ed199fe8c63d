"""docs/mcp.md has a table of all tools. To renew it: ./dev python -m tests.app.test_mcp_document"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from autoarr.tools import registry

DOCUMENT = Path(__file__).parents[2] / "docs" / "mcp.md"
_PART = re.compile(r"(?<=<!-- tools -->\n).*(?=<!-- end of tools -->)", re.DOTALL)


def render() -> str:
    """The table."""
    lines = ["| tool | for | kind | what it does |", "| --- | --- | --- | --- |"]
    for tool in registry.TOOLS.values():
        who = "everybody" if tool.role == "requester" else "administrators"
        kind = "proposes a write" if tool.writes else "reads" if tool.read_only else "reads services"
        lines.append(f"| `{tool.name}` | {who} | {kind} | {tool.description} |")
    return "\n".join(lines) + "\n"


def text() -> str:
    if not DOCUMENT.exists():
        pytest.skip("the documents are not here: this is an image")
    return DOCUMENT.read_text(encoding="utf-8")


def test_table_is_current() -> None:
    found = _PART.search(text())
    assert found
    assert found.group() == render(), __doc__


def test_examples_are_json() -> None:
    examples = re.findall(r"```json\n(.*?)```", text(), re.DOTALL)

    assert len(examples) == 3
    for example in examples:
        json.loads(example)


if __name__ == "__main__":
    DOCUMENT.write_text(_PART.sub(lambda _: render(), text()), encoding="utf-8")

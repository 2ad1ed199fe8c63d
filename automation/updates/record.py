"""What is kept in the repository of what updates cost, and the table that is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation import paths, records
from automation.errors import CheckFailed
from automation.reports import markdown_row
from automation.size.tables import made_by, size
from automation.updates.measuring import Report

VERSION = 1
RECORD = paths.ROOT / "docs" / "updates.json"
AGAIN = "run `invoke updates --record`"


def write(report: Report) -> None:
    """Replace the record.

    Raises:
        CheckFailed: a change could not be measured.
    """
    missing = [f"{item.title}: {item.change}" for item in report.updates if item.pull_bytes is None]
    if missing or not report.updates:
        raise CheckFailed("not recorded: figures are missing", details="\n".join(missing))
    updates = [
        {
            "title": item.title,
            "pull": item.pull_bytes,
            "goal": item.goal,
            "layers": [{"pull": layer.pull_bytes, "made_by": made_by(layer.created_by)} for layer in item.layers],
        }
        for item in report.updates
    ]
    facts = {"variant": report.variant, "platform": report.platform}
    made = {"version": VERSION, "facts": facts, "pull": report.pull_bytes, "updates": updates}
    records.save(RECORD, records.text(made))


def page(kept: Mapping[str, Any] | None = None) -> str:
    """What an update pulls, as Markdown.

    Raises:
        Stale: there is no record.
    """
    data = kept or records.load(RECORD, VERSION, AGAIN)
    lines = ["| changed since the last release | to pull | of all | layers |", "| --- | ---: | ---: | --- |"]
    lines += [
        markdown_row(
            item["title"],
            size(item["pull"]),
            f"{100 * item['pull'] / data['pull']:.1f} %",
            ", ".join(f"`{layer['made_by']}`" for layer in item["layers"]),
        )
        for item in data["updates"]
    ]
    return "\n".join(lines) + "\n"

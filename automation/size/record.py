"""What is kept of the default image's ledger in the repository, and the tables and the picture made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation import paths, records
from automation.bases import DEFAULT_VARIANT
from automation.errors import UsageError
from automation.reports import markdown_row
from automation.size import budget, picture
from automation.size.facts import Ledger
from automation.size.tables import made_by, size

VERSION = 1
RECORD = paths.ROOT / "docs" / "size.json"
PICTURE = paths.ROOT / "docs" / "size.svg"
AGAIN = "run `invoke build` and `invoke size --record`"
# Smaller components are summed up in the page.
SHOWN = 100_000


def write(ledger: Ledger) -> None:
    """Replace the record and the picture.

    Raises:
        UsageError: it is another image's ledger.
    """
    if ledger.variant != DEFAULT_VARIANT:
        raise UsageError(f"the record is of {DEFAULT_VARIANT}", where=ledger.reference, hint="leave --image out")
    records.save(RECORD, records.text(made(ledger)))
    records.save(PICTURE, picture.draw(ledger))


def made(ledger: Ledger) -> dict[str, Any]:
    """The record: what the next build of the same sources on the same base says again."""
    return {
        "version": VERSION,
        "facts": {"platform": ledger.platform, "base": budget.base_kind(ledger)},
        "disk": ledger.disk_bytes,
        "pull": ledger.pull_bytes,
        "structure_pull": ledger.structure_pull_bytes,
        "hidden": {"disk": ledger.hidden_bytes, "pull": ledger.hidden_pull_bytes},
        "owners": [
            {
                "kind": owner.kind,
                "name": owner.name,
                "version": owner.version,
                "disk": owner.disk_bytes,
                "pull": owner.pull_bytes,
                "kinds": dict(owner.kinds),
                "why": owner.why,
            }
            for owner in ledger.owners
        ],
        "kinds": [
            {"kind": item.kind, "files": item.files, "disk": item.disk_bytes, "pull": item.pull_bytes}
            for item in ledger.kinds
        ],
        "layers": [
            {"disk": layer.disk_bytes, "pull": layer.pull_bytes, "made_by": made_by(layer.created_by)}
            for layer in ledger.layers
        ],
    }


def load() -> dict[str, Any]:
    """The record.

    Raises:
        Stale: there is none, or it is of another version.
    """
    return records.load(RECORD, VERSION, AGAIN)


def owners_page(kept: Mapping[str, Any] | None = None) -> str:
    """Whose each byte is, and what it is there for, as Markdown."""
    data = kept or load()
    shown = [owner for owner in data["owners"] if owner["disk"] >= SHOWN]
    rest = [owner for owner in data["owners"] if owner["disk"] < SHOWN]
    lines = ["| component | on disk | to pull | most of it | why it is there |", "| --- | ---: | ---: | --- | --- |"]
    lines += [
        markdown_row(
            f"{owner['name']} {owner['version']}".strip(),
            size(owner["disk"]),
            size(owner["pull"]),
            max(owner["kinds"], key=owner["kinds"].__getitem__),
            owner["why"],
        )
        for owner in shown
    ]
    lines += [
        markdown_row(f"{len(rest)} smaller ones", *_sum(rest), "", ""),
        markdown_row("hidden by later layers", size(data["hidden"]["disk"]), size(data["hidden"]["pull"]), "", ""),
        markdown_row("folders and links", size(0), size(data["structure_pull"]), "", ""),
        markdown_row("**all**", size(data["disk"]), size(data["pull"]), "", ""),
    ]
    return "\n".join([*lines, "", _facts(data)]) + "\n"


def kinds_page(kept: Mapping[str, Any] | None = None) -> str:
    """What sorts of bytes there are, as Markdown."""
    data = kept or load()
    lines = ["| sort | files | on disk | to pull |", "| --- | ---: | ---: | ---: |"]
    lines += [
        markdown_row(item["kind"], str(item["files"]), size(item["disk"]), size(item["pull"])) for item in data["kinds"]
    ]
    return "\n".join(lines) + "\n"


def layers_page(kept: Mapping[str, Any] | None = None) -> str:
    """The layers, as Markdown."""
    data = kept or load()
    lines = ["| layer | on disk | to pull | made by |", "| --- | ---: | ---: | --- |"]
    lines += [
        markdown_row(str(number), size(layer["disk"]), size(layer["pull"]), f"`{layer['made_by']}`")
        for number, layer in enumerate(data["layers"], 1)
    ]
    return "\n".join(lines) + "\n"


def _facts(data: Mapping[str, Any]) -> str:
    return f"For {data['facts']['platform']}, on a base that is {data['facts']['base']}."


def _sum(owners: list[dict[str, Any]]) -> tuple[str, str]:
    return size(sum(owner["disk"] for owner in owners)), size(sum(owner["pull"] for owner in owners))

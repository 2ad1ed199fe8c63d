"""A ledger as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from automation import console
from automation.size.comparing import Change, Comparison
from automation.size.facts import Action, Ledger, Owner

ROWS, ACTIONS, DUPLICATES = 30, 2, 5
WORTH = 100_000
Rows = list[tuple[str, ...]]


def show(ledger: Ledger) -> None:
    """All of a ledger that fits a screen; `--json` has the rest."""
    console.table(ledger.reference, ("", ""), summary(ledger))
    console.table("by owner", ("owner", "kind", "on disk", "to pull", "would save", "why"), owners(ledger))
    if found := actions(ledger):
        console.table("would make it smaller", ("action", "on disk", "files", ""), found)
    console.table("by kind", ("kind", "files", "on disk", "to pull"), kinds(ledger))
    console.table("by layer", ("layer", "on disk", "to pull", "hidden", "made by"), layers(ledger))
    if ledger.duplicates:
        console.table(duplicates_title(ledger), ("costs", "times", "paths"), duplicates(ledger))
    if ledger.hidden_bytes:
        rows = [(size(item.disk_bytes), f"layer {item.layer + 1}", printable(item.path)) for item in ledger.hidden]
        console.table("hidden by later layers; copy what stays into a fresh stage", ("bytes", "", ""), rows[:ROWS])


def summary(ledger: Ledger) -> Rows:
    """The sums."""
    rows = [
        ("platform", ledger.platform),
        ("digest", ledger.digest or "unknown: the archive has no manifest"),
        ("base", ledger.base or "not stated"),
        ("on disk", f"{size(ledger.disk_bytes)} ({ledger.disk_bytes} bytes)"),
        ("to pull", f"{size(ledger.pull_bytes)} ({ledger.pull_bytes} bytes){_estimate(ledger)}"),
        ("seen by a container", size(ledger.visible_bytes)),
        ("hidden by later layers", size(ledger.hidden_bytes)),
        ("layers", str(len(ledger.layers))),
    ]
    return [(name, value) for name, value in rows]


def _estimate(ledger: Ledger) -> str:
    return ", estimated: layers were found unpacked" if ledger.estimated else ""


def owners(ledger: Ledger) -> Rows:
    """The largest owners, the rest as one, and what has no owner."""
    shown, rest = ledger.owners[:ROWS], ledger.owners[ROWS:]
    rows: Rows = [
        (
            printable(f"{owner.name} {owner.version}".strip()),
            owner.kind,
            size(owner.disk_bytes),
            size(owner.pull_bytes),
            ", ".join(f"{action.name} {size(action.disk_bytes)}" for action in worth_it(owner)),
            printable(owner.why),
        )
        for owner in shown
    ]
    if rest:
        disk, pull = sum(owner.disk_bytes for owner in rest), sum(owner.pull_bytes for owner in rest)
        rows.append((f"{len(rest)} smaller ones", "", size(disk), size(pull), "", ""))
    if ledger.hidden_bytes or ledger.hidden_pull_bytes:
        rows.append(("hidden by later layers", "", size(ledger.hidden_bytes), size(ledger.hidden_pull_bytes), "", ""))
    rows.append(("folders and links", "", size(0), size(ledger.structure_pull_bytes), "", ""))
    rows.append(("all", "", size(ledger.disk_bytes), size(ledger.pull_bytes), "", ""))
    return rows


def worth_it(owner: Owner) -> Sequence[Action]:
    """The actions that are worth a word: the largest few, unless they save next to nothing."""
    return [action for action in owner.actions if action.disk_bytes >= WORTH][:ACTIONS]


def actions(ledger: Ledger) -> Rows:
    """All actions over all owners, the most first. They add up: each file counts for one."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for owner in ledger.owners:
        for action in owner.actions:
            disk, files = sums.get((action.name, action.what), (0, 0))
            sums[action.name, action.what] = (disk + action.disk_bytes, files + action.files)
    ordered = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))
    return [(name, size(disk), str(files), what) for (name, what), (disk, files) in ordered]


def advice(action: Action) -> str:
    """One action in a few words."""
    return f"{size(action.disk_bytes)}: {action.what}"


def kinds(ledger: Ledger) -> Rows:
    """Bytes by content."""
    return [(item.kind, str(item.files), size(item.disk_bytes), size(item.pull_bytes)) for item in ledger.kinds]


def layers(ledger: Ledger) -> Rows:
    """Layers from the lowest up."""
    return [
        (
            layer.digest.removeprefix("sha256:")[:12],
            size(layer.disk_bytes),
            size(layer.pull_bytes),
            size(layer.hidden_bytes) if layer.hidden_bytes else "",
            made_by(layer.created_by),
        )
        for layer in ledger.layers
    ]


def made_by(words: str) -> str:
    """What made a layer, short."""
    short = printable(" ".join(words.removesuffix("# buildkit").split()))
    return short if len(short) <= 70 else f"{short[:69]}…"


def duplicates_title(ledger: Ledger) -> str:
    """How much equal files cost together."""
    cost = sum(item.bytes for item in ledger.duplicates)
    return f"equal files: {size(cost)} for {len(ledger.duplicates)} contents; hard links or one copy would save that"


def duplicates(ledger: Ledger) -> Rows:
    """The costliest equal files."""
    return [
        (
            size(item.bytes),
            str(len(item.paths)),
            printable(", ".join(item.paths[:2])) + (", …" if item.paths[2:] else ""),
        )
        for item in ledger.duplicates[:DUPLICATES]
    ]


def show_comparison(ledger: Ledger, found: Comparison) -> None:
    """What is different."""
    rows = [
        ("on disk", f"{signed(found.disk_delta)} → {size(ledger.disk_bytes)}"),
        ("to pull", f"{signed(found.pull_delta)} → {size(ledger.pull_bytes)}"),
        ("update", f"{size(found.update_bytes)} in {found.update_layers} layers, for somebody who has it"),
    ]
    console.table(f"{ledger.reference} against {found.against}", ("", ""), rows)
    table = [
        (printable(item.name), versions(item), signed(item.disk_delta), signed(item.pull_delta), size(item.disk_bytes))
        for item in found.changes[:ROWS]
    ]
    if table:
        console.table("what changed", ("owner", "version", "on disk", "to pull", "now"), table)


def versions(change: Change) -> str:
    """`1.0`, `1.0 → 1.1`, `new: 1.1`, `gone: 1.0`."""
    if not change.disk_bytes and not change.pull_bytes and not change.version:
        return f"gone: {change.old_version}" if change.old_version else "gone"
    if change.disk_delta == change.disk_bytes and not change.old_version:
        return f"new: {change.version}" if change.version else "new"
    if change.version == change.old_version:
        return change.version
    return f"{change.old_version} → {change.version}"


def size(value: int) -> str:
    """Megabytes for what is large, kilobytes and bytes for what is not."""
    if abs(value) >= 100_000:
        return console.megabytes(value)
    return f"{value / 1000:.1f} kB" if abs(value) >= 1000 else f"{value} B"


def signed(value: int) -> str:
    """The same with its sign."""
    return f"+{size(value)}" if value > 0 else f"-{size(-value)}" if value < 0 else "±0"


def printable(words: str) -> str:
    """Names from images may hold anything, also what no terminal prints."""
    sound = words.encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in sound)

"""A ledger as a picture: of what kind its bytes are, whose they are, and which layers carry them."""

from __future__ import annotations

from automation import charts
from automation.ownership import Kind
from automation.size.facts import Content, Ledger
from automation.size.tables import advice, made_by, size, worth_it

HIDDEN = "hidden"
# Every picture has the same colours for the same things.
OWNERS = (
    Kind.PYTHON,
    Kind.INTERPRETER,
    Kind.SYSTEM,
    Kind.LIBC,
    Kind.UI,
    Kind.APPLICATION,
    Kind.IMAGE,
    Kind.UNOWNED,
)
CONTENTS = (Content.CODE, Content.NATIVE, Content.BYTECODE, Content.METADATA, Content.DATA)
STRUCTURE = "folders and links"
# Of a layer: what is hidden, and what is no file.
REST = "hidden, folders and links"


def draw(ledger: Ledger) -> str:
    """The picture, as SVG."""
    title = f"{ledger.reference}: {size(ledger.disk_bytes)} on disk, {size(ledger.pull_bytes)} to pull"
    facts = (ledger.platform, f"base {ledger.base}" if ledger.base else "", ledger.digest[:19])
    return charts.page(
        title,
        _contents(ledger),
        _owners(ledger),
        _layers(ledger),
        subtitle=" · ".join(filter(None, facts)),
    )


def _text(value: float) -> str:
    return size(round(value))


def _contents(ledger: Ledger) -> charts.Block:
    disk = [charts.Part(label=item.kind, value=item.disk_bytes) for item in ledger.kinds]
    pull = [charts.Part(label=item.kind, value=item.pull_bytes) for item in ledger.kinds]
    disk.append(charts.Part(label=HIDDEN, value=ledger.hidden_bytes))
    pull.append(charts.Part(label=HIDDEN, value=ledger.hidden_pull_bytes))
    pull.append(charts.Part(label=STRUCTURE, value=ledger.structure_pull_bytes))
    rows = [charts.Row(label="on disk", parts=_some(disk)), charts.Row(label="to pull", parts=_some(pull))]
    return charts.bars(rows, unit=_text, title="What kind of bytes", order=[*CONTENTS, HIDDEN, STRUCTURE])


def _some(parts: list[charts.Part]) -> list[charts.Part]:
    return [part for part in parts if part.value]


def _owners(ledger: Ledger) -> charts.Block:
    tiles = [
        charts.Tile(
            label=owner.name,
            value=owner.disk_bytes,
            group=owner.kind,
            shaded=sum(action.disk_bytes for action in owner.actions),
            detail="\n".join(
                filter(
                    None,
                    (
                        owner.version,
                        f"{size(owner.pull_bytes)} to pull, {owner.files} files",
                        *map(advice, worth_it(owner)),
                    ),
                )
            ),
        )
        for owner in ledger.owners
    ]
    if ledger.hidden_bytes:
        hidden = ledger.hidden_bytes
        tiles.append(charts.Tile(label="hidden by later layers", value=hidden, group=HIDDEN, shaded=hidden))
    saved = sum(tile.shaded for tile in tiles)
    return charts.treemap(
        tiles,
        unit=_text,
        title="Whose bytes, on disk",
        groups=[*OWNERS, HIDDEN],
        shade=f"darker: {_text(saved)} that known actions would save",
    )


def _layers(ledger: Ledger) -> charts.Block:
    """Layers that carry something, as they are stacked."""
    rows = []
    for index, layer in enumerate(ledger.layers):
        parts = [charts.Part(label=kind, value=value) for kind, value in layer.owners.items()]
        parts.append(charts.Part(label=REST, value=max(layer.pull_bytes - sum(layer.owners.values()), 0)))
        if layer.disk_bytes:
            label = f"{index + 1}. {made_by(layer.created_by) or layer.digest[7:19]}"
            rows.append(charts.Row(label=label, parts=_some(parts)))
    empty = len(ledger.layers) - len(rows)
    title = "Layers, to pull" + (f" ({empty} without a file left out)" if empty else "")
    return charts.bars(rows, unit=_text, title=title, order=[*OWNERS, REST])

"""Memory over polls, as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from automation import charts
from automation.bench import tables
from automation.bench.facts import Result


def draw(results: Sequence[Result]) -> str:
    """The picture, as SVG: bars of equal length are what flat memory looks like."""
    blocks = [_bars(result, [one.name for one in results]) for result in results]
    pairs = [charts.beside(*blocks[at : at + 2]) if blocks[at + 1 :] else blocks[at] for at in range(0, len(blocks), 2)]
    return charts.page("The application's memory after some polls", *pairs, subtitle=f"with {tables.scale(results[0])}")


def _bars(result: Result, order: Sequence[str]) -> charts.Block:
    sizes = [("at rest", result.figures["memory.idle.resident"])]
    sizes += [(f"{tables.thousands(point.polls)} polls", float(point.resident)) for point in result.points]
    rows = [charts.Row(label=label, parts=(charts.Part(label=result.name, value=size),)) for label, size in sizes]
    title = f"{result.name} ({result.libc})"
    return charts.bars(rows, unit=tables.megabytes, title=title, key=False, order=order, width=charts.HALF)

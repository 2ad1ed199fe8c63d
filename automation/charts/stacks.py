"""Horizontal bars, stacked where they have parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from automation.charts.sheet import INNER, SMALL, Block, box, colour, distinct, fitted, legend, line, text, width_of

BAR, SPACE = 26, 10
LABEL_SHARE = 0.3


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a bar. Equal labels have equal colours, in all rows."""

    label: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """A bar. `note` is said after its total, such as a reason; a row without parts has only its note."""

    label: str
    parts: Sequence[Part]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A line across all bars, such as a goal."""

    label: str
    value: float


def bars(
    rows: Sequence[Row],
    *,
    unit: Callable[[float], str],
    title: str = "",
    marks: Sequence[Mark] = (),
    key: bool = True,
    order: Sequence[str] = (),
    width: float = INNER,
) -> Block:
    """Bars on one scale, each with its total behind it.

    Args:
        unit: a value as text, such as `12.3 MB`.
        width: of the block, for one that stands beside another.
        key: whether the colours' names are shown; they are not for rows of one and the same part.
        order: the labels in the order in which they take colours, for pictures that should agree.
    """
    used = distinct(part.label for row in rows for part in row.parts)
    names = distinct([*order, *used])
    totals = [sum(part.value for part in row.parts) for row in rows]
    tails = [_tail(row, total, unit) for row, total in zip(rows, totals, strict=True)]
    left = min(width * LABEL_SHARE, max((width_of(row.label) for row in rows), default=0) + 12)
    right = min(width * 0.4, max(map(width_of, tails), default=0) + 10)
    largest = max([*totals, *(mark.value for mark in marks)], default=0) or 1
    scale = (width - left - right) / largest
    y, drawn = 0.0, []
    if title:
        drawn.append(text(0, 12, title, css="head"))
        y += 26
    if key and len(used) > 1:
        shown = legend({name: index for index, name in enumerate(names) if name in used}, width)
        drawn.append(f'<g transform="translate(0 {y:.0f})">{shown.svg}</g>')
        y += shown.height + 14
    if marks:
        y += 16
    top, tails_drawn = y, []
    for row, tail in zip(rows, tails, strict=True):
        drawn.append(text(left - 12, y + 17, fitted(row.label, left - 12), css="end"))
        x = left
        for part in row.parts:
            wide = part.value * scale
            words = f"{row.label}, {part.label}: {unit(part.value)}"
            drawn.append(box(x, y, wide, BAR, css=f"{colour(names.index(part.label))} edge", title=words))
            inside = fitted(unit(part.value), wide - 8, SMALL)
            if len(row.parts) > 1 and inside == unit(part.value):
                drawn.append(text(x + 5, y + 17, inside, css="small"))
            x += wide
        tails_drawn.append(text(x + 8, y + 17, fitted(tail, width - x - 8), css="halo"))
        y += BAR + SPACE
    for mark in marks:
        x = left + mark.value * scale
        drawn.append(line(x, top - 6, x, y - SPACE + 4, css="mark"))
        words = f"{mark.label} {unit(mark.value)}"
        at_end = x + width_of(words, SMALL) / 2 > width
        drawn.append(
            text(width if at_end else x, top - 10, words, css="small muted end" if at_end else "small muted mid")
        )
    return Block(svg="".join([*drawn, *tails_drawn]), height=max(y - SPACE, 0))


def _tail(row: Row, total: float, unit: Callable[[float], str]) -> str:
    """What stands behind a bar."""
    return " · ".join(filter(None, (unit(total) if row.parts else "", row.note)))

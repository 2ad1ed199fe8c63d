"""Areas within an area: what a whole is made of, in groups, each tile as large as its share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from automation.charts.sheet import INNER, SMALL, Block, box, colour, distinct, fitted, legend, number, text

HEIGHT = 460


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One area. Tiles of a group lie together and share a colour; groups take colours in the order of their size.

    Attributes:
        detail: more lines for whoever points at it.
        shaded: how much of the value is drawn darker.
    """

    label: str
    value: float
    group: str
    detail: str = ""
    shaded: float = 0


@dataclass(frozen=True, kw_only=True)
class Area:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float


def treemap(
    tiles: Sequence[Tile],
    *,
    unit: Callable[[float], str],
    title: str = "",
    groups: Sequence[str] = (),
    shade: str = "",
) -> Block:
    """Tiles by group, the largest first.

    Args:
        unit: a value as text, such as `12.3 MB`.
        groups: the order of the groups' colours, for pictures that should agree; others follow by size.
        shade: what it means that a part of a tile is darker.
    """
    shown = [tile for tile in tiles if tile.value > 0]
    sums: dict[str, float] = {}
    for tile in shown:
        sums[tile.group] = sums.get(tile.group, 0) + tile.value
    by_size = sorted(sums, key=lambda name: (-sums[name], name))
    names = distinct([*groups, *by_size])
    keys = legend({f"{name} {unit(sums[name])}": index for index, name in enumerate(names) if name in sums})
    drawn, y = [], 0.0
    if title:
        drawn.append(text(0, 12, title, css="head"))
        y = 26
    if shade and any(tile.shaded for tile in shown):
        drawn.append(text(INNER, 12, shade, css="muted end"))
    drawn.append(f'<g transform="translate(0 {y:.0f})">{keys.svg}</g>')
    y += keys.height + 14
    whole = Area(x=0, y=y, width=INNER, height=HEIGHT)
    for name, area in zip(by_size, squarified([sums[name] for name in by_size], whole), strict=True):
        members = sorted((tile for tile in shown if tile.group == name), key=lambda tile: (-tile.value, tile.label))
        for tile, place in zip(members, squarified([tile.value for tile in members], area), strict=True):
            drawn.append(_tile(tile, place, colour(names.index(name)), unit))
    return Block(svg="".join(drawn), height=y + HEIGHT)


def _tile(tile: Tile, area: Area, css: str, unit: Callable[[float], str]) -> str:
    size = unit(tile.value)
    parts = [
        box(
            area.x,
            area.y,
            area.width,
            area.height,
            css=f"{css} edge",
            title="\n".join(filter(None, (f"{tile.label}: {size}", tile.detail))),
        )
    ]
    share = min(tile.shaded / tile.value, 1)
    if share * area.height >= 1:
        top = area.y + area.height * (1 - share)
        place = f'x="{number(area.x)}" y="{number(top)}" width="{number(area.width)}"'
        parts.append(f'<rect {place} height="{number(area.height * share)}" class="shade" pointer-events="none"/>')
    room = area.width - 10
    name = fitted(tile.label, room)
    if area.height >= 36 and name and fitted(size, room, SMALL) == size:
        parts += [text(area.x + 6, area.y + 17, name), text(area.x + 6, area.y + 32, size, css="small")]
    elif area.height >= 20 and (name := fitted(tile.label, room, SMALL)):
        parts.append(text(area.x + 5, area.y + 14, name, css="small"))
    return "".join(parts)


def squarified(values: Sequence[float], area: Area) -> list[Area]:
    """Rectangles as near to squares as they get, for values in falling order (Bruls, Huizing, van Wijk 2000)."""
    total = sum(values)
    if not total:
        return [Area(x=area.x, y=area.y, width=0, height=0) for _ in values]
    sizes = [value * area.width * area.height / total for value in values]
    placed: list[Area] = []
    start = 0
    while start < len(sizes):
        side = min(area.width, area.height)
        end = start + 1
        while end < len(sizes) and _worst(sizes[start : end + 1], side) <= _worst(sizes[start:end], side):
            end += 1
        row, area = _laid(sizes[start:end], area)
        placed += row
        start = end
    return placed


def _worst(sizes: Sequence[float], side: float) -> float:
    """The greatest ratio of sides among rectangles laid in one row along a side; at least 1."""
    total = sum(sizes)
    if not total or not side or not min(sizes):
        return float("inf")
    return max(side * side * max(sizes) / (total * total), total * total / (side * side * min(sizes)))


def _laid(sizes: Sequence[float], area: Area) -> tuple[list[Area], Area]:
    """A row of rectangles along the shorter side, and the area that is left."""
    total = sum(sizes)
    wide = area.width >= area.height
    side = area.height if wide else area.width
    depth = total / side if side else 0
    placed, offset = [], 0.0
    for size in sizes:
        length = size / depth if depth else 0
        if wide:
            placed.append(Area(x=area.x, y=area.y + offset, width=depth, height=length))
        else:
            placed.append(Area(x=area.x + offset, y=area.y, width=length, height=depth))
        offset += length
    if wide:
        return placed, Area(x=area.x + depth, y=area.y, width=max(area.width - depth, 0), height=area.height)
    return placed, Area(x=area.x, y=area.y + depth, width=area.width, height=max(area.height - depth, 0))

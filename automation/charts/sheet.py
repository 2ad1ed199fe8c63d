"""The sheet that pictures are drawn on: colours, text, and blocks one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

WIDTH, MARGIN, GAP = 960, 24, 26
INNER = WIDTH - 2 * MARGIN
HALF = (INNER - GAP) / 2
TITLE, TEXT, SMALL = 20, 13, 11
# Fills for light and for dark, in the order in which series take them. Each carries the theme's own text colour.
PALETTE = (
    ("#9ec5fe", "#1f5fbf"),
    ("#ffc078", "#9a5310"),
    ("#8ce0a5", "#1f7a43"),
    ("#d0b3ff", "#6d43b8"),
    ("#ffa8b5", "#a8324a"),
    ("#7fdedb", "#12716f"),
    ("#ffe17a", "#7d6608"),
    ("#c9d1d9", "#4a525c"),
)
NARROW, WIDE = "fijlrtI.,:;'|!()[]/ -", "mwMW@%"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A part of a page: SVG drawn from its own upper left corner, `INNER` wide."""

    svg: str
    height: float


def page(title: str, *blocks: Block, subtitle: str = "") -> str:
    """Blocks below a title, as a whole SVG document."""
    y: float = MARGIN + TITLE
    parts = [text(0, TITLE - 4, title, css="title")]
    if subtitle:
        y += 20
        parts.append(text(0, TITLE + 18, subtitle, css="muted"))
    body = [f'<g transform="translate({MARGIN} {MARGIN})">{"".join(parts)}</g>']
    for block in blocks:
        y += GAP
        body.append(f'<g transform="translate({MARGIN} {number(y)})">{block.svg}</g>')
        y += block.height
    height = number(y + MARGIN)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            f' role="img" aria-label={quoteattr(_printable(title))}>',
            f"<title>{escape(_printable(title))}</title>",
            f"<style>{_style()}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>',
            *body,
            "</svg>\n",
        )
    )


def _style() -> str:
    def theme(paper: str, ink: str, muted: str, line: str, column: int) -> str:
        rules = [f".paper{{fill:{paper}}}", f"text{{fill:{ink}}}", f".muted{{fill:{muted}}}"]
        rules += [
            f".halo{{stroke:{paper}}}",
            f".line{{stroke:{line}}}",
            f".mark{{stroke:{ink}}}",
            f".edge{{stroke:{paper}}}",
        ]
        rules += [f".s{index}{{fill:{colours[column]}}}" for index, colours in enumerate(PALETTE)]
        return "".join(rules)

    light = theme("#ffffff", "#1f2328", "#59636e", "#d1d9e0", 0)
    dark = theme("#0d1117", "#f0f6fc", "#9198a1", "#3d444d", 1)
    fonts = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
    sizes = f"text{{{fonts};font-size:{TEXT}px}}.small{{font-size:{SMALL}px}}"
    titles = f".title{{font-size:{TITLE}px;font-weight:600}}.head{{font-weight:600}}"
    anchors = ".end{text-anchor:end}.mid{text-anchor:middle}"
    shapes = (
        ".shade{fill-opacity:.16}.halo{paint-order:stroke;stroke-width:4}.edge{stroke-width:1.5}.line{stroke-width:1}"
    )
    shapes += ".mark{stroke-width:1.5;stroke-dasharray:4 3}"
    return f"{sizes}{titles}{anchors}{shapes}{light}@media(prefers-color-scheme:dark){{{dark}}}"


def number(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, words: str, *, css: str = "") -> str:
    """A line of text with its baseline at y."""
    name = f' class="{css}"' if css else ""
    return f'<text x="{number(x)}" y="{number(y)}"{name}>{escape(_printable(words))}</text>'


def box(x: float, y: float, width: float, height: float, *, css: str, title: str) -> str:
    """A filled rectangle that says what it is."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect {place} class="{css}"><title>{escape(_printable(title))}</title></rect>'


def line(x1: float, y1: float, x2: float, y2: float, *, css: str) -> str:
    """A straight line."""
    place = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
    return f'<line {place} class="{css}"/>'


def colour(index: int) -> str:
    """The class of a series; the last colour, grey, stands for all beyond."""
    return f"s{min(index, len(PALETTE) - 1)}"


def width_of(words: str, size: int = TEXT) -> float:
    """About how wide a text is drawn, in pixels; fonts differ, so rather more than less."""
    return sum(_ems(letter) for letter in words) * size


def _ems(letter: str) -> float:
    if letter in NARROW:
        return 0.36
    if letter in WIDE:
        return 0.92
    return 0.7 if letter.isupper() else 0.63


def fitted(words: str, width: float, size: int = TEXT) -> str:
    """The text, cut with an ellipsis to fit; empty where not even three letters would."""
    if width_of(words, size) <= width:
        return words
    while words and width_of(words + "…", size) > width:
        words = words[:-1]
    return words.rstrip(" -·") + "…" if len(words) >= 3 else ""


def beside(left: Block, right: Block) -> Block:
    """Two blocks of half the width, :data:`HALF`, side by side."""
    moved = f'<g transform="translate({number(HALF + GAP)} 0)">{right.svg}</g>'
    return Block(svg=left.svg + moved, height=max(left.height, right.height))


def legend(names: Mapping[str, int], width: float = INNER) -> Block:
    """Names of series and the indexes of their colours, in as many lines as it takes."""
    parts: list[str] = []
    x, y = 0.0, 0.0
    for name, index in names.items():
        wide = 18 + width_of(name) + 18
        if x and x + wide > width:
            x, y = 0.0, y + 20
        parts.append(box(x, y, 12, 12, css=colour(index), title=name))
        parts.append(text(x + 18, y + 11, name))
        x += wide
    return Block(svg="".join(parts), height=y + 12 if names else 0)


def distinct(names: Iterable[str]) -> list[str]:
    """Each name once, in the order of its first use."""
    return list(dict.fromkeys(names))


def _printable(words: str) -> str:
    """Without what XML can't hold: control characters, and the halves of what was no UTF-8 in a path."""
    sound = words.encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter >= " " else "\N{REPLACEMENT CHARACTER}" for letter in sound)

"""Pictures are sound XML, hold what they were given, stay inside their frame, and are the same every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import pytest

from automation import charts, console
from automation.charts import sheet
from automation.charts.areas import Area, squarified

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    charts.Row(
        label="on disk",
        parts=[charts.Part(label="code", value=30e6), charts.Part(label="native", value=25e6)],
        note="of three layers",
    ),
    charts.Row(label="to pull", parts=[charts.Part(label="code", value=8e6)]),
    charts.Row(label="scanned", parts=[], note="skipped: no scanner"),
]
TILES = [
    charts.Tile(label=f"package-{number}", value=value, group="python" if number % 3 else "system")
    for number, value in enumerate([38e6, 16e6, 12e6, 9e6, 6e6, 4e6, 3e6, 1e6, 4e5, 9e4, 800, 0])
]


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())  # noqa: S314 - our own text


def drawing(*blocks: charts.Block, subtitle: str = "") -> ElementTree.Element:
    return parsed(charts.page("An image", *blocks, subtitle=subtitle))


def rectangles(root: ElementTree.Element) -> Iterator[tuple[str, dict[str, float]]]:
    """Each filled shape: what it says it is, and its place."""
    for box in root.iter(f"{SVG}rect"):
        title = box.find(f"{SVG}title")
        if title is not None:
            yield title.text or "", {name: float(box.get(name) or 0) for name in ("x", "y", "width", "height")}


def words(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_bars_are_as_long_as_their_values() -> None:
    root = drawing(charts.bars(ROWS, unit=console.megabytes, title="Sizes"), subtitle="linux/amd64")
    lengths = {title: place["width"] for title, place in rectangles(root) if ": " in title}
    assert lengths["on disk, code: 30.0 MB"] / lengths["on disk, native: 25.0 MB"] == pytest.approx(30 / 25, rel=0.01)
    assert lengths["on disk, code: 30.0 MB"] / lengths["to pull, code: 8.0 MB"] == pytest.approx(30 / 8, rel=0.01)
    said = words(root)
    assert {"An image", "linux/amd64", "Sizes", "on disk", "55.0 MB · of three layers"} <= set(said)
    # What has no value says why, and never "0".
    assert "skipped: no scanner" in said
    assert not any(line.startswith("0.0 MB") for line in said)


def test_a_mark_crosses_the_bars_where_its_value_is() -> None:
    marks = [charts.Mark(label="goal", value=60.8e6)]
    root = drawing(charts.bars(ROWS, unit=console.megabytes, marks=marks))
    line = next(root.iter(f"{SVG}line"))
    places = dict(rectangles(root))
    first, second = places["on disk, code: 30.0 MB"], places["on disk, native: 25.0 MB"]
    scale = (first["width"] + second["width"]) / 55
    assert float(line.get("x1") or 0) == pytest.approx(first["x"] + 60.8 * scale, abs=0.5)
    assert "goal 60.8 MB" in words(root)


def test_tiles_share_the_area_by_value() -> None:
    root = drawing(charts.treemap(TILES, unit=console.megabytes))
    places = {title: place for title, place in rectangles(root) if title.startswith("package")}
    assert len(places) == len([tile for tile in TILES if tile.value])
    areas = {title.split(":")[0]: place["width"] * place["height"] for title, place in places.items()}
    assert areas["package-0"] / areas["package-1"] == pytest.approx(38 / 16, rel=0.01)
    for place in places.values():
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= sheet.INNER + 0.2


@pytest.mark.parametrize("values", [[5.0], [6, 6, 4, 3, 2, 2, 1], [1e9, 1, 1e-3], [3, 3, 3, 3]])
def test_rectangles_fill_their_area_without_overlap(values: list[float]) -> None:
    placed = squarified(values, Area(x=10, y=20, width=300, height=200))
    areas = [area.width * area.height for area in placed]
    assert sum(areas) == pytest.approx(300 * 200)
    assert areas == [pytest.approx(value * 60000 / sum(values)) for value in values]
    for index, one in enumerate(placed):
        for other in placed[index + 1 :]:
            apart = (
                one.x + one.width <= other.x + 1e-6
                or other.x + other.width <= one.x + 1e-6
                or one.y + one.height <= other.y + 1e-6
                or other.y + other.height <= one.y + 1e-6
            )
            assert apart


def test_nothing_to_draw_is_still_a_picture() -> None:
    root = drawing(charts.bars([], unit=console.megabytes), charts.treemap([], unit=console.megabytes))
    assert "An image" in words(root)


def test_names_from_images_can_not_break_the_picture() -> None:
    hostile = '</svg><script>alert(1)</script>" onload="x\x00\x1b[31m\udce9'
    rows = [charts.Row(label=hostile, parts=[charts.Part(label=hostile, value=1)])]
    tiles = [charts.Tile(label=hostile, value=1, group=hostile, detail=hostile)]
    text = charts.page(hostile, charts.bars(rows, unit=str), charts.treemap(tiles, unit=str))
    root = parsed(text)
    assert not list(root.iter(f"{SVG}script"))
    assert {name for element in root.iter() for name in element.keys()} <= {  # noqa: SIM118 - an Element is no dict
        "aria-label",
        *["class", "height", "role", "rx", "transform", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2"],
    }


def test_a_picture_needs_nothing_from_elsewhere_and_is_light_and_dark() -> None:
    text = charts.page("An image", charts.bars(ROWS, unit=console.megabytes), charts.treemap(TILES, unit=str))
    assert text == charts.page("An image", charts.bars(ROWS, unit=console.megabytes), charts.treemap(TILES, unit=str))
    assert "@media(prefers-color-scheme:dark)" in text
    assert re.findall(r"(?:https?:)?//[^\"'\s]+", text) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in text


def test_text_is_cut_to_its_room() -> None:
    assert sheet.fitted("sqlalchemy", 200) == "sqlalchemy"
    cut = sheet.fitted("a-very-long-distribution-name", 60)
    assert cut.endswith("…")
    assert sheet.width_of(cut) <= 60
    assert sheet.fitted("sqlalchemy", 5) == ""


def test_two_halves_stand_side_by_side_inside_the_frame() -> None:
    rows = [charts.Row(label="plain", parts=[charts.Part(label="plain", value=409.5e6)], note="a note behind it")]
    half = charts.bars(rows, unit=console.megabytes, width=charts.HALF)
    whole = charts.bars(rows, unit=console.megabytes)
    both = charts.beside(half, whole)
    assert both.height == max(half.height, whole.height)
    (length,) = (place["width"] for title, place in rectangles(drawing(half)) if ": " in title)
    (other,) = (place["width"] for title, place in rectangles(drawing(whole)) if ": " in title)
    assert 0 < length < charts.HALF < other
    moved = re.search(r"translate\(([\d.]+) 0\)", both.svg)
    assert moved is not None
    assert float(moved[1]) + charts.HALF == pytest.approx(sheet.INNER, abs=0.1)

"""Pictures as SVG text: pure functions, the same text for the same figures, no scripts and no fonts from elsewhere.

A picture is a page of blocks:

    page("Images compared", bars([Row(label="alpine", parts=[Part(label="disk", value=1)])], unit=console.megabytes))

They follow the reader's light or dark setting. Labels are cut where they don't fit; each shape has the whole of it as
its title, which browsers show on hover.
"""

from automation.charts.areas import Tile, treemap
from automation.charts.sheet import HALF, PALETTE, Block, beside, page
from automation.charts.stacks import Mark, Part, Row, bars

__all__ = ["HALF", "PALETTE", "Block", "Mark", "Part", "Row", "Tile", "bars", "beside", "page", "treemap"]

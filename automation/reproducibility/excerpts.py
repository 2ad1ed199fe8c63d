"""Where the contents of two files part: the first line or the first bytes that differ."""

from __future__ import annotations

from itertools import zip_longest

# What is read of a file, and shown of a line.
LIMIT = 4 << 20
WIDTH = 80
BYTES = 8


def describe(first: bytes, second: bytes) -> str:
    """A phrase on the first place where two contents differ."""
    texts = _text(first), _text(second)
    if texts[0] is not None and texts[1] is not None:
        lines = zip_longest(texts[0].splitlines(), texts[1].splitlines())
        for number, (one, two) in enumerate(lines, start=1):
            if one != two:
                return f"line {number}: {_shown(one)} and {_shown(two)}"
        return "line ends differ"
    place = next(
        (index for index, (one, two) in enumerate(zip(first, second, strict=False)) if one != two),
        min(len(first), len(second)),
    )
    one_part, two_part = first[place : place + BYTES], second[place : place + BYTES]
    return f"byte {place}: {one_part.hex(' ') or 'the end'} and {two_part.hex(' ') or 'the end'}"


def _text(content: bytes) -> str | None:
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _shown(line: str | None) -> str:
    if line is None:
        return "the end"
    return repr(line if len(line) <= WIDTH else f"{line[:WIDTH]}…")

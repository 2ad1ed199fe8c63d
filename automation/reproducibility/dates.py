"""Whether an image carries the day it was built on, in which two builds of one day agree and prove nothing."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

from automation.reproducibility import snapshot
from automation.reproducibility.facts import Snapshot

# As programs write a day: ISO, packed, C's __DATE__ (its day is padded with a space), mail and HTTP, American.
FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%b %d %Y", "%d %b %Y", "%b %d, %Y")
AROUND = 24
FILE_LIMIT = 256 << 20


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A place with a day in it.

    Attributes:
        place: `index`, `manifest`, `config`, or a file's absolute path.
        text: what is written there.
    """

    place: str
    text: str


def days(started: float, ended: float) -> frozenset[date]:
    """The days of a build, by UTC and by this machine's own clock: mostly one."""
    found = set()
    for moment in (started, ended):
        utc = datetime.fromtimestamp(moment, UTC)
        found |= {utc.date(), utc.astimezone().date()}
    return frozenset(found)


def pattern(wanted: Iterable[date]) -> re.Pattern[bytes]:
    """What finds any of the days as it may be written."""
    words = {
        word
        for day in wanted
        for form in FORMATS
        # A day of one digit is padded with a zero, with a space, or not at all.
        for number in (f"{day.day:02d}", f"{day.day:2d}", str(day.day))
        for word in [day.strftime(form.replace("%d", number) if "%b" in form else form)]
    }
    alternatives = b"|".join(re.escape(word.encode()) for word in sorted(words))
    return re.compile(rb"(?<![0-9])(?:" + alternatives + rb")(?![0-9])")


def in_documents(image: Snapshot, sought: re.Pattern[bytes]) -> list[Dated]:
    """The days in an image's index, manifest and configuration."""
    documents = {"index": image.index, "manifest": image.manifest, "config": image.config}
    return [
        Dated(place=name, text=_excerpt(content, found))
        for name, document in documents.items()
        for content in [json.dumps(document).encode()]
        for found in sought.finditer(content)
    ]


def in_files(
    archive: Path,
    sought: re.Pattern[bytes],
    *,
    known: frozenset[str] = frozenset(),
    newest: float | None = None,
) -> list[Dated]:
    """The days in the files of an archive, hidden ones included.

    Args:
        known: digests of layers to leave out.
        newest: a member's time may not be later, in seconds since 1970; None where times do not matter.
    """
    found: list[Dated] = []

    def see(number: int, path: str, header: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        if newest is not None and header.mtime > newest:
            written = datetime.fromtimestamp(header.mtime, UTC).isoformat()
            found.append(Dated(place=path, text=f"changed {written}, after the commit"))
        if match := sought.search(path.encode(errors="surrogateescape")):
            found.append(Dated(place=path, text=f"in its name: {match[0].decode()}"))
        data = b"" if content is None else content.read(FILE_LIMIT)
        if match := sought.search(data):
            found.append(Dated(place=path, text=_excerpt(data, match)))

    snapshot.look(archive, see, known=known)
    return found


def _excerpt(content: bytes, found: re.Match[bytes]) -> str:
    around = content[max(0, found.start() - AROUND) : found.end() + AROUND]
    return "".join(letter if " " <= letter <= "~" else "." for letter in around.decode("latin-1"))

"""Dates, time zones, clocks."""

from __future__ import annotations

from automation.libc.expectations import Expected, differs, environment, harmful, harmless, same, such_that
from automation.libc.patterns import FORMAT_GNU, FORMAT_UNKNOWN, FORMAT_YEAR, FORMAT_ZONE

_STRFTIME = "musl: src/time/strftime.c"
_EMPTY = harmful(
    "musl gives up at a directive it does not know, and CPython takes that for an empty result",
    _STRFTIME,
    "the whole text is empty, without an error",
)
_GNU = (FORMAT_GNU, FORMAT_UNKNOWN)
_BERLIN: Expected = such_that(
    "summer time in Berlin, or UTC without the data",
    lambda seen: seen in ([["CET", "CEST"], 6], [["Europe", "Europe"], 4], [["UTC", "UTC"], 4]),
)
_STANDARD = {
    "%a": "Tue", "%A": "Tuesday", "%b": "Nov", "%B": "November", "%c": "Tue Nov 14 22:13:20 2023", "%C": "20",
    "%d": "14", "%D": "11/14/23", "%e": "14", "%F": "2023-11-14", "%g": "23", "%G": "2023", "%h": "Nov", "%H": "22",
    "%I": "10", "%j": "318", "%m": "11", "%M": "13", "%n": "\n", "%p": "PM", "%r": "10:13:20 PM", "%R": "22:13",
    "%S": "20", "%t": "\t", "%T": "22:13:20", "%u": "2", "%U": "46", "%V": "46", "%w": "2", "%W": "46",
    "%x": "11/14/23", "%X": "22:13:20", "%y": "23", "%Y": "2023", "%z": "+0000", "%%": "%",
}  # fmt: skip

ENTRIES = (
    same("time.strftime", "every directive of ISO C", _STANDARD),
    differs(
        "time.strftime_gnu",
        "GNU's directives",
        glibc=such_that("a text for each", lambda seen: len(seen) == 8 and seen["%k"] == "<22>" and all(seen.values())),
        musl=such_that(
            "nothing for %k, %l, %P, %N, %+",
            lambda seen: len(seen) == 8 and not any(seen[f"%{letter}"] for letter in "klPN+"),
        ),
        known=_EMPTY,
        reached_by=_GNU,
    ),
    differs(
        "time.strftime_flags",
        "GNU's flags before the letter",
        glibc=such_that(
            "a text for each", lambda seen: len(seen) == 7 and seen["%^a"] == "<TUE>" and all(seen.values())
        ),
        musl=such_that(
            "nothing for %^a and %#Z", lambda seen: seen["%-d"] == "<14>" and not seen["%^a"] and not seen["%#Z"]
        ),
        known=_EMPTY,
        reached_by=_GNU,
    ),
    differs(
        "time.utc_name",
        "what UTC is called",
        glibc="GMT",
        musl="UTC",
        known=harmless(
            "ISO C leaves the name open",
            "musl: src/time/__tz.c",
            "both name the same zone; dates in HTTP are written without the libc",
        ),
        reached_by=(FORMAT_ZONE, FORMAT_UNKNOWN),
    ),
    differs(
        "time.strftime_early_years",
        "years of fewer than four digits",
        glibc=such_that(
            "as they are, or filled up by newer Pythons",
            lambda seen: seen in (["1", "99", "999", "1000"], ["0001", "0099", "0999", "1000"]),
        ),
        musl=["0001", "0099", "0999", "1000"],
        known=harmless(
            "musl fills up with zeroes as ISO 8601 asks",
            _STRFTIME,
            "no date in use is before the year 1000; musl's text is the one that sorts",
        ),
        reached_by=(FORMAT_YEAR, FORMAT_UNKNOWN),
    ),
    same(
        "time.isoformat",
        "dates as text without the libc",
        ["0001-02-03T04:05:06.000789+00:00", "2024-02-29T12:00:00+05:30"],
    ),
    same("time.strptime", "Python's own reading of dates", [2023, 11, 14, 22, 13, 20, 1, 318]),
    same("time.posix_zone", "a zone given by its rule", [["CET", "CEST"], -3600, -7200, 23, 1]),
    environment(
        "time.named_zone",
        "a zone by its name, through TZ",
        _BERLIN,
        why="the base has no zone data; the application keeps its times in UTC",
        reached_by=("time-zone-name",),
    ),
    same("time.unknown_zone", "the offset and hour in a zone that is not there: UTC's", [0, 22]),
    differs(
        "time.unknown_zone_name",
        "the name of a zone that is not there",
        glibc="Nowhere",
        musl="UTC",
        known=harmless("musl falls back to UTC by name, too", "musl: src/time/__tz.c", "the time is UTC in both"),
        reached_by=("time-zone-name",),
    ),
    environment(
        "time.zoneinfo",
        "whether zoneinfo knows Berlin",
        such_that(
            "it does, or says that it does not",
            lambda seen: seen in ("2023-07-01T00:00:00+02:00", "ZoneInfoNotFoundError", "ModuleNotFoundError"),
        ),
        why="the base decides whether it brings zone data; without it zoneinfo says so with an error",
        reached_by=("time-zones",),
    ),
    same(
        "time.far_away",
        "moments before 1970 and after 2038",
        {
            "-1": [1969, 12, 31, 23, 59, 59],
            "-8589934592": [1697, 10, 17, 11, 3, 28],
            "2147483648": [2038, 1, 19, 3, 14, 8],
            "1099511627776": [36812, 2, 20, 0, 36, 16],
        },
    ),
    same(
        "time.too_far_away",
        "a moment that no calendar holds",
        such_that("an error", lambda seen: seen in ("OSError EOVERFLOW", "OverflowError", "ValueError")),
    ),
    same("time.mktime", "local time to seconds", [1709514060.0, -2208992400.0]),
    same("time.clocks", "whether the clocks move", [True, True, True, True]),
    same("time.cpu_clock", "whether processor time counts work and not sleep", [True, True]),
)

"""Dates, time zones and clocks."""

from __future__ import annotations

import datetime
import os
import time
from typing import Any

from automation.libc.probes.harness import outcome, outcomes, probe

MOMENT = 1_700_000_000  # 2023-11-14 22:13:20 UTC, a Tuesday
STANDARD = "%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %m %M %n %p %r %R %S %t %T %u %U %V %w %W %x %X %y %Y %z %%"
SUMMER = 1_690_000_000


def in_zone(zone: str) -> None:
    os.environ["TZ"] = zone
    time.tzset()


def formatted(directive: str) -> Any:
    return outcome(lambda: time.strftime(directive, time.gmtime(MOMENT)))


@probe("time.strftime")
def strftime() -> Any:
    """Every directive of ISO C, in the C locale and in UTC."""
    in_zone("UTC0")
    return {directive: formatted(directive) for directive in STANDARD.split()}


@probe("time.strftime_gnu")
def strftime_gnu() -> Any:
    """GNU's directives, each with text around it."""
    in_zone("UTC0")
    return {directive: formatted(f"<{directive}>") for directive in ("%k", "%l", "%P", "%N", "%+", "%s", "%J", "%v")}


@probe("time.strftime_flags")
def strftime_flags() -> Any:
    """GNU's flags between the percent sign and the letter."""
    in_zone("UTC0")
    return {flag: formatted(f"<{flag}>") for flag in ("%-d", "%_H", "%^a", "%#Z", "%010Y", "%Ey", "%Od")}


@probe("time.utc_name")
def utc_name() -> Any:
    """What UTC is called."""
    in_zone("UTC0")
    return formatted("%Z")


@probe("time.strftime_early_years")
def strftime_early_years() -> Any:
    """Years of fewer than four digits."""
    return [datetime.date(year, 1, 1).strftime("%Y") for year in (1, 99, 999, 1000)]


@probe("time.isoformat")
def isoformat() -> Any:
    """Dates as text without the libc, as the application writes them."""
    moment = datetime.datetime(1, 2, 3, 4, 5, 6, 789, tzinfo=datetime.timezone.utc)  # noqa: UP017 - Python 3.8
    return [moment.isoformat(), datetime.datetime.fromisoformat("2024-02-29T12:00:00+05:30").isoformat()]


@probe("time.strptime")
def strptime() -> Any:
    return list(time.strptime("Tue, 14 Nov 2023 22:13:20", "%a, %d %b %Y %H:%M:%S"))[:8]


@probe("time.posix_zone")
def posix_zone() -> Any:
    """A zone given by its rule, which needs no data."""
    in_zone("CET-1CEST,M3.5.0,M10.5.0/3")
    return [time.tzname, time.timezone, time.altzone, time.localtime(MOMENT).tm_hour, time.localtime(SUMMER).tm_isdst]


@probe("time.named_zone")
def named_zone() -> Any:
    """A zone by name: needs /usr/share/zoneinfo."""
    in_zone("Europe/Berlin")
    return [list(time.tzname), time.localtime(SUMMER).tm_hour]


@probe("time.unknown_zone")
def unknown_zone() -> Any:
    in_zone("Nowhere/Land")
    return [time.timezone, time.localtime(MOMENT).tm_hour]


@probe("time.unknown_zone_name")
def unknown_zone_name() -> Any:
    in_zone("Nowhere/Land")
    return time.tzname[0]


@probe("time.zoneinfo")
def zoneinfo() -> Any:
    """Whether `zoneinfo` finds Berlin, in the system's files or in the package `tzdata`."""

    def ask() -> Any:
        import zoneinfo as module  # not in Python 3.8

        return datetime.datetime(2023, 7, 1, tzinfo=module.ZoneInfo("Europe/Berlin")).isoformat()

    return outcome(ask)


@probe("time.far_away")
def far_away() -> Any:
    """Moments before 1970, after 2038 and after 9999."""
    in_zone("UTC0")
    moments = map(str, (-1, -(1 << 33), 1 << 31, 1 << 40))
    return outcomes(moments, lambda moment: list(time.gmtime(int(moment)))[:6])


@probe("time.too_far_away")
def too_far_away() -> Any:
    return outcome(lambda: list(time.gmtime(1 << 62)))


@probe("time.mktime")
def mktime() -> Any:
    """From local time back to seconds, with fields out of range, and in the hour that summer time leaves out."""
    in_zone("CET-1CEST,M3.5.0,M10.5.0/3")
    return [time.mktime((2023, 14, 32, 25, 61, 0, 0, 0, -1)), time.mktime((1900, 1, 1, 0, 0, 0, 0, 0, 0))]


@probe("time.clocks")
def clocks() -> Any:
    """Whether each clock is one, and moves."""
    first = (time.monotonic_ns(), time.time_ns(), time.perf_counter_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME))
    time.sleep(0.01)
    second = (time.monotonic_ns(), time.time_ns(), time.perf_counter_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME))
    return [after > before for before, after in zip(first, second)]  # noqa: B905 - Python 3.8


@probe("time.cpu_clock")
def cpu_clock() -> Any:
    """Whether the clocks of processor time count work and not sleep."""
    started, process, thread = time.monotonic(), time.process_time(), time.thread_time()
    time.sleep(0.2)
    slept = time.process_time() - process
    while time.thread_time() - thread < 0.02 and time.monotonic() - started < 5:
        sum(range(1000))
    return [slept < 0.15, time.thread_time() - thread >= 0.02]

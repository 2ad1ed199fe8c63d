"""Where this process runs: interpreter, platform and C library, found from inside."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

_MAPS = Path("/proc/self/maps")
_MUSL_LOADER = re.compile(r"/(?:ld-musl-[^/]+|libc\.musl-[^/]+)\.so(?:\.\d+)*$")
_GLIBC = re.compile(r"/libc(?:\.so\.6(?:\.\d+)*|-2\.\d+\.so)$")
_MUSL_VERSION = re.compile(r"^musl libc.*\nVersion (\S+)", re.MULTILINE)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}


@dataclass(frozen=True)
class Libc:
    """A C library; what can't be known for sure is "unknown" or None."""

    name: Literal["musl", "glibc", "unknown"]
    version: str | None


def oci_platform() -> str:
    """Name operating system and architecture as container images do: ``linux/amd64``."""
    machine = platform.machine()
    return f"{sys.platform}/{_ARCHITECTURES.get(machine, machine)}"


@cache
def find_libc() -> Libc:
    """Find the C library this process runs on, by what the kernel has mapped into it.

    Neither the interpreter's build-time configuration nor a distribution's name is proof: a Python built for
    one library can run on a shim of the other.
    """
    mapped = _mapped_files()
    for path in mapped:
        if _MUSL_LOADER.search(path):
            return Libc("musl", _musl_version(path))
        # Where the loader's name is a link, as in Debian's musl, the kernel shows the file behind it. Other C
        # libraries have that name, too, so this one has to say that it is musl.
        if path.endswith("/libc.so") and (version := _musl_version(path)):
            return Libc("musl", version)
    if any(_GLIBC.search(path) for path in mapped):
        return Libc("glibc", _glibc_version())
    return Libc("unknown", None)


def _mapped_files() -> list[str]:
    try:
        lines = _MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    # address, permissions, offset, device, inode, then the path, which may hold spaces
    fields = (line.split(maxsplit=5) for line in lines)
    return sorted({columns[5] for columns in fields if len(columns) == 6})


def _musl_version(loader: str) -> str | None:
    # musl offers no call for its version: its loader says it, on stderr, when run without arguments.
    try:
        done = subprocess.run(
            [loader], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_musl_banner(done.stderr)


def parse_musl_banner(text: str) -> str | None:
    """Take the version from what musl's loader says of itself."""
    found = _MUSL_VERSION.search(text)
    return found[1] if found else None


def _glibc_version() -> str | None:
    try:
        answer = os.confstr("CS_GNU_LIBC_VERSION")
    except (OSError, ValueError):
        return None
    return answer.removeprefix("glibc ") if answer else None

"""Which libc this is, by the ways in which programs find out."""

# The system's calls are the question, so they are made by their own names, not through pathlib.
# ruff: noqa: PTH119, PTH123

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import sysconfig
from typing import Any

from automation.libc.probes.harness import outcome, probe


def mapped() -> list[str]:
    """The files mapped into this process."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        fields = (line.rstrip("\n").split(None, 5) for line in maps)
        return sorted({columns[5] for columns in fields if len(columns) == 6})


def banner(loader: str) -> str:
    """What a loader says of itself when run without arguments: musl's says its version, on stderr."""
    try:
        done = subprocess.run([loader], stdin=subprocess.DEVNULL, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stderr.decode(errors="replace")


def libc() -> str:
    """`musl 1.2.5`, `glibc 2.36` or `unknown`, by what is mapped: neither a distribution's name nor the
    interpreter's configuration is proof."""
    for path in mapped():
        if re.search(r"/ld-musl-[^/]+\.so(\.\d+)*$|/libc\.musl-[^/]+$|/libc\.so$", path):
            said = banner(path)
            version = re.search(r"^Version (\S+)", said, re.MULTILINE)
            if said.startswith("musl libc") and version:
                return f"musl {version.group(1)}"
        if re.search(r"/libc(\.so\.6|-2\.\d+\.so)$", path):
            return outcome(lambda: os.confstr("CS_GNU_LIBC_VERSION")) or "unknown"
    return "unknown"


def interpreter(path: str) -> str:
    """The loader that an ELF program names (PT_INTERP), or an empty string."""
    with open(path, "rb") as file:
        found = re.search(rb"\0(/lib[^\0]*/ld-[^\0]+)\0", file.read(1 << 16))
    return found.group(1).decode() if found else ""


@probe("identity.libc")
def identity_libc() -> Any:
    return libc()


@probe("identity.libc_ver")
def libc_ver() -> Any:
    return list(platform.libc_ver())


@probe("identity.confstr")
def confstr() -> Any:
    return outcome(lambda: os.confstr("CS_GNU_LIBC_VERSION"))


@probe("identity.soabi")
def soabi() -> Any:
    return sysconfig.get_config_var("SOABI")


@probe("identity.loader")
def loader() -> Any:
    return os.path.basename(interpreter(os.path.realpath(sys.executable)))


@probe("identity.platform_tag")
def platform_tag() -> Any:
    """As installers decide which wheels fit: by the loader's name, and what musl's says of itself."""
    path = interpreter(os.path.realpath(sys.executable))
    if "musl" in path:
        version = re.search(r"^Version (\d+)\.(\d+)", banner(path), re.MULTILINE)
        return "musllinux_{}_{}".format(*version.groups()) if version else "musllinux without a version"
    version = re.search(r"glibc (\d+)\.(\d+)", str(outcome(lambda: os.confstr("CS_GNU_LIBC_VERSION"))))
    return "manylinux_{}_{}".format(*version.groups()) if version else "neither"

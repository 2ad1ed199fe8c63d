"""A real browser for tests: Chromium that the machine has, or else Debian's, unpacked and not installed.

docs/decisions/e2e.md says why this one. Where neither is to be had the error says so, and tests are skipped with it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from automation import apt, paths, process, scratch
from automation.errors import MissingProgram, NetworkUnavailable

VARIABLE = "AUTOARR_CHROMIUM"
"""Names a Chromium or Chrome to use instead."""
PACKAGE = "chromium-headless-shell"
# A machine without a screen often has no fonts either.
FONTS = ("fonts-liberation2", "fonts-dejavu-core")
BINARY = Path("usr/lib/chromium/chromium-headless-shell")
# Of the machine's own, where it is no Debian: Ubuntu's packages only lead to a store.
INSTALLED = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT = 60.0
FAMILIES = {"sans": "Sans", "sans-serif": "Sans", "serif": "Serif", "monospace": "Mono"}
"""What pages and the browser itself ask for, and which of Liberation's they get; `sans` is behind `system-ui`."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A Chromium: where it is, and what it needs beside the caller's environment."""

    executable: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def why_not(self) -> str | None:
        """Why it does not run on this machine, or None when it does."""
        if not self.executable.exists():
            return "it is not there"
        # Not its version alone, which needs neither fonts nor half of its libraries.
        page = "data:text/html,<p id=p></p><script>p.append(6*7)</script>"
        words = [str(self.executable), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        with scratch.folder() as home:
            result = process.run(
                [*words, f"--user-data-dir={home}", "--dump-dom", page],
                env=self.environment,
                check=False,
                echo=False,
                timeout=TIMEOUT,
            )
        return None if result.code == 0 and ">42<" in result.stdout else result.output or f"exit code {result.code}"


def provision() -> Program:
    """Chromium: the one that is named, Debian's (downloaded unless the cache has it), or else the machine's own.

    Raises:
        MissingProgram: what is named, or what was downloaded, does not run here.
        NetworkUnavailable: there is none on this machine, and no Debian archive answers.
        DiskFull: there is no room.
    """
    if named := os.environ.get(VARIABLE):
        program = Program(executable=Path(process.find(named, hint=f"{VARIABLE} names it")))
        return _require(program, program.why_not())
    host = apt.distribution()
    if host is None or host.id != "debian":
        return _installed()
    key = hashlib.sha256(repr((host, PACKAGE, FONTS, FAMILIES, os.uname().machine)).encode()).hexdigest()[:16]
    root = paths.cache() / "chromium" / key

    def unpack(work: Path) -> None:
        debian = apt.PrivateApt(work / "apt", apt.host_sources([host.codename]))
        debian.update()
        apt.unpack(debian.download_missing([PACKAGE, *FONTS]), work / "root")
        _write_fonts(work / "root", root)

    return _require(*apt.provision(root, _unpacked, unpack, name="Chromium", size="90 MB"))


def _write_fonts(unpacked: Path, root: Path) -> None:
    """Have it use the unpacked fonts and no others, so that pages look the same everywhere."""
    aliases = "".join(
        f"<alias><family>{asked}</family><prefer><family>Liberation {given}</family></prefer></alias>\n"
        for asked, given in FAMILIES.items()
    )
    (unpacked / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"<dir>{root / 'usr/share/fonts'}</dir>\n<cachedir>{root / 'var/cache/fontconfig'}</cachedir>\n"
        f"{aliases}</fontconfig>\n",
        encoding="utf-8",
    )


def _unpacked(root: Path) -> Program:
    libraries = sorted({str(path.parent) for path in root.glob("usr/lib/*-linux-*/**/*.so*")})
    environment = {"LD_LIBRARY_PATH": os.pathsep.join(libraries), "FONTCONFIG_FILE": str(root / "fonts.conf")}
    return Program(executable=root / BINARY, environment=environment)


def _installed() -> Program:
    for name in INSTALLED:
        if (found := shutil.which(name)) and (program := Program(executable=Path(found))).why_not() is None:
            return program
    raise NetworkUnavailable(
        "Chromium comes from a Debian package, and this is no Debian and has none of its own",
        hint=f"install Chromium or Chrome, or name one by {VARIABLE}",
    )


def _require(program: Program, reason: str | None) -> Program:
    if reason is not None:
        raise MissingProgram("Chromium does not run on this machine", where=str(program.executable), details=reason)
    return program

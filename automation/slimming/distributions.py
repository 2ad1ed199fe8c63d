"""Installed distributions: which files are whose, and their records written anew for what is really there."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections.abc import Iterable
from pathlib import Path

# Files of a `.dist-info` that nothing reads once a package is installed; licences and SBOMs lie in folders, and stay.
DISPENSABLE = (
    "INSTALLER",
    "REQUESTED",
    "direct_url.json",
    "top_level.txt",
    "zip-safe",
    "WHEEL",
    "AUTHORS",
    "AUTHORS.rst",
)
# Older metadata has the page as a header, with the lines that belong to it indented.
DESCRIPTION = re.compile(r"^Description:.*\n(?:[ \t].*\n)*", re.MULTILINE | re.IGNORECASE)
# The distribution that owns what this build adds to an environment.
OWN = "autoarr-slimming"
OWN_METADATA = """\
Metadata-Version: 2.4
Name: {name}
Version: {version}
Summary: What the image's build adds to its Python environment
License-Expression: MIT
License-File: LICENSE
"""


def trimmed_metadata(content: str) -> str:
    """METADATA without its body, which is the package's page on an index. Headers stay as they are."""
    head, _, _ = content.partition("\n\n")
    return DESCRIPTION.sub("", head.rstrip("\n") + "\n")


def recorded(info: Path) -> list[str]:
    """The files that a distribution's RECORD names, relative to the folder of packages."""
    record = info / "RECORD"
    if not record.exists():
        return []
    return [row[0] for row in csv.reader(io.StringIO(record.read_text(encoding="utf-8"))) if row]


def write_record(info: Path, files: Iterable[Path], packages: Path) -> None:
    """Write a distribution's RECORD for files that are there.

    Args:
        info: its `.dist-info` folder.
        files: its files but RECORD itself.
        packages: the folder of packages, which paths are relative to.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for path in sorted(files):
        content = path.read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow([relative(path, packages), f"sha256={digest}", len(content)])
    writer.writerow([f"{info.name}/RECORD", "", ""])
    (info / "RECORD").write_text(out.getvalue(), encoding="utf-8")


def relative(path: Path, packages: Path) -> str:
    """A path as RECORD has it; files outside the folder of packages start with `../`."""
    if path.is_relative_to(packages):
        return str(path.relative_to(packages))
    common = next(parent for parent in packages.parents if path.is_relative_to(parent))
    return "../" * len(packages.relative_to(common).parts) + str(path.relative_to(common))

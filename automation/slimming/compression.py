"""What a start does not load, in zip files that Python imports from.

Parts of the standard library lie where CPython itself looks for one, `python311.zip` beside its folder. Packages, and
packages inside others, have a file each and are found by a finder of our own: environments have no such place.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

from automation.slimming import catalogue, elf
from automation.slimming.errors import Refused

FINDER = "_compressed"
# How a compressed package is found: its zip file is opened when the package is first asked for, and not before.
FINDER_SOURCE = '''\
"""Finds packages that are stored as NAME.zip beside this file; see automation/slimming/compression.py."""

import sys


class Finder:
    def __init__(self, folder, names):
        self.files = {name: f"{folder}/{name}.zip" for name in names}

    def find_spec(self, name, path=None, target=None):
        if name not in self.files:
            return None
        from zipimport import zipimporter

        return zipimporter(self.files[name]).find_spec(name)


def install(folder, names):
    sys.meta_path.append(Finder(folder, names))
'''
# The earliest time that a zip file can hold.
EPOCH = (1980, 1, 1, 0, 0, 0)


def path_file(packages: Path, place: Path) -> str:
    """What has the interpreter look for the compressed packages at its start.

    Args:
        packages: the folder that they are in now.
        place: the folder that they will be in.
    """
    names = [name for name in catalogue.COMPRESSED if packages.joinpath(*name.split(".")).is_dir()]
    return f"import {FINDER}; {FINDER}.install({str(place)!r}, {names!r})\n"


def compress_package(packages: Path, name: str) -> None:
    """Put a package that consists of Python alone into a zip file, where it is there.

    Raises:
        Refused: it holds compiled files, or lies in several places.
    """
    folder = packages.joinpath(*name.split("."))
    if not any(path.is_file() for path in folder.rglob("*")):
        return
    if not any((folder / f"__init__{ending}").is_file() for ending in (".py", ".pyc")):
        raise Refused(f"{name} is spread over several places, which a zip file can't be; see COMPRESSED")
    _write(packages / f"{name}.zip", folder.parent, [folder], "COMPRESSED")


def standard_archive(library: Path) -> Path:
    """Where CPython looks for a compressed standard library: `/usr/local/lib/python311.zip`."""
    return library.parent / f"{library.name.replace('.', '')}.zip"


def compress_standard(library: Path) -> None:
    """Put the catalogue's parts of a standard library into its zip file, where they are there.

    Raises:
        Refused: one holds compiled files.
    """
    candidates = [
        library / f"{name}{ending}" for name in catalogue.COMPRESSED_STANDARD for ending in ("", ".py", ".pyc")
    ]
    found = [path for path in candidates if path.exists()]
    if found:
        _write(standard_archive(library), library, found, "COMPRESSED_STANDARD")


def _write(archive: Path, root: Path, parts: Iterable[Path], table: str) -> None:
    """Move modules and packages into a zip file, always the same bytes for the same files."""
    paths = sorted(path for part in parts for path in (part, *part.rglob("*")))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        # Folders as well: Python takes one without a module of its own for a package only where it is listed.
        for path in sorted(paths, key=lambda path: (path.is_file(), path)):
            inside = path.relative_to(root)
            if path.is_dir():
                opened.writestr(zipfile.ZipInfo(f"{inside}/", EPOCH), b"")
                continue
            content = path.read_bytes()
            if elf.is_elf(content):
                name = ".".join(inside.parts[:-1])
                raise Refused(f"{name} holds compiled files, which Python can't import from a zip file; see {table}")
            entry = zipfile.ZipInfo(str(inside), EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(entry, content, compresslevel=9)
    for part in parts:
        shutil.rmtree(part) if part.is_dir() else part.unlink()

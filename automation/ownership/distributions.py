"""Python distributions: whose each file is, by the RECORD of what was installed."""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator
from email.parser import HeaderParser

from automation.layers import Contents
from automation.ownership import licences
from automation.ownership.model import Component, Kind, normal_name, purl

DIST_INFO = re.compile(r"(?P<site>/.*)/(?P<folder>[^/]+\.dist-info)/METADATA")
BYTECODE = re.compile(r"(?P<folder>.*)/__pycache__/(?P<name>[^/]+?)\.[\w-]+(\.opt-\w+)?\.pyc")
APPLICATION = "/opt/app"


def claims(contents: Contents) -> dict[str, Component]:
    """Every path that a distribution names as its own, whether it is there or not: bytecode is told by its source."""
    found: dict[str, Component] = {}
    for path, text in contents.texts.items():
        match = DIST_INFO.fullmatch(path)
        if match is None:
            continue
        site, folder = match["site"], f"{match['site']}/{match['folder']}"
        component = _component(text.decode("utf-8", "replace"), site, match["folder"])
        for name in _record(contents.texts.get(f"{folder}/RECORD", b"")):
            found[_placed(contents, site, name)] = component
        found.update({name: component for name in contents.entries if name.startswith(f"{folder}/")})
    return found


def source_of(path: str) -> str | None:
    """The source file that a bytecode file was made from; None when it is no bytecode."""
    match = BYTECODE.fullmatch(path)
    if match:
        return f"{match['folder']}/{match['name']}.py"
    return path[:-1] if path.endswith(".pyc") else None


def _record(text: bytes) -> Iterator[str]:
    """The paths of a RECORD, as they stand there. What is no CSV names nothing."""
    try:
        for row in csv.reader(text.decode("utf-8", "replace").splitlines()):
            if row:
                yield row[0]
    except csv.Error:
        return


def _placed(contents: Contents, site: str, name: str) -> str:
    """The absolute path of a RECORD's entry.

    `pip install --target` leaves `../../bin/NAME` in it and puts the script into the folder itself.
    """
    path = posixpath.normpath(posixpath.join(site, name))
    moved = f"{site}/bin/{path.rpartition('/')[2]}"
    if name.startswith("../") and "/bin/" in name and path not in contents.entries and moved in contents.entries:
        return moved
    return path


def _component(metadata: str, site: str, folder: str) -> Component:
    fields = HeaderParser().parsestr(metadata.partition("\n\n")[0])
    stem_name, _, stem_version = folder.removesuffix(".dist-info").partition("-")
    name = normal_name(_plain(fields["Name"]) or stem_name)
    version = _plain(fields["Version"]) or stem_version
    classifiers = [_plain(value) for value in fields.get_all("Classifier") or []]
    licence = licences.of_distribution(_plain(fields["License-Expression"]), _plain(fields["License"]), classifiers)
    kind = Kind.APPLICATION if site == APPLICATION else Kind.PYTHON
    # The application is on no index, where somebody else may have its name.
    source = purl("generic" if kind is Kind.APPLICATION else "pypi", name, version)
    return Component(kind=kind, name=name, version=version, licence=licence, source=source)


def _plain(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())

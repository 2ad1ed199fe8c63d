"""The image's own word on what is in it: a file that the build leaves where no package database can tell."""

from __future__ import annotations

import json

from automation.errors import CheckFailed
from automation.layers import Contents
from automation.ownership.model import Component, Kind

PATH = "/usr/share/autoarr/inventory.json"
VERSION = 1


def claims(contents: Contents) -> dict[str, Component]:
    """Every file that the inventory names; empty where there is none.

    Raises:
        CheckFailed: it is not an inventory of this version.
    """
    text = contents.texts.get(PATH)
    if text is None:
        return {}
    found: dict[str, Component] = {}
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise ValueError(f"version {data['version']!r}, not {VERSION}")
        for item in data["components"]:
            component = Component(
                kind=Kind(item["kind"]),
                name=str(item["name"]),
                version=str(item["version"]),
                licence=str(item["licence"]),
                source=str(item["source"]),
            )
            found.update({str(path): component for path in item["files"]})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckFailed(
            f"{PATH} of the image is not an inventory: {error!r}",
            where=contents.reference,
            hint="build the image again",
        ) from None
    return found

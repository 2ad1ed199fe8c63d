"""What the records in docs/ come to together: the headline, what is installed, what was left out."""

from __future__ import annotations

import tomllib

from packaging.requirements import Requirement

from automation import compatibility, paths
from automation.ownership.model import normal_name
from automation.reports import counts_of, markdown_row
from automation.size import record as sizes
from automation.size.tables import size
from automation.slim import record as slimming
from automation.slimming.catalogue import CUTS, STANDARD_LIBRARY
from automation.wheels import lockfiles


def headline() -> str:
    """The image that ships, against the bare base that it is built from and against that base with all of it on top."""
    shipped, proof = sizes.load(), slimming.load()
    base, plain = proof["base"], proof["plain"]
    rows = [
        ("AutoArr, whole: `autoarr:latest`", shipped["disk"], shipped["pull"]),
        (f"the bare base it is built from ({proof['facts']['base']})", base["disk"], base["pull"]),
        ("the same application on top of that base: `autoarr:alpine`", plain["disk"], plain["pull"]),
    ]
    lines = ["| | on disk | to pull |", "| --- | ---: | ---: |"]
    lines += [markdown_row(name, size(disk), size(pull)) for name, disk, pull in rows]
    return "\n".join(lines) + "\n"


def runtime_dependencies() -> str:
    """The packages that the application names, the ones that they bring, and what each weighs in the image."""
    with paths.PYPROJECT.open("rb") as file:
        named = {normal_name(Requirement(text).name) for text in tomllib.load(file)["project"]["dependencies"]}
    owners = {owner["name"]: owner for owner in sizes.load()["owners"] if owner["kind"] == "python"}
    locked = {package.name: package.version for package in lockfiles.read(paths.ROOT / "poetry.lock").packages}
    lines = ["| package | version | on disk | to pull |", "| --- | --- | ---: | ---: |"]
    for name in sorted(named):
        weight = owners.get(name, {"disk": 0, "pull": 0})
        lines.append(markdown_row(name, locked[name], size(weight["disk"]), size(weight["pull"])))
    brought = [owner for name, owner in owners.items() if name not in named]
    disk, pull = (sum(owner[key] for owner in brought) for key in ("disk", "pull"))
    lines.append(markdown_row(f"{len(brought)} more that they bring", "", size(disk), size(pull)))
    return "\n".join(lines) + "\n"


def left_out() -> str:
    """What is left out by name rather than by not being reached."""
    lines = ["| of the standard library | modules |", "| --- | --- |"]
    lines += [markdown_row(why, ", ".join(f"`{name}`" for name in names)) for why, names in STANDARD_LIBRARY.items()]
    lines += ["", "| imports that are never got to | from | why |", "| --- | --- | --- |"]
    lines += [markdown_row(f"`{cut.target}`", f"`{cut.module}`", cut.why) for cut in CUTS]
    return "\n".join(lines) + "\n"


def verified() -> str:
    """A line for each image of the compatibility record."""
    lines = ["| image | C library | components | areas |", "| --- | --- | --- | --- |"]
    for image in compatibility.load()["images"]:
        areas = ", ".join(f"{compatibility.AREAS.get(name, name)}: {came}" for name, came in image["areas"].items())
        lines.append(
            markdown_row(f"`autoarr:{image['name']}`", image["libc"], counts_of(image["components"].values()), areas)
        )
    return "\n".join(lines) + "\n"

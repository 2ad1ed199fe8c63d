"""`python -m automation.slimming PART`, which the stages of Dockerfile.optimized call."""

from __future__ import annotations

import argparse
import json
import os
import sys
import sysconfig
from pathlib import Path

from automation.slimming import application, base, bytecode, catalogue, modules, packages
from automation.slimming.errors import Refused
from automation.slimming.packages import Environment

VENV, APP, WORK = Path("/opt/venv"), Path("/opt/app"), Path("/opt/slim")
# A part's result lies below a folder of its name, as it is to lie in the image; what parts tell each other beside it.
TIME = 315_532_800  # 1980-01-01, which zip files begin with as well
IMPORTS, LEFT_OUT, PACKAGES = WORK / "imports.json", WORK / "left-out.json", WORK / "packages.json"


def environment() -> Environment:
    """The image's environment, and this interpreter's library."""
    return Environment.at(VENV, Path(sysconfig.get_path("stdlib")))


def make_imports(sources: list[Path]) -> None:
    """What packages of sources import from outside."""
    found = {
        name: modules.Module(name=name, path=module.path)
        for source in sources
        for name, module in modules.index(source.parent).items()
        if name.partition(".")[0] == source.name
    }
    application.save_imports(application.external(found), IMPORTS)


def make_packages(steps: frozenset[catalogue.Step]) -> None:
    """The dependencies."""
    imports = application.load_imports(IMPORTS)
    report = packages.build(environment(), WORK / "packages", imports, steps, packed=base.is_packed())
    report.save(PACKAGES)


def make_base(steps: frozenset[catalogue.Step]) -> None:
    """The base."""
    removed = base.build(Path("/"), WORK / "base", environment(), steps)
    LEFT_OUT.write_text(json.dumps(removed), encoding="utf-8")


def make_application(steps: frozenset[catalogue.Step]) -> None:
    """The application, when everything that it imports is there."""
    place = environment()
    found = modules.index(APP)
    removed: dict[str, str] = json.loads(LEFT_OUT.read_text(encoding="utf-8"))
    report = json.loads(PACKAGES.read_text(encoding="utf-8"))
    library, names = str(place.library), set(report["modules"])
    available = application.present(WORK / "base", library, str(place.packages)) | names
    application.check(found, available, {**report["removed"], **removed}, sys.builtin_module_names)
    application.build(APP, WORK / "application", steps)


def settle(part: Path) -> None:
    """Give everything one time: a part whose bytes did not change is then the same layer in every build. Builds set
    the times that are later than their commit's to that, and leave these alone."""
    if not part.is_dir():
        return
    for path in (part, *part.rglob("*")):
        os.utime(path, (TIME, TIME), follow_symlinks=False)


def main() -> int:
    """Make one part; the exit code: 0 done, 1 refused with the reason, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m automation.slimming", description=__doc__)
    parser.add_argument("part", choices=("imports", "packages", "base", "application"))
    parser.add_argument("--steps", default="all", help="all, none, or names separated by commas")
    parser.add_argument("--source", type=Path, action="append", help="a package whose imports are meant; repeatable")
    wanted = parser.parse_args()
    if not bytecode.positions_are_off():
        parser.error("run Python with -X no_debug_ranges, so that bytecode has no column numbers")
    try:
        steps = catalogue.steps(wanted.steps)
    except ValueError as error:
        parser.error(str(error))
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        if wanted.part == "imports":
            make_imports(wanted.source or [])
        elif wanted.part == "packages":
            make_packages(steps)
        elif wanted.part == "base":
            make_base(steps)
        else:
            make_application(steps)
        settle(WORK / wanted.part)
    except Refused as error:
        sys.stderr.write(f"slimming: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

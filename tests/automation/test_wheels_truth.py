"""Wheel coverage against pip itself, which is asked for every package: neither a false yes nor a false no."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import httpx2
import pytest
from packaging.utils import parse_wheel_filename

from automation import network
from automation.wheels import matrix as wheels
from automation.wheels import table as wheel_table
from automation.wheels.coverage import Row, State
from automation.wheels.targets import Platform, Python

# Each for another reason: no wheels at all, none for musl, none for an architecture there, none for a new Python, one
# for a single Python, the stable ABI, a native wheel or a pure one depending on the platform, and wheels of any Python.
FOREIGN = """\
bcrypt==4.2.1
cffi==1.16.0
docopt==0.6.2
lz4==4.4.3
markupsafe==2.1.2
matplotlib==3.10.0
protobuf==5.29.3
psycopg2-binary==2.9.10
ruff==0.9.0
scikit-learn==1.6.1
sqlalchemy==2.0.36
websockets==10.4
"""


@pytest.fixture(scope="module")
def package_index() -> None:
    """Skips where the package index can't be reached."""
    try:
        httpx2.get(f"{network.simple_index().rstrip('/')}/docopt/", follow_redirects=True).raise_for_status()
    except httpx2.HTTPError as error:
        pytest.skip(f"the package index can't be reached: {type(error).__name__}")


def pip(platform_tags: Sequence[str], python: Python, requirements: Sequence[str]) -> dict[str, str] | None:
    """The wheels that pip takes there, by normalised name; None when it finds no wheel for one of the requirements."""
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--report", "-", "--target", "unused"),
            *("--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--implementation", "cp"),
            *("--python-version", python.full_version, "--abi", f"cp3{python.minor}"),
            *(word for tag in platform_tags for word in ("--platform", tag)),
            *requirements,
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if result.returncode != 0:
        # Anything else, such as a network that went away, is no answer.
        assert "No matching distribution found" in result.stderr, result.stderr
        return None
    addresses = [item["download_info"]["url"] for item in json.loads(result.stdout)["install"]]
    names = [unquote(address).split("#")[0].rsplit("/", 1)[-1] for address in addresses]
    return {name.split("-")[0].lower().replace("_", "-").replace(".", "-"): name for name in names}


def differences(coverage: wheels.Coverage, platforms: Sequence[Platform], *, pure: bool = True) -> list[str]:
    """Where pip disagrees: on whether there is a wheel, or on which one it is.

    A run of pip answers for all wheels said to be there; what is said to have none takes a run each.

    Args:
        pure: ask about packages that are pure everywhere as well, in two corners of the matrix.
    """
    # Tags that no file of the lock has can't change an answer, and cost pip most of its time.
    wheel_names = (file.name for row in coverage.rows for file in row.package.files if file.name.endswith(".whl"))
    used = {tag.platform for name in wheel_names for tag in parse_wheel_filename(name)[3]}
    corners = ((platforms[0], coverage.pythons[0]), (platforms[-1], coverage.pythons[-1])) if pure else ()
    questions: list[tuple[Platform, Python, list[str], dict[str, str]]] = []
    for platform in platforms:
        for number, python in enumerate(coverage.pythons):
            expected: dict[str, str] = {}
            pins = []
            for row in coverage.rows:
                cell = row.cells[platform.name][number]
                asked = wheel_table.interesting(row) or (platform, python) in corners
                if not asked or cell.state is State.EXCLUDED:
                    continue
                pin = f"{row.package.name}=={row.package.version}"
                if cell.file:
                    pins.append(pin)
                    expected[row.package.name] = cell.file
                else:
                    questions.append((platform, python, [pin], {}))
            questions.append((platform, python, pins, expected))
    # Most of a run of pip is waiting.
    with ThreadPoolExecutor(4) as pool:
        tags = {platform.name: [tag for tag in platform.tags if tag in used] for platform in platforms}
        assert all(tags.values()), "without a platform pip answers for this machine"
        answers = list(pool.map(lambda question: pip(tags[question[0].name], question[1], question[2]), questions))
    return [
        f"{platform.name}, {python}: of {', '.join(pins)} pip takes {answer}, not {expected}"
        for (platform, python, pins, expected), answer in zip(questions, answers, strict=True)
        if (answer or {}) != expected
    ]


def test_the_projects_own_lock(package_index: None) -> None:
    coverage = wheels.examine(pythons=["3.11", "3.14"])
    supported = [platform for platform in coverage.platforms if platform.supported]
    assert len(supported) == 4
    assert differences(coverage, supported) == []


def test_what_the_projects_own_lock_lacks_elsewhere(package_index: None) -> None:
    coverage = wheels.examine(pythons=["3.12"])
    others = [one for one in coverage.platforms if one.name in ("macOS x86_64", "Windows aarch64")]
    assert any(gap.platform in others for gap in coverage.gaps), "the lock has wheels everywhere: ask about another"
    assert differences(coverage, others, pure=False) == []


def test_a_foreign_set(package_index: None, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(FOREIGN)
    coverage = wheels.examine(lock, pythons=["3.14"], index=True)
    assert not coverage.unknown
    states = {cell.state for row in coverage.rows for cells in row.cells.values() for cell in cells}
    assert {State.WHEEL, State.PURE, State.SOURCE} <= states
    musl = [platform for platform in coverage.platforms if platform.name == "musllinux aarch64"]
    assert differences(coverage, musl) == []


def test_a_wrong_answer_is_noticed(package_index: None, tmp_path: Path) -> None:
    """That of another platform is a false yes for one package, and another wheel for the other."""
    lock = tmp_path / "requirements.txt"
    lock.write_text("lz4==4.4.3\nmarkupsafe==3.0.2\n")
    coverage = wheels.examine(lock, pythons=["3.12"], index=True)
    musl, glibc = coverage.platforms[0], coverage.platforms[2]
    assert (musl.name, glibc.name) == ("musllinux x86_64", "manylinux x86_64")
    wrong = replace(
        coverage,
        rows=tuple(
            Row(package=row.package, cells={**row.cells, musl.name: row.cells[glibc.name]}) for row in coverage.rows
        ),
    )
    assert differences(coverage, [musl]) == []
    (difference,) = differences(wrong, [musl])
    assert "of lz4==4.4.3, markupsafe==3.0.2 pip takes None" in difference

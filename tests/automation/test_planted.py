"""Every planted defect is found in a real ELF file, and its sound twin passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automation.bases import Libc
from automation.errors import AutomationError, CheckFailed
from automation.loadability import proof as loadability
from automation.loadability.findings import Code, Weight
from automation.reports import Verdict
from tests.automation.planted import DEFECTS, Defect, Planter, compiler, with_rpath, with_stray_rpath


@pytest.fixture(scope="session")
def zig() -> Path:
    try:
        return compiler()
    except AutomationError as error:
        pytest.skip(f"no C compiler: {error.what}")


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: str(defect.name))
def test_a_planted_defect_is_found(defect: Defect, zig: Path, tmp_path: Path) -> None:
    for name in ("broken", "sound"):
        (tmp_path / name).mkdir()
    broken = defect.broken(Planter(zig=zig, folder=tmp_path / "broken", libc=defect.libc))
    proof = loadability.prove_wheels(broken, Libc(defect.libc), "x86_64")
    failed = [check for check in proof.checks() if check.verdict is Verdict.FAILED]
    assert [check.name.partition(": ")[2].partition("/")[0] for check in failed] == ["planted"], failed
    assert defect.says in failed[0].detail
    with pytest.raises(CheckFailed) as caught:
        loadability.require(proof)
    assert failed[0].name in str(caught.value)

    sound = defect.sound(Planter(zig=zig, folder=tmp_path / "sound", libc=defect.libc))
    proof = loadability.prove_wheels(sound, Libc(defect.libc), "x86_64")
    assert {check.verdict for check in proof.checks()} == {Verdict.PASSED}, proof.checks()
    loadability.require(proof)


@pytest.mark.parametrize("plant", [with_rpath, with_stray_rpath])
@pytest.mark.parametrize("folder", ["$ORIGIN/../../../../../../elsewhere", "$ORIGIN/../../outside"])
def test_a_search_path_that_moves_with_the_file_is_a_warning(
    plant: Callable[[Planter, str], Path], folder: str, zig: Path, tmp_path: Path
) -> None:
    _is_a_warning(plant(Planter(zig=zig, folder=tmp_path, libc="musl"), folder))


@pytest.mark.parametrize("libc", ["musl", "glibc"])
def test_a_search_path_that_nothing_is_searched_in_is_a_warning(libc: str, zig: Path, tmp_path: Path) -> None:
    _is_a_warning(with_stray_rpath(Planter(zig=zig, folder=tmp_path, libc=libc), "/opt/build/lib"), Libc(libc))


def _is_a_warning(folder: Path, libc: Libc = Libc.MUSL) -> None:
    """Found and told, and no failure: popular wheels have such a path and load."""
    proof = loadability.prove_wheels(folder, libc, "x86_64")
    told = [finding for judged in proof.judged for finding in judged.findings if finding.code is Code.RPATH]
    assert [finding.weight for finding in told] == [Weight.WARNING]
    assert "an RPATH that points outside" in told[0].detail
    loadability.require(proof)


def test_the_same_wheel_on_the_other_architecture(zig: Path, tmp_path: Path) -> None:
    planter = Planter(zig=zig, folder=tmp_path, libc="glibc", arch="aarch64")
    folder = planter.wheel(planter.module("__cxa_thread_atexit_impl"))
    proof = loadability.prove_wheels(folder, Libc.GLIBC, "aarch64")
    assert {check.verdict for check in proof.checks()} == {Verdict.PASSED}
    other = loadability.prove_wheels(folder, Libc.GLIBC, "x86_64")
    assert [(check.verdict, check.detail) for check in other.checks()] == [
        (Verdict.SKIPPED, "its tags are not for CPython 3.11 on manylinux x86_64")
    ]
    with pytest.raises(CheckFailed, match="nothing could be checked"):
        loadability.require(other)

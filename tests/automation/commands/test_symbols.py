"""The loadability proof of whole images, read from the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from automation import bases
from automation.bases import Base
from automation.engine import Engine
from automation.errors import AutomationError, CheckFailed, UsageError
from automation.loadability import proof as loadability
from automation.loadability.linking import is_musl
from automation.loadability.symbols import number
from automation.reports import Verdict
from automation.resolver import Resolver
from tests.automation.conftest import built
from tests.automation.planted import Planter, compiler

SITE = "/usr/local/lib/python3.11/site-packages"


@pytest.fixture
def build(real_engine: Engine) -> Iterator[Callable[[str, dict[str, bytes]], str]]:
    """Makes an image on a base with files of ours in its site-packages; all are removed again."""
    with ExitStack() as made:

        def make(base: str, files: dict[str, bytes]) -> str:
            return made.enter_context(built(real_engine, f"FROM {base}\nCOPY {' '.join(files)} {SITE}/\n", files))

        yield make


@pytest.mark.parametrize("base", [bases.ALPINE, bases.SLIM], ids=lambda base: str(base.name))
def test_the_bases_load(base: Base, real_engine: Engine, nothing_left: None) -> None:
    reference = Resolver(real_engine).resolve(base).reference
    [proof] = loadability.prove(lambda: real_engine, image=reference)
    assert [check for check in proof.checks() if check.verdict is Verdict.FAILED] == []
    loadability.require(proof)
    data = proof.as_dict()
    assert data["libc"] == str(base.libc)
    assert data["python"] == "3.11"
    assert data["counts"]["passed"] > 30
    # Python's own extension modules are among what was looked at.
    assert any("/lib-dynload/" in check["name"] for check in data["checks"])


def test_a_defect_in_an_image_is_found(
    real_engine: Engine, build: Callable[[str, dict[str, bytes]], str], tmp_path: Path, nothing_left: None
) -> None:
    try:
        planter = Planter(zig=compiler(), folder=tmp_path, libc="musl")
    except AutomationError as error:
        pytest.skip(f"no C compiler: {error.what}")
    module = planter.module("abort")
    files = {
        "sound.cpython-311-x86_64-linux-musl.so": module,
        "lacking.cpython-311-x86_64-linux-musl.so": planter.module("__cxa_thread_atexit_impl"),
        "cut.abi3.so": module[:200],
        "text.abi3.so": b"not a library",
        "arm.abi3.so": planter.module("abort", arch="aarch64"),
    }
    base = Resolver(real_engine).resolve(bases.ALPINE).reference
    proof = loadability.prove_image(real_engine, build(base, files))
    found = {check.name: check for check in proof.checks() if check.name.startswith(SITE)}
    failed = {name.rpartition("/")[2].partition(".")[0] for name, c in found.items() if c.verdict is Verdict.FAILED}
    assert failed == {"lacking", "cut", "text", "arm"}
    assert found[f"{SITE}/sound.cpython-311-x86_64-linux-musl.so"].verdict is Verdict.PASSED
    with pytest.raises(CheckFailed, match="__cxa_thread_atexit_impl"):
        loadability.require(proof)


def test_an_image_that_is_not_there(real_engine: Engine) -> None:
    with pytest.raises(UsageError, match="no image autoarr-test:never-built") as caught:
        loadability.prove(lambda: real_engine, image="autoarr-test:never-built")
    assert caught.value.exit_code == 2


def test_an_image_without_a_c_library(
    real_engine: Engine, build: Callable[[str, dict[str, bytes]], str], nothing_left: None
) -> None:
    with pytest.raises(CheckFailed, match="neither musl nor glibc"):
        loadability.prove_image(real_engine, build("scratch", {"a.txt": b"nothing to load"}))


@pytest.mark.parametrize("base", [bases.ALPINE, bases.SLIM], ids=lambda base: str(base.name))
def test_what_is_assumed_of_a_target_is_what_the_base_has(base: Base, real_engine: Engine) -> None:
    """Where the base's libraries are of the assumed versions; a newer base may have more."""
    proof = loadability.prove_image(real_engine, Resolver(real_engine).resolve(base).reference)
    assumed, _ = loadability.target_of_wheels(proof.target.libc, proof.target.arch, "3.11")
    # musl has several names, by distribution.
    present = {
        "musl" if is_musl(judged.file.path, judged.file.elf) else judged.file.elf.soname: judged.file.elf
        for judged in proof.judged
        if judged.file.elf is not None
    }
    compared = 0
    for name, library in assumed.libraries.items():
        own = present.get("musl" if is_musl(name, library) else name)
        if own is not None and number(proof.target.libc_version) >= number(assumed.libc_version):
            assert not library.names - own.names - own.hidden_names, name
            compared += 1
    assert compared >= 2

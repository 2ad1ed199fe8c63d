"""The proof's verdict on popular wheels, against a real loader's. Large downloads: only with AUTOARR_POPULAR=1."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from automation import bases, paths, process
from automation.bases import Base, Libc
from automation.engine import Engine
from automation.loadability import closure
from automation.loadability import proof as loadability
from automation.loadability.elf import Kind
from automation.resolver import Resolver
from tests.automation import loader

LIST = Path(__file__).parent.parent / "popular_wheels.txt"
# Linked in full, and then ended by code of its own: its copy of protobuf refuses its own descriptors on musl.
ENDS_ITSELF = ("ortools-",)

pytestmark = pytest.mark.skipif(
    os.environ.get("AUTOARR_POPULAR") != "1", reason="AUTOARR_POPULAR=1 downloads and opens about 400 wheels"
)


def fetch(libc: Libc, python: str) -> Path:
    """The newest wheels of the list for a C library, kept in the cache; what has none is left out by pip's word."""
    folder = paths.cache() / "popular" / str(libc)
    folder.mkdir(parents=True, exist_ok=True)
    platform = closure.platform(libc, "x86_64", loadability.DEFAULT_VERSIONS[Libc.GLIBC])
    words = ["--quiet", "--no-deps", "--only-binary=:all:", "--implementation=cp", f"--python-version={python}"]
    words += [f"--abi=cp{python.replace('.', '')}", "--abi=abi3", "--abi=none"]
    words += [f"--platform={tag}" for tag in platform.tags]
    for line in LIST.read_text(encoding="utf-8").splitlines():
        name = line.split()[0] if not line.startswith("#") else ""
        if name and not any(folder.glob(f"{name.replace('-', '_')}-*")):
            process.run(
                [sys.executable, "-m", "pip", "download", *words, "--dest", str(folder), name], check=False, echo=False
            )
    return folder


@pytest.mark.parametrize("base", [bases.ALPINE, bases.SLIM], ids=lambda base: str(base.name))
def test_what_is_said_to_load_does(base: Base, real_engine: Engine, nothing_left: None) -> None:
    assert base.libc is not None
    folder = fetch(base.libc, "3.11")
    proof = loadability.prove_wheels(folder, base.libc, "x86_64")
    libraries = [
        judged
        for judged in proof.judged
        if judged.file.elf is not None and judged.file.elf.kind is Kind.LIBRARY and judged.file.elf.machine == "x86_64"
    ]
    image = Resolver(real_engine).resolve(base).reference
    wheels = [wheel for wheel in closure.wheels_in(folder) if wheel.name not in proof.left_out]
    said = loader.open_all(real_engine, image, wheels, [judged.file.path for judged in libraries], "3.11")
    wrong = {
        judged.file.label: said[judged.file.path]
        for judged in libraries
        if judged.loads is not (said[judged.file.path] == "ok") and not judged.file.package.startswith(ENDS_ITSELF)
    }
    assert len(libraries) > 1000
    assert wrong == {}

"""The image for arm64 on a machine that is none: built, started emulated, and really made for it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from automation import binfmt, emulation, image_store
from automation.bases import ALPINE
from automation.bootstrap import driver
from automation.bootstrap.recipes import RECIPES
from automation.emulation import ARM64
from automation.engine import Engine
from automation.errors import AutomationError, BaseUnavailable, BuildFailed
from automation.private_engine import PrivateEngine
from automation.resolver import MIRROR_VARIABLE, Origin, Resolver, mirror_reference
from tests.automation.conftest import Checkout

# The machine that the interpreter says it runs on, and those of all ELF files in the image's own folders.
LOOK = """
import json, pathlib, platform
machines = {}
for top in ("/bin", "/lib", "/opt", "/usr/lib", "/usr/local"):
    for path in pathlib.Path(top).rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                head = file.read(20)
            if head.startswith(b"\\x7fELF"):
                machines.setdefault(int.from_bytes(head[18:20], "little"), []).append(str(path))
print(json.dumps({"machine": platform.machine(), "elf": machines}))
"""
EM_AARCH64 = "183"


@pytest.fixture
def emulating(real_engine: Engine) -> Engine:
    """An engine that emulates arm64, or a reason why not."""
    if real_engine.platform == ARM64:
        pytest.skip("this machine is arm64: the other tests build for it")
    made = driver.existing(real_engine, RECIPES["python-musl"], ARM64)
    if made is None and not os.environ.get("AUTOARR_ARM64"):
        pytest.skip("no base for arm64 here yet, and making one takes minutes: set AUTOARR_ARM64=1 to have it made")
    try:
        emulation.ensure(real_engine, ARM64)
    except AutomationError as error:
        pytest.skip(error.what)
    return real_engine


@pytest.mark.usefixtures("nothing_left")
def test_the_image_is_built_for_arm64_and_gets_healthy(emulating: Engine, checkout: Checkout) -> None:
    native = image_store.inspect(emulating, "autoarr:latest")
    result = checkout.invoke("build", "--platform", ARM64, "--json", timeout=3600)
    assert result.returncode == 0, result.stderr
    summary = json.loads(result.stdout)
    assert (summary["platform"], summary["image"]) == (ARM64, "autoarr:distroless-arm64")
    assert summary["healthy_s"] > 0
    facts = image_store.inspect(emulating, "autoarr:distroless-arm64")
    assert facts is not None
    assert (facts.platform, facts.digest) == (ARM64, summary["digest"])
    # What runs natively is untouched.
    assert image_store.inspect(emulating, "autoarr:latest") == native
    # Made for it down to every library, and not only labelled so.
    seen = json.loads(
        emulating.docker("run", "--rm", "--platform", ARM64, "autoarr:distroless-arm64", "python", "-c", LOOK).stdout
    )
    assert seen["machine"] == "aarch64"
    assert set(seen["elf"]) == {EM_AARCH64}
    assert any("site-packages" in path for path in seen["elf"][EM_AARCH64])


@pytest.mark.usefixtures("nothing_left")
def test_a_base_that_is_not_there_for_arm64_says_what_to_use(emulating: Engine, checkout: Checkout) -> None:
    result = checkout.invoke("build", "--variant", "slim", "--platform", ARM64)
    if result.returncode == 0:
        pytest.skip("a registry answers here, and has it")
    assert result.returncode == 5, result.stderr
    assert "Traceback" not in result.stderr
    assert "linux/arm64" in result.stderr
    assert "--variant alpine" in result.stderr


@pytest.mark.usefixtures("nothing_left")
def test_the_builder_tells_an_image_for_arm64_from_one_that_is_not(emulating: Engine) -> None:
    base = Resolver(emulating).resolve(ALPINE, ARM64)
    assert base.platform == ARM64
    assert emulation.digest(emulating, base.reference, ARM64) == base.digest
    native = Resolver(emulating).resolve(ALPINE)
    if not native.official:  # an official name has both platforms, in the registry
        with pytest.raises(BaseUnavailable, match="not for linux/arm64"):
            emulation.digest(emulating, native.reference, ARM64)
    with pytest.raises(BuildFailed):
        emulation.digest(emulating, "127.0.0.1:9/autoarr-test/none:here", ARM64)


@pytest.mark.usefixtures("nothing_left")
def test_one_name_holds_both_platforms(emulating: Engine, registry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As official images do: each platform gets its own, and the engine's copy under the name stays native."""
    resolver = Resolver(emulating)
    monkeypatch.setenv(MIRROR_VARIABLE, f"{registry}/hub")
    name = mirror_reference(ALPINE)
    assert name is not None
    parts = {f"{name}-{platform.rpartition('/')[2]}": platform for platform in (emulating.platform, ARM64)}
    try:
        with monkeypatch.context() as without:
            without.delenv(MIRROR_VARIABLE)
            for part, platform in parts.items():
                image_store.tag(emulating, resolver.resolve(ALPINE, platform).reference, part)
        for part in parts:
            emulating.docker("push", "--quiet", part)
        emulating.docker("buildx", "imagetools", "create", "--tag", name, *parts)
        resolver = Resolver(emulating)
        native, foreign = resolver.resolve(ALPINE), resolver.resolve(ALPINE, ARM64)
        assert (native.origin, native.platform) == (Origin.MIRROR, emulating.platform)
        assert (foreign.origin, foreign.platform) == (Origin.MIRROR, ARM64)
        assert (native.reference, foreign.reference) == (name, name)
        assert native.digest == foreign.digest  # of the index that lists both
        facts = image_store.inspect(emulating, name)
        assert facts is not None
        assert facts.platform == emulating.platform
    finally:
        for left in (name, *parts):
            image_store.remove(emulating, left)


def test_stopping_a_private_engine_takes_its_entry_back(emulating: Engine, tmp_path: Path) -> None:
    """An engine that was never started, so that the one in use stays; the kernel's table is the real one."""
    emulator = PrivateEngine.default().folder / "emulation" / "qemu-aarch64"
    if emulating.kind != "private" or not emulator.exists():
        pytest.skip("the engine in use is not the private one, and the machine's table is not ours to change")
    before = set(binfmt.entries(""))
    other = PrivateEngine(tmp_path / "engine")
    binfmt.register(other.binfmt_name, emulator)
    try:
        assert set(binfmt.entries("")) == before | {binfmt.TABLE / other.binfmt_name}
        assert f"interpreter {emulator}" in (binfmt.TABLE / other.binfmt_name).read_text(encoding="ascii")
        assert binfmt.runs()
        other.stop()
        assert set(binfmt.entries("")) == before
    finally:
        binfmt.unregister(other.binfmt_name)

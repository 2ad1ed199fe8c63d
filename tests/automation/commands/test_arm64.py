"""The image for arm64 on a machine that is none: built, started emulated, and really made for it."""

from __future__ import annotations

import json
import os

import pytest

from automation import emulation, image_store
from automation.bootstrap import driver
from automation.bootstrap.recipes import RECIPES
from automation.emulation import ARM64
from automation.engine import Engine
from automation.errors import AutomationError
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
    assert (summary["platform"], summary["image"]) == (ARM64, "autoarr:alpine-arm64")
    assert summary["healthy_s"] > 0
    facts = image_store.inspect(emulating, "autoarr:alpine-arm64")
    assert facts is not None
    assert (facts.platform, facts.digest) == (ARM64, summary["digest"])
    # What runs natively is untouched.
    assert image_store.inspect(emulating, "autoarr:latest") == native
    # Made for it down to every library, and not only labelled so.
    seen = json.loads(
        emulating.docker("run", "--rm", "--platform", ARM64, "autoarr:alpine-arm64", "python", "-c", LOOK).stdout
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

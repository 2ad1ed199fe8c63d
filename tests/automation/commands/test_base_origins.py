"""Where a base comes from: each way, on the real engine and against a real registry on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from automation import apt, image_store
from automation.bases import ALPINE, REDIS, Base
from automation.bootstrap import driver
from automation.bootstrap.recipes import RECIPES
from automation.engine import Engine
from automation.errors import BaseUnavailable
from automation.resolver import Origin, Resolver, archive_path, mirror_reference
from tests.automation.conftest import Checkout

# A name that no registry has, so that what is found under it was put there by the test.
STAND_IN = Base(name="stand-in", image="autoarr-test/redis:stand-in", libc=None, recipe="redis")


@pytest.fixture(scope="module")
def image(real_engine: Engine) -> str:
    """A small image that exists here: a base that this machine can have in any case."""
    return Resolver(real_engine).resolve(REDIS).reference


@pytest.fixture
def stand_in(real_engine: Engine) -> Iterator[Base]:
    """The stand-in base, absent before and after."""
    image_store.remove(real_engine, STAND_IN.image)
    yield STAND_IN
    image_store.remove(real_engine, STAND_IN.image)


def test_official_names_that_the_engine_has_are_used(real_engine: Engine, image: str, stand_in: Base) -> None:
    image_store.tag(real_engine, image, stand_in.image)
    found = Resolver(real_engine).resolve(stand_in)
    assert (found.origin, found.official) == (Origin.LOCAL, True)
    assert found.reference.startswith(stand_in.image)
    assert found.digest.startswith("sha256:")


def test_a_mirror_is_pulled_from_and_nothing_is_bootstrapped(
    real_engine: Engine, image: str, stand_in: Base, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOARR_BASE_MIRROR", f"{registry}/hub/")
    name = mirror_reference(stand_in)
    assert name == f"{registry}/hub/{stand_in.image}"
    image_store.tag(real_engine, image, name)
    real_engine.docker("push", "--quiet", name)
    image_store.remove(real_engine, name)
    try:
        found = Resolver(real_engine).resolve(stand_in)
        assert (found.origin, found.official) == (Origin.MIRROR, True)
        assert found.reference.startswith(name)
        assert any(miss.startswith("local: ") for miss in found.misses)
        # The next time it is there.
        assert Resolver(real_engine).resolve(stand_in).origin is Origin.LOCAL
    finally:
        image_store.remove(real_engine, name)


def test_an_archive_is_loaded(
    real_engine: Engine, image: str, stand_in: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOARR_BASE_ARCHIVES", str(tmp_path))
    assert archive_path(stand_in) is None
    image_store.tag(real_engine, image, stand_in.image)
    image_store.save(real_engine, stand_in.image, tmp_path / "autoarr-test-redis-stand-in.tar")
    image_store.remove(real_engine, stand_in.image)
    found = Resolver(real_engine).resolve(stand_in)
    assert (found.origin, found.official) == (Origin.ARCHIVE, True)


def test_a_mirror_and_an_archive_that_have_nothing_fall_back(
    real_engine: Engine, image: str, stand_in: Base, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOARR_BASE_MIRROR", f"{registry}/empty")
    monkeypatch.setenv("AUTOARR_BASE_ARCHIVES", str(tmp_path))
    (tmp_path / "autoarr-test-redis-stand-in.tar").write_bytes(b"no archive")
    driver.bootstrap(real_engine, RECIPES[stand_in.recipe])
    found = Resolver(real_engine).resolve(stand_in)
    assert (found.origin, found.official) == (Origin.LOCAL, False)
    assert found.story == "local (bootstrapped earlier)"
    told = "\n".join(found.misses)
    assert "mirror: " in told
    assert "archive: " in told


def test_a_base_that_cannot_be_had_says_what_was_tried(
    real_engine: Engine, stand_in: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "existing", lambda engine, recipe, foreign: None)
    monkeypatch.setattr(apt, "distribution", lambda: None)
    with pytest.raises(BaseUnavailable) as caught:
        Resolver(real_engine).resolve(stand_in)
    for way in ("local: ", "registry: ", "mirror: ", "archive: ", "bootstrap: "):
        assert way in caught.value.details
    assert "AUTOARR_BASE_MIRROR" in caught.value.hint


@pytest.mark.thorough
def test_a_build_on_a_mirrored_base(real_engine: Engine, registry: str, checkout: Checkout) -> None:
    """The whole way: the mirror has the Python image under its official name, and the image is built on that."""
    base = Resolver(real_engine).resolve(ALPINE).reference
    mirrored = f"{registry}/hub/{ALPINE.image}"
    image_store.tag(real_engine, base, mirrored)
    real_engine.docker("push", "--quiet", mirrored)
    image_store.remove(real_engine, mirrored)
    try:
        result = checkout.invoke(
            "build", "--json", "--tag", "autoarr:mirrored", env={"AUTOARR_BASE_MIRROR": f"{registry}/hub"}
        )
        assert result.returncode == 0, result.stderr
        summary = json.loads(result.stdout)
        assert (summary["base"], summary["base_origin"]) == (mirrored, "mirror")
    finally:
        for name in ("autoarr:mirrored", mirrored):
            image_store.remove(real_engine, name)

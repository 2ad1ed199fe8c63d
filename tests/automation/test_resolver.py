from __future__ import annotations

from pathlib import Path

import pytest

from automation import emulation, image_store
from automation.bases import ALPINE, SLIM
from automation.bootstrap import driver
from automation.bootstrap.recipes import RECIPES
from automation.engine import Engine
from automation.errors import BaseUnavailable, BuildFailed, DiskFull
from automation.resolver import MIRROR_VARIABLE, Origin, Resolver, as_dict

ENGINE = Engine(kind="existing", version="1", platform="linux/amd64", image_store="containerd")
ARM64 = "linux/arm64"
DIGEST = f"sha256:{'4' * 64}"


def facts(reference: str, platform: str) -> image_store.ImageFacts:
    return image_store.ImageFacts(
        reference=reference, digest=DIGEST, platform=platform, labels={}, environment={"PYTHON_VERSION": "3.11.2"}
    )


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the engine has, name to platform; nothing is pulled, loaded or built."""
    images: dict[str, str] = {}
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(
        image_store, "inspect", lambda engine, name: facts(name, images[name]) if name in images else None
    )
    monkeypatch.setattr(image_store, "pull", lambda *words: pytest.fail("pulled another platform under a native name"))
    monkeypatch.setattr(image_store, "load", lambda *words: pytest.fail("loaded another platform under a native name"))
    monkeypatch.setattr(driver, "existing", lambda engine, recipe, foreign: None)
    return images


def absent(engine: Engine, name: str, platform: str) -> str:
    raise BuildFailed("the image did not build", where=f"{name}: not found")


def test_the_builder_finds_the_official_image_for_the_platform(
    store: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store[ALPINE.image] = "linux/amd64"  # the native one is there and is not taken
    monkeypatch.setattr(emulation, "digest", lambda engine, name, platform: DIGEST)
    found = Resolver(ENGINE).resolve(ALPINE, ARM64)
    assert (found.origin, found.official, found.platform) == (Origin.BUILDER, True, ARM64)
    assert (found.reference, found.digest, found.python) == (ALPINE.image, DIGEST, None)
    assert found.story == "registry, or the builder's own copy"
    assert as_dict(found)["platform"] == ARM64


def test_platforms_are_resolved_apart(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    store[ALPINE.image] = "linux/amd64"
    monkeypatch.setattr(emulation, "digest", lambda engine, name, platform: DIGEST)
    resolver = Resolver(ENGINE)
    assert resolver.resolve(ALPINE).platform == "linux/amd64"
    assert resolver.resolve(ALPINE, ARM64).platform == ARM64
    assert resolver.resolve(ALPINE, ARM64) is resolver.resolve(ALPINE, ARM64)
    assert resolver.resolve(ALPINE, "linux/amd64") is resolver.resolve(ALPINE)


def test_an_official_name_that_holds_the_platform_is_local(
    store: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store[ALPINE.image] = ARM64
    monkeypatch.setattr(emulation, "digest", lambda *words: pytest.fail("asked although it is there"))
    assert Resolver(ENGINE).resolve(ALPINE, ARM64).origin is Origin.LOCAL


def test_the_mirror_comes_next(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "mirror.example/hub")

    def digest(engine: Engine, name: str, platform: str) -> str:
        return DIGEST if name.startswith("mirror.example/") else absent(engine, name, platform)

    monkeypatch.setattr(emulation, "digest", digest)
    found = Resolver(ENGINE).resolve(ALPINE, ARM64)
    assert (found.origin, found.reference) == (Origin.MIRROR, f"mirror.example/hub/{ALPINE.image}")
    assert any("not found" in miss for miss in found.misses)


def test_one_made_earlier_saves_asking(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def existing(engine: Engine, recipe: object, foreign: str | None) -> image_store.ImageFacts:
        assert foreign == ARM64
        return facts("autoarr-base/python:3.11-musl-arm64-0", ARM64)

    monkeypatch.setattr(driver, "existing", existing)
    monkeypatch.setattr(emulation, "digest", lambda *words: pytest.fail("asked although one was made"))
    found = Resolver(ENGINE).resolve(ALPINE, ARM64)
    assert found.story == "local (bootstrapped earlier)"
    assert found.python == "3.11.2"


def test_the_last_way_is_to_make_it(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def bootstrap(engine: Engine, recipe: object, *, foreign: str | None, refresh: bool) -> image_store.ImageFacts:
        assert (foreign, refresh) == (ARM64, True)
        return facts("autoarr-base/python:3.11-musl-arm64-0", ARM64)

    monkeypatch.setattr(emulation, "digest", absent)
    monkeypatch.setattr(driver, "bootstrap", bootstrap)
    found = Resolver(ENGINE, refresh=True).resolve(ALPINE, ARM64)
    assert (found.origin, found.official, found.platform) == (Origin.BOOTSTRAPPED, False, ARM64)


def test_what_cannot_be_made_says_what_to_use_instead(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "digest", absent)
    with pytest.raises(BaseUnavailable) as caught:
        Resolver(ENGINE).resolve(SLIM, ARM64)
    assert caught.value.what == "the base image python:3.11-slim can't be had here for linux/arm64"
    assert "--variant alpine" in caught.value.hint
    for way in ("builder: ", "mirror: ", "archive: ", "bootstrap: "):
        assert way in caught.value.details


def test_a_full_disk_ends_the_search(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def digest(engine: Engine, name: str, platform: str) -> str:
        raise DiskFull("the engine's disk is full")

    monkeypatch.setattr(emulation, "digest", digest)
    with pytest.raises(DiskFull):
        Resolver(ENGINE).resolve(ALPINE, ARM64)


def test_bootstrapped_names_say_a_foreign_platform() -> None:
    recipe = RECIPES["python-musl"]
    key = driver.content_key(recipe)[:12]
    assert driver.reference(recipe) == f"autoarr-base/python:3.11-musl-{key}"
    assert driver.reference(recipe, ARM64) == f"autoarr-base/python:3.11-musl-arm64-{key}"
    assert driver.reference(RECIPES["debian"], ARM64).startswith("autoarr-base/debian:arm64-")


def test_a_recipe_is_crossed_with_the_engines_own_compilers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian, which the compilers run on, is the engine's; the result is the other platform's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: dict[str, list[str]] = {}

    def inspect(engine: Engine, name: str) -> image_store.ImageFacts | None:
        if name != driver.reference(RECIPES["debian"]) and name not in made:
            return None
        recipe = RECIPES["debian"] if "debian" in name else RECIPES["python-musl"]
        return image_store.ImageFacts(
            reference=name,
            digest=DIGEST,
            platform=ARM64,
            labels={driver.KEY_LABEL: driver.content_key(recipe)},
            environment={},
        )

    def build(engine: Engine, flags: list[str]) -> None:
        made[flags[flags.index("--tag") + 1]] = flags

    monkeypatch.setattr(image_store, "inspect", inspect)
    monkeypatch.setattr("automation.buildx.build", build)
    found = driver.bootstrap(ENGINE, RECIPES["python-musl"], foreign=ARM64)
    (flags,) = made.values()
    assert found.reference == driver.reference(RECIPES["python-musl"], ARM64)
    assert flags[flags.index("--platform") + 1] == ARM64
    assert f"DEBIAN_IMAGE={driver.reference(RECIPES['debian'])}" in flags

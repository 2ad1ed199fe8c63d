"""Resolve a base to an image that the engine has, and say how it was come by.

In this order: present locally under its official name, pulled from the registry, pulled through a configured mirror
prefix, loaded from a configured archive, bootstrapped. A base bootstrapped earlier counts as present locally, so the
registry is asked again only on request; a mirror or archive that somebody configured is asked first.

For another platform than the engine's, names are left to the engine's builder instead of being pulled or loaded: an
engine may keep one platform under a name, and the native image must stay what it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from automation import console, emulation, image_store
from automation.bases import Base
from automation.bootstrap import driver
from automation.bootstrap.recipes import RECIPES
from automation.engine import Engine
from automation.errors import AutomationError, BaseUnavailable, DiskFull, EngineUnavailable

MIRROR_VARIABLE = "AUTOARR_BASE_MIRROR"
ARCHIVES_VARIABLE = "AUTOARR_BASE_ARCHIVES"
STAND_IN = "bootstrapped stand-in"


class Origin(StrEnum):
    """How a base was come by in this run."""

    LOCAL = "local"
    REGISTRY = "registry"
    BUILDER = "builder"
    MIRROR = "mirror"
    ARCHIVE = "archive"
    BOOTSTRAPPED = "bootstrapped"


@dataclass(frozen=True, kw_only=True)
class ResolvedBase:
    """A base that the engine has now.

    Attributes:
        reference: the name to build on. The digest is compared after the build: BuildKit can't look up a local
            image by digest, and asks the registry for a name first.
        origin: how it was come by in this run.
        official: whether it is the official image, whatever way it came.
        platform: what it runs on, such as `linux/amd64`.
        digest: of the manifest, or the image's id where the engine keeps no manifests.
        misses: why the ways before this one gave nothing.
    """

    base: Base
    reference: str
    origin: Origin
    official: bool
    platform: str
    digest: str
    python: str | None
    misses: tuple[str, ...] = ()

    @property
    def story(self) -> str:
        """One phrase for the summary, such as `local, bootstrapped earlier`."""
        if self.origin is Origin.LOCAL and not self.official:
            return "local (bootstrapped earlier)"
        if self.origin is Origin.BUILDER:
            return "registry, or the builder's own copy"
        return str(self.origin)

    @property
    def kind(self) -> str:
        """What a record says of it: sizes and verdicts hold for this kind of base alone."""
        return self.base.image if self.official else STAND_IN


def mirror_reference(base: Base) -> str | None:
    """The base's name under the configured mirror prefix, which stands for Docker Hub's `library/`."""
    prefix = os.environ.get(MIRROR_VARIABLE, "").rstrip("/")
    return f"{prefix}/{base.image}" if prefix else None


def archive_path(base: Base) -> Path | None:
    """The base's archive in the configured folder: `python-3.11-alpine.tar` for `python:3.11-alpine`."""
    folder = os.environ.get(ARCHIVES_VARIABLE)
    if not folder:
        return None
    path = Path(folder) / f"{base.image.replace(':', '-').replace('/', '-')}.tar"
    return path if path.is_file() else None


class Resolver:
    """Resolves bases on one engine, each once."""

    def __init__(self, engine: Engine, *, refresh: bool = False) -> None:
        self.engine = engine
        self.refresh = refresh
        self._resolved: dict[tuple[str, str], ResolvedBase] = {}

    def resolve(self, base: Base, platform: str | None = None) -> ResolvedBase:
        """The base, made available.

        Args:
            platform: the engine's own when left out. Another one has to be emulated already.

        Raises:
            BaseUnavailable: none of the ways gave it; the details say why for each.
            DiskFull, EngineUnavailable: nothing further down the list could help.
        """
        key = (base.name, platform or self.engine.platform)
        if key not in self._resolved:
            foreign = key[1] if emulation.is_foreign(self.engine, key[1]) else None
            self._resolved[key] = self._resolve(base, foreign)
        return self._resolved[key]

    def _resolve(self, base: Base, foreign: str | None) -> ResolvedBase:
        misses: list[str] = []
        recipe = RECIPES[base.recipe]
        earlier = None if self.refresh else driver.existing(self.engine, recipe, foreign)
        if foreign is None:
            ways: list[Callable[[Base, list[str]], ResolvedBase | None]] = [self._local]
            if earlier is None:
                ways.append(self._registry)
            ways += [self._mirror, self._archive]
        else:
            ways = [partial(self._foreign, foreign, asks_registry=earlier is None)]
        for way in ways:
            found = way(base, misses)
            if found is not None:
                return found
        if earlier is not None:
            return self._made(base, earlier, Origin.LOCAL, official=False, misses=misses)
        try:
            facts = driver.bootstrap(self.engine, recipe, foreign=foreign, refresh=self.refresh)
        except (DiskFull, EngineUnavailable):
            raise
        except AutomationError as error:
            tried = "\n".join([*misses, f"bootstrap: {error.what}", "", error.details])
            unavailable = BaseUnavailable(
                f"the base image {base.image} can't be had here{f' for {foreign}' if foreign else ''}",
                where=error.where,
                hint=error.hint or "name a mirror (AUTOARR_BASE_MIRROR) or image archives (AUTOARR_BASE_ARCHIVES)",
                details=tried,
            )
            raise unavailable from error
        return self._made(base, facts, Origin.BOOTSTRAPPED, official=False, misses=misses)

    def _local(self, base: Base, misses: list[str]) -> ResolvedBase | None:
        for name in filter(None, (base.image, mirror_reference(base))):
            facts = image_store.inspect(self.engine, name)
            if facts is not None and facts.platform == self.engine.platform:
                return self._made(base, facts, Origin.LOCAL, official=True, misses=misses)
        misses.append(f"local: the engine has no {base.image}")
        return None

    def _foreign(self, platform: str, base: Base, misses: list[str], *, asks_registry: bool) -> ResolvedBase | None:
        mirrored = mirror_reference(base)
        for name, origin in ((base.image, Origin.BUILDER), (mirrored, Origin.MIRROR)):
            if name is None:
                misses.append(f"mirror: {MIRROR_VARIABLE} is not set")
                continue
            facts = image_store.inspect(self.engine, name)
            if facts is not None and facts.platform == platform:
                return self._made(base, facts, Origin.LOCAL, official=True, misses=misses)
            if origin is Origin.BUILDER and not asks_registry:
                continue
            console.note(f"asking the builder for {name} on {platform}")
            try:
                digest = emulation.digest(self.engine, name, platform)
            except (DiskFull, EngineUnavailable):
                raise
            except AutomationError as error:
                misses.append(f"{origin}: {error.what}: {error.where}")
                continue
            return ResolvedBase(
                base=base,
                reference=name,
                origin=origin,
                official=True,
                platform=platform,
                digest=digest,
                python=None,
                misses=tuple(misses),
            )
        misses.append("archive: not loaded for another platform, because it would replace the native image")
        return None

    def _registry(self, base: Base, misses: list[str]) -> ResolvedBase | None:
        console.note(f"asking the registry for {base.image}")
        return self._pull(base, base.image, Origin.REGISTRY, misses)

    def _mirror(self, base: Base, misses: list[str]) -> ResolvedBase | None:
        name = mirror_reference(base)
        if name is None:
            misses.append(f"mirror: {MIRROR_VARIABLE} is not set")
            return None
        return self._pull(base, name, Origin.MIRROR, misses)

    def _pull(self, base: Base, name: str, origin: Origin, misses: list[str]) -> ResolvedBase | None:
        problem = image_store.pull(self.engine, name)
        facts = image_store.inspect(self.engine, name) if problem is None else None
        if facts is None:
            misses.append(f"{origin}: {problem or 'pulled, and then not there'}")
            return None
        return self._made(base, facts, origin, official=True, misses=misses)

    def _archive(self, base: Base, misses: list[str]) -> ResolvedBase | None:
        path = archive_path(base)
        if path is None:
            folder = os.environ.get(ARCHIVES_VARIABLE)
            misses.append(f"archive: none in {folder}" if folder else f"archive: {ARCHIVES_VARIABLE} is not set")
            return None
        problem = image_store.load(self.engine, path)
        facts = image_store.inspect(self.engine, base.image) if problem is None else None
        if facts is None:
            misses.append(f"archive: {path}: {problem or f'holds no {base.image}'}")
            return None
        return self._made(base, facts, Origin.ARCHIVE, official=True, misses=misses)

    def _made(
        self, base: Base, facts: image_store.ImageFacts, origin: Origin, *, official: bool, misses: list[str]
    ) -> ResolvedBase:
        return ResolvedBase(
            base=base,
            reference=facts.reference,
            origin=origin,
            official=official,
            platform=facts.platform,
            digest=facts.digest,
            python=facts.environment.get("PYTHON_VERSION"),
            misses=tuple(misses),
        )


COLUMNS = ("base", "image", "how", "libc", "Python", "digest")


def as_dict(resolved: ResolvedBase) -> dict[str, object]:
    """For `--json`."""
    return {
        "name": resolved.base.name,
        "image": resolved.reference,
        "origin": str(resolved.origin),
        "official": resolved.official,
        "platform": resolved.platform,
        "digest": resolved.digest,
        "libc": None if resolved.base.libc is None else str(resolved.base.libc),
        "python": resolved.python,
        "misses": list(resolved.misses),
    }


def row(resolved: ResolvedBase) -> tuple[str, ...]:
    """For the table: the cells of :data:`COLUMNS`."""
    libc = "" if resolved.base.libc is None else str(resolved.base.libc)
    return (resolved.base.name, resolved.reference, resolved.story, libc, resolved.python or "", resolved.digest[:19])

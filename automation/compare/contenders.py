"""What is compared: the plain Dockerfile, and every variant of the optimized one. How each is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from automation import building, buildx, containers, network, scratch
from automation.bases import NODE, SLIM, VARIANTS, Variant, variant
from automation.engine import Engine
from automation.errors import UsageError
from automation.resolver import Resolver

PLAIN = "plain"
PLAIN_DOCKERFILE = "Dockerfile"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One way to build the application's image. The plain one has no target: it is the file's last stage."""

    variant: Variant
    dockerfile: str

    @property
    def name(self) -> str:
        """In tables."""
        return self.variant.name

    @property
    def edited(self) -> Variant:
        """What its image with a change in it is called, so that the measured one keeps its name."""
        return replace(self.variant, name=f"{self.name}-edited")

    def build(self, engine: Engine, resolver: Resolver, root: Path, tag: str, extra: Sequence[str]) -> buildx.Progress:
        """Build it from a checkout, into the engine under a name.

        Raises:
            AutomationError: the build failed; see :mod:`automation.buildx`.
        """
        if self.dockerfile != PLAIN_DOCKERFILE:
            return building.build_loaded(engine, resolver, self.variant, engine.platform, tag, extra, root)[1]
        with scratch.folder() as folder:
            words = [
                *("--file", str(root / self.dockerfile), "--tag", tag, "--output", "type=docker"),
                *("--label", f"{containers.VARIANT_LABEL}={self.name}"),
                *("--build-arg", f"PYTHON_IMAGE={resolver.resolve(self.variant.base).reference}"),
                *("--build-arg", f"NODE_IMAGE={resolver.resolve(NODE).reference}"),
            ]
            return buildx.build(engine, [*words, *extra, *network.build_flags(folder), str(root)])


def chosen(names: str) -> tuple[Contender, ...]:
    """The plain image, and the variants of these names with commas between. When there is no name, all of them but the
    one for debugging, which has the files of another.

    Raises:
        UsageError: there is no such variant.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    wanted = wanted or [name for name, item in VARIANTS.items() if item.target != "debug"]
    repeated = {name for name in wanted if wanted.count(name) > 1}
    if repeated:
        raise UsageError(f"{', '.join(sorted(repeated))} more than once in --variants")
    plain = Contender(variant=Variant(name=PLAIN, base=SLIM, target=""), dockerfile=PLAIN_DOCKERFILE)
    return (plain, *(Contender(variant=variant(name), dockerfile="Dockerfile.optimized") for name in wanted))

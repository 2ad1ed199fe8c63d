"""Which base images exist, as data. Decide by `base.libc`, never by parsing a name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from automation.errors import UsageError


class Libc(StrEnum):
    """A C library."""

    MUSL = "musl"
    GLIBC = "glibc"


@dataclass(frozen=True, kw_only=True)
class Base:
    """An image that something is built on or verified against.

    Attributes:
        name: what tasks call it.
        image: the official image, the default wherever a registry answers.
        libc: the C library of the official image; None where it does not matter to the result.
        recipe: what bootstraps it where no registry answers.
    """

    name: str
    image: str
    libc: Libc | None
    recipe: str


ALPINE = Base(name="alpine", image="python:3.11-alpine", libc=Libc.MUSL, recipe="python-musl")
SLIM = Base(name="slim", image="python:3.11-slim", libc=Libc.GLIBC, recipe="python-glibc")
NODE = Base(name="node", image="node:24-alpine", libc=None, recipe="node")
POSTGRES = Base(name="postgres", image="postgres:17-alpine", libc=None, recipe="postgres")
REDIS = Base(name="redis", image="redis:8-alpine", libc=None, recipe="redis")
HAPROXY = Base(name="haproxy", image="haproxy:3.2-alpine", libc=None, recipe="haproxy")

BASES = {base.name: base for base in (ALPINE, SLIM, NODE, POSTGRES, REDIS, HAPROXY)}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to ship the application: a target of Dockerfile.optimized on one base."""

    name: str
    base: Base
    target: str = "runtime"

    @property
    def tag(self) -> str:
        """The image's name in the engine."""
        return f"autoarr:{self.name}"

    @property
    def is_distroless(self) -> bool:
        """Whether the image is nothing but the application and what it runs on: no shell, bytecode without sources."""
        return self.target == "distroless"

    @property
    def test_target(self) -> str:
        """The target of Dockerfile.optimized that has the application's tests on top."""
        return "distroless-test" if self.is_distroless else "test"

    @property
    def libc(self) -> Libc:
        """The C library it runs on."""
        if self.base.libc is None:
            raise ValueError(f"nothing is shipped on {self.base.name}")
        return self.base.libc

    def foreign_tag(self, platform: str) -> str:
        """The name of an image for another platform than the engine's: it never replaces one that runs natively."""
        return f"{self.tag}-{platform.rpartition('/')[2]}"


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(name="distroless", base=ALPINE, target="distroless"),
        Variant(name="alpine", base=ALPINE),
        Variant(name="slim", base=SLIM),
        Variant(name="distroless-slim", base=SLIM, target="distroless"),
        # Sources, a shell and pip, at the very places that the distroless image's tracebacks name.
        Variant(name="debug", base=ALPINE, target="debug"),
    )
}
DEFAULT_VARIANT = "distroless"


def plain(base: Base) -> Variant:
    """The variant that ships a base as it is."""
    return next(variant for variant in VARIANTS.values() if variant.base is base and variant.target == "runtime")


def variant(name: str) -> Variant:
    """The variant of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return VARIANTS[name]
    except KeyError:
        raise UsageError(f"no variant {name!r}", hint=f"one of: {', '.join(VARIANTS)}") from None

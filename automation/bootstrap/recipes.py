"""What can be bootstrapped, as data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from automation.errors import BaseUnavailable
from automation.paths import BOOTSTRAP

CONTEXT = BOOTSTRAP / "context"
PINS = BOOTSTRAP / "pins.toml"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One bootstrapped image.

    Attributes:
        image: its name; never an official one.
        dockerfile: in the context folder.
        files: other files of the context folder that it copies.
        sources: names in pins.toml that it passes on as `NAME_VERSION` build arguments.
        suites: names in pins.toml's suites that it passes on as `NAME_SUITE`.
        needs: the recipe it is built on; None for the Debian root, which starts from nothing.
        crosses: whether it can be made for another platform than the engine's, with the engine's own compilers.
        minutes: about how long it takes on two cores, for the message that it has begun.
    """

    name: str
    image: str
    dockerfile: str
    files: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    needs: str | None = "debian"
    crosses: bool = False
    minutes: float


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(name="debian", image="autoarr-base/debian", dockerfile="debian.Dockerfile", needs=None, minutes=1),
        Recipe(
            name="python-musl",
            image="autoarr-base/python:3.11-musl",
            dockerfile="python-musl.Dockerfile",
            files=("fetch-source", "build-cpython"),
            sources=("busybox", "bzip2", "libffi", "musl", "openssl", "python", "sqlite", "xz", "zlib"),
            suites=("musl",),
            crosses=True,
            minutes=5,
        ),
        Recipe(
            name="python-glibc",
            image="autoarr-base/python:3.11-glibc",
            dockerfile="python-glibc.Dockerfile",
            files=("fetch-source", "build-cpython"),
            sources=("python",),
            minutes=3,
        ),
        Recipe(name="node", image="autoarr-base/node:24", dockerfile="node.Dockerfile", minutes=0.5),
        Recipe(
            name="postgres",
            image="autoarr-base/postgres:15",
            dockerfile="postgres.Dockerfile",
            files=("postgres-entrypoint",),
            minutes=0.5,
        ),
        Recipe(name="redis", image="autoarr-base/redis:7", dockerfile="redis.Dockerfile", minutes=0.5),
        Recipe(name="haproxy", image="autoarr-base/haproxy:2.6", dockerfile="haproxy.Dockerfile", minutes=0.5),
    )
}


@dataclass(frozen=True, kw_only=True)
class Pins:
    """pins.toml: the Debian suite, other suites for single packages, and the upstream version of each source."""

    suite: str
    suites: dict[str, str]
    sources: dict[str, str]


@cache
def pins() -> Pins:
    """The pins.

    Raises:
        BaseUnavailable: the file is not what it should be.
    """
    try:
        data = tomllib.loads(PINS.read_text(encoding="utf-8"))
        return Pins(
            suite=str(data["suite"]),
            suites={str(name): str(suite) for name, suite in data["suites"].items()},
            sources={str(name): str(version) for name, version in data["sources"].items()},
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        raise BaseUnavailable(f"the pins can't be read: {error}", where=str(PINS)) from None

"""Checks of a built image from outside. Opt-in: they need an image, which `nox -s alpine` and `nox -s slim` build."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automation import bases, containers, engine

if TYPE_CHECKING:
    from docker.models.containers import Container


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--variant", choices=sorted(bases.VARIANTS), help="the built variant to check")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of a variant that has a shell, and is meant to, nobody asks whether it has none."""
    name = config.getoption("--variant")
    if collection_path.name == "test_distroless.py" and name is not None and not bases.variant(str(name)).is_distroless:
        return True
    return None


@pytest.fixture(scope="session")
def found() -> engine.Engine:
    return engine.ensure()


@pytest.fixture(scope="session")
def variant(request: pytest.FixtureRequest) -> bases.Variant:
    name = request.config.getoption("--variant")
    if name is None:
        pytest.skip("no image to check: run `nox -s alpine` or give --variant")
    return bases.variant(str(name))


@pytest.fixture
def session(found: engine.Engine) -> Iterator[containers.Session]:
    with containers.session(found) as running:
        yield running


@pytest.fixture(scope="module")
def running(found: engine.Engine, variant: bases.Variant) -> Iterator[Container]:
    """One healthy container, hardened as users are told to run it, for the checks that change nothing."""
    with containers.session(found) as started:
        container = started.start(variant.tag, ports={"8088/tcp": ("127.0.0.1", None)}, **containers.HARDENED)
        containers.wait_healthy(container)
        yield container

"""One variant, verified: built, its own test suite run inside it against real servers, and checked from outside."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from typing import TYPE_CHECKING

from automation import console, containers, engine, images, paths, process
from automation.bases import POSTGRES, REDIS, VARIANTS, Variant, variant
from automation.engine import Engine
from automation.errors import CheckFailed, EngineUnavailable
from automation.resolver import Resolver

if TYPE_CHECKING:
    from docker.models.containers import Container

SERVICE_TIMEOUT = 60.0
# What pytest needs writable in a container whose root is read-only.
SCRATCH = {"/tmp": "rw,exec,size=512m,mode=1777", "/data": "rw,size=64m,uid=1001,gid=1001"}  # noqa: S108 - a container's


def wait_for(container: Container, command: list[str]) -> None:
    """Wait until a command in a container succeeds.

    Raises:
        EngineUnavailable: it did not in time.
    """
    deadline = time.monotonic() + SERVICE_TIMEOUT
    while time.monotonic() < deadline:
        if container.exec_run(command).exit_code == 0:
            return
        time.sleep(0.2)
    raise EngineUnavailable(
        f"{container.name} did not start", where=" ".join(command), details=containers.logs(container)
    )


def run_inside(found: Engine, resolver: Resolver, chosen: Variant, image: str) -> None:
    """Run tests/app in the image's test layer, beside a real PostgreSQL and a real Redis.

    Raises:
        CheckFailed: a test failed.
    """
    postgres, redis = resolver.resolve(POSTGRES), resolver.resolve(REDIS)
    password = secrets.token_hex(16)
    with containers.session(found) as running, console.step(f"the application's tests inside {chosen.name}"):
        network = running.network()
        database = running.start(
            postgres.reference,
            name=f"{network.name}-postgres",
            network=network.name,
            environment={"POSTGRES_PASSWORD": password},
        )
        cache = running.start(redis.reference, name=f"{network.name}-redis", network=network.name)
        wait_for(database, ["pg_isready", "--host=127.0.0.1"])
        wait_for(cache, ["redis-cli", "ping"])
        suite = running.start(
            image,
            network=network.name,
            tmpfs=SCRATCH,
            environment={
                "AUTOARR_TEST_POSTGRES_URL": f"postgresql://postgres:{password}@{database.name}/postgres",
                "AUTOARR_TEST_REDIS_URL": f"redis://{cache.name}/0",
            },
            **containers.HARDENED,
        )
        for line in suite.logs(stream=True, follow=True):
            console.progress(line.decode(errors="replace").rstrip())
        code = suite.wait()["StatusCode"]
    if code != 0:
        raise CheckFailed(f"the application's tests failed inside {chosen.name} (exit code {code})")


def run_outside(chosen: Variant) -> None:
    """Run tests/container against the built image.

    Raises:
        CheckFailed: a test failed.
    """
    with console.step(f"checking {chosen.tag} from outside"):
        result = process.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "tests/container",
                "--variant",
                chosen.name,
            ],
            cwd=paths.ROOT,
            on_line=console.progress,
            check=False,
        )
    if result.code != 0:
        raise CheckFailed(f"{chosen.tag} failed a check from outside (exit code {result.code})")


def verify(chosen: Variant) -> None:
    """Build the variant, then both kinds of checks.

    Raises:
        AutomationError: the build's failures, or CheckFailed.
    """
    found = engine.ensure()
    images.show(images.build(found, chosen))
    resolver = Resolver(found)
    with containers.candidate(found, chosen) as name:
        images.build_target(
            found, resolver, chosen, target="test", platform=found.platform, outputs=["type=docker"], tags=[name]
        )
        run_inside(found, resolver, chosen, name)
    run_outside(chosen)


def main() -> None:
    """`python -m automation.verify VARIANT`, which the Nox sessions call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", choices=sorted(VARIANTS))
    wanted = parser.parse_args().variant
    with console.exit_on_error():
        os.chdir(paths.ROOT)
        verify(variant(wanted))


if __name__ == "__main__":
    main()

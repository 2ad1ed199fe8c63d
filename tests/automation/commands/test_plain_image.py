"""The plain image for local debugging: it builds, serves, has a shell, and restarts when a source file changes."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable

from automation import containers, image_store, network, scratch
from automation.bases import NODE, SLIM
from automation.engine import Engine
from automation.resolver import Resolver
from tests.automation.conftest import Checkout

PATIENCE = 60.0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_the_plain_image_reloads(checkout: Checkout, real_engine: Engine, nothing_left: None) -> None:
    resolver = Resolver(real_engine)
    name = f"autoarr-test:plain-{os.getpid()}"
    with scratch.folder() as folder:
        subprocess.run(
            [
                *("docker", "buildx", "build", "--quiet", "--load", "--tag", name),
                *("--file", str(checkout.root / "Dockerfile")),
                *("--build-arg", f"PYTHON_IMAGE={resolver.resolve(SLIM).reference}"),
                *("--build-arg", f"NODE_IMAGE={resolver.resolve(NODE).reference}"),
                *network.build_flags(folder),
                str(checkout.root),
            ],
            env={**os.environ, **real_engine.environment},
            check=True,
            capture_output=True,
        )
    try:
        with containers.session(real_engine) as running:
            container = running.start(name)

            def answers() -> bool:
                return container.exec_run(["python", "-m", "autoarr", "healthcheck"]).exit_code == 0

            wait_until(answers, "it does not answer")
            assert container.exec_run(["bash", "-c", "exit 7"]).exit_code == 7
            before = containers.logs(container, 200).count('"message": "starting"')
            changed = container.exec_run(["sh", "-c", "echo '# changed' >> /app/autoarr/app.py"], user="0")
            assert changed.exit_code == 0
            wait_until(lambda: "Reloading" in containers.logs(container, 200), f"no reload after {before} starts")
            wait_until(answers, "it does not answer after the reload")
    finally:
        image_store.remove(real_engine, name)

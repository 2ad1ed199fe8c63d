"""Ctrl-C and SIGKILL during a build, a bootstrap and a verification: nothing is left, and the next run is clean."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from automation import containers, image_store
from automation.bootstrap import driver
from automation.bootstrap.recipes import RECIPES
from automation.engine import Engine
from tests.automation.conftest import Checkout, leftovers

# Seconds after the start. A build whose application changed takes a few; a run that is over sooner is no interruption
# and is counted, so that the test can't pass without having interrupted anything.
MOMENTS = (0.2, 0.5, 0.9, 1.3, 1.8, 2.4, 3.0, 3.8, 4.8, 6.0)
# Within a verification: while it builds, while the servers start, in the tests, in the components.
VERIFY_MOMENTS = ((7.0, signal.SIGINT), (11.0, signal.SIGTERM), (16.0, signal.SIGKILL), (24.0, signal.SIGINT))
BOOTSTRAP_MOMENTS = (0.4, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, 12.0, 15.0, 18.0)
# The root that every other recipe needs: made by debootstrap first and by a build then.
RECIPE = RECIPES["debian"]
# How long, in seconds, Python may be busy with imports before our own handling of signals is in place.
IMPORTS = 1.5
BOOTSTRAP = f"""
from automation import console, engine
from automation.bootstrap import driver
from automation.bootstrap.recipes import RECIPES
with console.exit_on_error():
    driver.bootstrap(engine.ensure(), RECIPES["{RECIPE.name}"])
"""


@pytest.fixture
def clean_before(real_engine: Engine) -> dict[str, set[str]]:
    containers.sweep(real_engine)
    return leftovers(real_engine)


def added(real_engine: Engine, before: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: found - before[name] for name, found in leftovers(real_engine).items() if found - before[name]}


def interrupt(checkout: Checkout, run: subprocess.Popen[str], after: float, number: int) -> bool:
    """Send the signal when the run is that old; whether it was still running."""
    try:
        run.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        run.send_signal(number)
        output, _ = run.communicate(timeout=60)
        # While Python still imports Invoke, the traceback is Python's own and none of our files is in it.
        assert "Traceback" not in output or f'File "{checkout.root}' not in output, output
        if after < IMPORTS and number == signal.SIGINT and run.returncode == 0:
            # Swallowed by something that Python was importing before any of our code ran: no interruption.
            return False
        # A shell shows 130 for both ways to end on Ctrl-C.
        expected = (-signal.SIGKILL,) if number == signal.SIGKILL else (130, -signal.SIGINT, 143, -signal.SIGTERM)
        assert run.returncode in expected, output
        return True
    return False


def test_a_build_interrupted_at_ten_moments(
    checkout: Checkout, real_engine: Engine, clean_before: dict[str, set[str]]
) -> None:
    assert checkout.invoke("build").returncode == 0
    interrupted = 0
    for index, moment in enumerate(MOMENTS):
        checkout.edit("autoarr/cli.py", lambda text, index=index: text + f"\n# {index} {time.time()}\n")  # type: ignore[misc]
        number = (signal.SIGINT, signal.SIGKILL)[index % 2]
        already = added(real_engine, clean_before)
        interrupted += interrupt(checkout, checkout.start("build"), moment, number)
        if number == signal.SIGINT:
            # A Ctrl-C cleans up behind itself at once; what SIGKILL leaves, a later run removes.
            now = added(real_engine, clean_before)
            assert [name for name, found in now.items() if found - already.get(name, set())] == []
    assert interrupted >= len(MOMENTS) // 2
    last = checkout.invoke("build", "--json")
    assert last.returncode == 0, last.stderr
    assert json.loads(last.stdout)["healthy_s"] > 0
    assert added(real_engine, clean_before) == {}


@pytest.mark.thorough
def test_a_verification_interrupted_at_four_moments(
    checkout: Checkout, real_engine: Engine, clean_before: dict[str, set[str]]
) -> None:
    for moment, number in VERIFY_MOMENTS:
        already = added(real_engine, clean_before)
        run = subprocess.Popen(
            [sys.executable, "-m", "automation.verify", "alpine"],
            cwd=checkout.root,
            env=checkout.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert interrupt(checkout, run, moment, number)
        if number != signal.SIGKILL:
            now = added(real_engine, clean_before)
            # An engine that was just loading an image finishes that without its client; the next run removes it.
            kinds = now.keys() - {"candidates"}
            assert [name for name in kinds if now[name] - already.get(name, set())] == []
        assert not (checkout.root / "reports").exists()
    containers.sweep(real_engine)
    assert added(real_engine, clean_before) == {}


@pytest.fixture
def other_recipe(checkout: Checkout, real_engine: Engine) -> Iterator[str]:
    """A recipe of this checkout's own, so that the one in use is neither rebuilt nor removed; its image's name."""
    checkout.edit("automation/bootstrap/context/debian.Dockerfile", lambda text: f"{text}# {time.time()}\n")
    name = subprocess.run(
        [
            sys.executable,
            "-c",
            "from automation.bootstrap import driver; from automation.bootstrap.recipes import RECIPES; "
            f"print(driver.reference(RECIPES['{RECIPE.name}']))",
        ],
        cwd=checkout.root,
        env=checkout.environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert name != driver.reference(RECIPE)
    yield name
    image_store.remove(real_engine, name)


@pytest.mark.thorough
def test_a_bootstrap_interrupted_at_ten_moments(
    checkout: Checkout, real_engine: Engine, clean_before: dict[str, set[str]], other_recipe: str
) -> None:
    command = [sys.executable, "-c", BOOTSTRAP]
    interrupted = 0
    for index, moment in enumerate(BOOTSTRAP_MOMENTS):
        run = subprocess.Popen(
            command,
            cwd=checkout.root,
            env=checkout.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        interrupted += interrupt(checkout, run, moment, (signal.SIGINT, signal.SIGKILL)[index % 2])
    assert interrupted >= len(BOOTSTRAP_MOMENTS) // 2
    finished = subprocess.run(
        command, cwd=checkout.root, env=checkout.environment(), capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert image_store.inspect(real_engine, other_recipe) is not None
    assert added(real_engine, clean_before) == {}

"""The menu: one short task per verb. Parse, call automation, show."""

from __future__ import annotations

from automation import interrupts

interrupts.leave_at_once()  # before the imports below, which take their time

import shlex
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from automation import console

T = TypeVar("T", bound=Callable[..., None])

BUILD, PROVE, RUN, KEEP = "build and measure", "prove", "run", "look after the repository"
GROUPS: dict[str, list[str]] = {BUILD: [], PROVE: [], RUN: [], KEEP: []}


def verb(group: str) -> Callable[[T], Any]:
    """A task of the menu whose expected failures become one message and an exit code."""

    def decorate(function: T) -> Any:
        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> None:
            with console.exit_on_error():
                function(*args, **kwargs)

        GROUPS[group].append(function.__name__)
        return task(guarded)

    return decorate


@task(default=True)
def menu(c: Context) -> None:
    """List the tasks (plain `invoke` does this)."""
    for group, names in GROUPS.items():
        rows = [(name, (globals()[name].__doc__ or "").splitlines()[0]) for name in names]
        console.table(group, ("invoke …", ""), rows)
    console.note("\n`invoke TASK --help` shows a task's options; `nox -l` lists the checks.")


@verb(BUILD)
def build(
    c: Context,
    variant: str = "",
    platform: str = "",
    tag: str = "",
    output: str = "",
    json: bool = False,
) -> None:
    """Build the image, start it once, wait for healthy, print what came out."""
    from automation import bases, engine, images

    chosen = bases.variant(variant or bases.DEFAULT_VARIANT)
    summary = images.build(engine.ensure(), chosen, platform=platform or None, tag=tag or None, output=output or None)
    images.show(summary)
    if json:
        console.report(summary.as_dict())


@verb(BUILD)
def bases(c: Context, refresh: bool = False, json: bool = False) -> None:
    """Make every base available and say how each was resolved; --refresh asks the registry and bootstraps again."""
    from automation import bases as catalogue
    from automation import engine, resolver

    found = resolver.Resolver(engine.ensure(), refresh=refresh)
    resolved = [found.resolve(base) for base in catalogue.BASES.values()]
    console.table("bases", resolver.COLUMNS, [resolver.row(item) for item in resolved])
    if json:
        console.report({"bases": [resolver.as_dict(item) for item in resolved]})


@verb(PROVE)
def wheels(c: Context, lock: str = "", python: str = "", index: bool = False, json: bool = False) -> None:
    """Which wheels a lock file has on each libc, architecture and Python; --lock PATH, --python 3.11,3.14, --index."""
    from pathlib import Path

    from automation.wheels import matrix

    pythons = [word.strip() for word in python.split(",") if word.strip()]
    coverage = matrix.examine(Path(lock) if lock else None, pythons=pythons, index=index)
    matrix.show(coverage)
    if json:
        console.report(coverage.as_dict())
    matrix.require(coverage)


@verb(PROVE)
def symbols(
    c: Context,
    image: str = "",
    wheels: str = "",
    libc: str = "",
    arch: str = "",
    python: str = "3.11",
    json: bool = False,
) -> None:
    """Prove that every compiled file loads: of the locked closure, of a folder (--wheels DIR) or an image (--image)."""
    from automation import engine as engines
    from automation.loadability import proof

    found = proof.prove(engines.ensure, image=image, wheels=wheels, libc=libc, arch=arch, python=python)
    for item in found:
        proof.show(item)
    if json:
        console.report({"proofs": [item.as_dict() for item in found]})
    for item in found:
        proof.require(item)


@verb(RUN)
def run(c: Context, image: str = "autoarr:latest", port: int = 8088) -> None:
    """Start the image on http://localhost:8088, its data in the volume autoarr-data."""
    from automation import engine, service

    console.note(f"AutoArr is at {service.run(engine.ensure(), image, port)}; `invoke stop` ends it and keeps its data")


@verb(RUN)
def stop(c: Context) -> None:
    """Stop what `invoke run` started; the data stays."""
    from automation import engine, service

    found = engine.present()
    stopped = found is not None and service.stop(found)
    console.note("stopped; the data is kept in the volume autoarr-data" if stopped else "it was not running")


@verb(RUN)
def ui(c: Context) -> None:
    """Build the UI on the host, for `autoarr serve` without a container."""
    from automation import frontend

    frontend.build()
    console.note(f"the UI is in {frontend.DIST}; `autoarr serve` serves it")


@verb(KEEP)
def export(c: Context, check: bool = False) -> None:
    """Write the requirements files from poetry.lock; --check only compares."""
    from automation import requirements

    written = requirements.export_all(check=check)
    console.note("written: " + ", ".join(path.name for path in written) if written else "all up to date")


@verb(KEEP)
def docs(c: Context, check: bool = False) -> None:
    """Write the generated parts of the documents; --check only compares."""
    from automation import docs as documents

    written = documents.write_all(check=check)
    console.note("written: " + ", ".join(path.name for path in written) if written else "all up to date")


@verb(KEEP)
def lock(c: Context) -> None:
    """Resolve poetry.lock anew, through mirrors as well, and export it."""
    from automation import requirements

    requirements.lock()
    requirements.export_all()


@verb(KEEP)
def doctor(c: Context, json: bool = False) -> None:
    """Show what this machine has, what is missing, and the exact fix for each."""
    from automation import doctor as checks

    findings = checks.examine()
    checks.show(findings)
    if json:
        console.report(checks.as_dict(findings))
    checks.require(findings)


@verb(KEEP)
def engine(c: Context, env: bool = False, stop: bool = False, json: bool = False) -> None:
    """Show the container engine in use; --env prints exports for your shell, --stop ends the private one."""
    from automation import engine as engines
    from automation.private_engine import PrivateEngine

    if stop:
        ended = PrivateEngine.default().stop()
        console.note("the private engine has stopped" if ended else "no private engine was running")
        return
    found = engines.ensure()
    if env:
        console.text("\n".join(f"export {name}={shlex.quote(value)}" for name, value in found.environment.items()))
    else:
        console.table("engine", ("", ""), list(engines.as_dict(found).items()))
    if json:
        console.report(dict(engines.as_dict(found)))


@verb(KEEP)
def clean(c: Context, all: bool = False) -> None:  # noqa: A002 - the option's name
    """Remove built images, the build cache and leftovers; --all also the private engine, bases and caches."""
    from automation import cleaning

    cleaning.clean(everything=all)


namespace = Collection(*(globals()[name] for names in GROUPS.values() for name in names))
namespace.add_task(menu, default=True)
__all__ = ["namespace"]

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
    push: bool = False,
    cache_from: list[str] = [],  # noqa: B006 - Invoke takes it as an option that may be repeated
    cache_to: list[str] = [],  # noqa: B006 - likewise
    json: bool = False,
) -> None:
    """Build the image, start it once, wait for healthy, print what came out."""
    from automation import bases, build_cache, engine, images

    chosen = bases.variant(variant or bases.DEFAULT_VARIANT)
    summary = images.build(
        engine.ensure(),
        chosen,
        platform=platform or None,
        tag=tag or None,
        output=output or None,
        push=push,
        cache=build_cache.parse_all(cache_from, cache_to),
    )
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


@verb(BUILD)
def release(
    c: Context,
    registry: str = "",
    variant: str = "",
    platforms: str = "",
    version: str = "",
    dry_run: bool = False,
    output: str = "",
    cache_from: list[str] = [],  # noqa: B006 - Invoke takes it as an option that may be repeated
    cache_to: list[str] = [],  # noqa: B006 - likewise
    json: bool = False,
) -> None:
    """Push all platforms as one index, with provenance and SBOM, tagged by version; --dry-run only shows it."""
    from pathlib import Path

    from automation import build_cache, engine
    from automation.release import plan, publish

    planned = plan.plan(registry=registry, variant=variant, wanted=platforms, version=version)
    done = publish.release(
        engine.ensure(),
        planned,
        dry_run=dry_run,
        cache=build_cache.parse_all(cache_from, cache_to),
        output=Path(output) if output else None,
    )
    publish.show(done)
    if json:
        console.report(done.as_dict())


@verb(BUILD)
def size(
    c: Context,
    image: str = "",
    oci: str = "",
    against: str = "",
    platform: str = "",
    svg: str = "",
    budget: bool = False,
    ratchet: bool = False,
    record: bool = False,
    json: bool = False,
) -> None:
    """Whose each byte of an image is, on disk and to pull; --oci PATH, --against OTHER, --svg FILE, --budget."""
    from automation import engine as engines
    from automation.size import command

    wanted = command.Wanted(
        image=image, oci=oci, against=against, platform=platform, svg=svg, budget=budget, ratchet=ratchet, record=record
    )
    answer = command.run(engines.ensure, wanted)
    if json:
        console.report(answer.as_dict())
    command.require(answer, wanted)


@verb(BUILD)
def updates(c: Context, variant: str = "", only: str = "", record: bool = False, json: bool = False) -> None:
    """How much an update pulls when one line of code, of the UI, or one dependency changed; --only code,ui."""
    from automation import bases, engine
    from automation.errors import UsageError
    from automation.updates import measuring
    from automation.updates import record as kept

    if record and (variant or only):
        raise UsageError("--record keeps every change of the default variant", hint="leave --variant and --only out")
    chosen = bases.variant(variant or bases.DEFAULT_VARIANT)
    found = measuring.measure(engine.ensure(), chosen, only=[word for word in only.split(",") if word])
    measuring.show(found)
    if record:
        kept.write(found)
    if json:
        console.report(found.as_dict())
    measuring.require(found)


@verb(BUILD)
def compare(
    c: Context, variants: str = "", quick: bool = False, record: bool = False, svg: str = "", json: bool = False
) -> None:
    """The plain Dockerfile against the variants: size, builds, start, memory, contents; --quick, --svg FILE."""
    from pathlib import Path

    from automation import engine, records
    from automation.compare import command, contenders, picture, tables
    from automation.compare import record as kept

    command.check_options(variants=variants, quick=quick, record=record, svg=svg)
    found = command.compare(engine.ensure(), contenders.chosen(variants), cold=not quick)
    tables.show(found)
    if svg:
        records.save(Path(svg).expanduser(), picture.draw(found))
    if record:
        kept.write(found)
    if json:
        console.report(found.as_dict())


@verb(BUILD)
def bench(c: Context, variant: str = "", record: bool = False, json: bool = False) -> None:
    """What 20 services with 50,000 movies and 200,000 episodes cost: the dashboard, lists, memory over 1,000 polls."""
    from automation import engine
    from automation.bench import command, facts, tables
    from automation.bench import record as kept
    from automation.errors import UsageError

    if record and variant:
        raise UsageError("--record keeps the figures of the images side by side", hint="leave --variant out")
    found = command.bench(engine.ensure(), command.chosen(variant))
    tables.show(found)
    if record:
        kept.write(found)
    if json:
        console.report(found.as_dict())
    facts.require(found)


@verb(PROVE)
def slim(
    c: Context, prove: bool = False, steps: str = "", variant: str = "", record: bool = False, json: bool = False
) -> None:
    """What each step of slimming saves; --prove takes them anew, one by one, and asks every image everything."""
    from automation import bases, engine
    from automation.errors import UsageError
    from automation.slim import proving
    from automation.slim import record as kept

    if not prove:
        if steps or variant or record:
            raise UsageError("--steps, --variant and --record belong to a proof", hint="add --prove")
        data = kept.load()
        kept.show(data)
    else:
        if record and variant:
            raise UsageError("--record keeps the proof of the default variant", hint="leave --variant out")
        chosen = bases.variant(variant or bases.DEFAULT_VARIANT)
        proof = proving.prove(engine.ensure(), chosen, proving.chosen(steps))
        data = proof.as_dict()
        kept.show(data)
        if record:
            kept.write(proof)
    if json:
        console.report(data)
    if prove:
        kept.require(proof)


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


@verb(PROVE)
def reproduce(c: Context, variant: str = "", images: str = "", json: bool = False) -> None:
    """Build one commit twice, without cache and in two places, and compare the bits; --images A,B compares those."""
    from automation import bases, engine
    from automation.reproducibility import outcome, rebuild

    if images:
        found = rebuild.given(engine.ensure, images)
    else:
        found = rebuild.reproduce(engine.ensure(), bases.variant(variant or bases.DEFAULT_VARIANT))
    outcome.show(found)
    if json:
        console.report(found.as_dict())
    outcome.require(found)


@verb(PROVE)
def sbom(
    c: Context,
    image: str = "",
    oci: str = "",
    platform: str = "",
    format: str = "both",  # noqa: A002 - the option's name
    output: str = "",
    strict: bool = False,
    audit: bool = True,
    json: bool = False,
) -> None:
    """Say what is in an image, as CycloneDX and SPDX, and what is missing; known vulnerabilities of what is locked."""
    from pathlib import Path

    from automation import engine as engines
    from automation.sbom import documents
    from automation.vulnerabilities import audit as auditing

    folder = Path(output).expanduser() if output else documents.FOLDER
    kinds = documents.formats(format)
    account = documents.make(engines.ensure, image=image, oci=oci, platform=platform, kinds=kinds, output=folder)
    documents.show(account)
    found = auditing.examine() if audit else None
    if found is not None:
        auditing.show(found)
    if json:
        console.report({**account.as_dict(), "vulnerabilities": found and found.as_dict()})
    documents.require(account, strict=strict)
    if found is not None:
        auditing.require(found)


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
def schema(c: Context) -> None:
    """Write the UI's types of the API from the application's OpenAPI document."""
    from automation import frontend

    console.note("written" if frontend.api_types() else "up to date")


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
def screenshots(c: Context, folder: str = "docs/pictures", host: bool = False) -> None:
    """Take the documents' pictures of the UI in a real browser; --host shows this checkout's server, not the image."""
    from pathlib import Path

    from automation import e2e

    taken = e2e.take_pictures(Path(folder).expanduser(), host=host)
    console.note("written: " + ", ".join(path.name for path in taken))


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
    from automation import compose
    from automation import engine as engines
    from automation.private_engine import PrivateEngine

    if stop:
        ended = PrivateEngine.default().stop()
        console.note("the private engine has stopped" if ended else "no private engine was running")
        return
    found = engines.ensure()
    compose.offer(found)
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

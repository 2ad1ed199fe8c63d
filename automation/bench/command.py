"""`invoke bench`: build each image from the sources at hand, measure it, and say what it costs."""

from __future__ import annotations

from contextlib import ExitStack

from automation import bases, building, conditions, console, containers
from automation.bases import Variant
from automation.bench import running
from automation.bench.facts import Bench
from automation.engine import Engine
from automation.errors import UsageError
from automation.resolver import Resolver

SIDE_BY_SIDE = ("distroless", "slim")
"""What ships, on musl, and a whole base on glibc."""


def chosen(names: str) -> tuple[Variant, ...]:
    """The variants of these names with commas between; those that stand side by side when there is none.

    Raises:
        UsageError: there is no such variant.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()] or list(SIDE_BY_SIDE)
    if len(set(wanted)) < len(wanted):
        raise UsageError("a variant more than once in --variant")
    return tuple(map(bases.variant, wanted))


def bench(engine: Engine, wanted: tuple[Variant, ...]) -> Bench:
    """Measure the variants one after the other; nothing of it stays but the build cache.

    Raises:
        AutomationError: a base can't be had, a build failed, or the benchmark did.
    """
    containers.sweep(engine)
    resolver = Resolver(engine)
    results = []
    with ExitStack() as stack:
        names = {}
        for variant in wanted:
            names[variant.name] = stack.enter_context(containers.candidate(engine, variant))
            with console.step(f"{variant.name}: building it"):
                building.build_loaded(engine, resolver, variant, engine.platform, names[variant.name], ())
        for variant in wanted:
            with console.step(f"{variant.name}: measuring it, some minutes"):
                results.append(running.measure(engine, variant, names[variant.name]))
    return Bench(facts=conditions.of(engine), results=tuple(results))

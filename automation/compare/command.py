"""`invoke compare`: build every contender, look into it, start it, and say how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from automation import conditions, console, containers, layers, ownership, scratch
from automation.compare import building, inside, running
from automation.compare.contenders import Contender
from automation.compare.facts import Comparison, Figure, Result
from automation.engine import Engine
from automation.errors import UsageError
from automation.resolver import Resolver


def compare(engine: Engine, wanted: Sequence[Contender], *, cold: bool) -> Comparison:
    """Measure all contenders; nothing of it stays but the build cache.

    Args:
        cold: whether to build without cache first, and to start each image several times rather than once.

    Raises:
        AutomationError: a base can't be had, a build failed, or an image did not get healthy.
    """
    containers.sweep(engine)
    resolver = Resolver(engine)
    with console.step("resolving the bases"):
        for contender in wanted:
            resolver.resolve(contender.variant.base)
    figures: dict[str, dict[str, Figure]] = {}
    images: dict[str, str] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(scratch.folder())
        for contender in wanted:
            name = contender.name
            images[name] = stack.enter_context(containers.candidate(engine, contender.variant))
            figures[name] = building.measure(engine, resolver, contender, images[name], folder / name, cold=cold)
        installed = {}
        for name, image in images.items():
            with console.step(f"{name}: looking into it"):
                contents = layers.contents(engine, image, keep=ownership.wanted)
                figures[name] |= inside.figures(contents)
                installed[name] = inside.pins(ownership.owners(contents).values())
        for name, found in running.measure(engine, images, running.STARTS if cold else 1).items():
            figures[name] |= found
    with console.step("asking the indexes about known vulnerabilities"):
        for name, figure in inside.vulnerabilities(installed).items():
            figures[name]["python_vulnerabilities"] = figure
    return Comparison(
        facts=conditions.of(engine), results=tuple(_result(one, resolver, figures[one.name]) for one in wanted)
    )


def _result(contender: Contender, resolver: Resolver, figures: dict[str, Figure]) -> Result:
    base = resolver.resolve(contender.variant.base)
    return Result(
        name=contender.name,
        dockerfile=contender.dockerfile,
        base=base.kind,
        origin=base.story,
        figures=figures,
    )


def check_options(*, variants: str, quick: bool, record: bool, svg: str) -> None:
    """Whether the options fit each other, before minutes go by.

    Raises:
        UsageError: they don't, or the picture can't be written.
    """
    if record and (quick or variants):
        raise UsageError(
            "--record keeps figures of every variant and of cold builds", hint="leave --variants and --quick out"
        )
    path = Path(svg).expanduser()
    if svg and (not path.parent.is_dir() or path.is_dir()):
        raise UsageError(f"{path} can't be written", hint="name a file in a folder that exists")

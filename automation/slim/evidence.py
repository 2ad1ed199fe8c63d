"""What an image says of itself when it is asked everything, and how that differs from what another one says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automation import console, containers, importability, suites, verify
from automation.bases import Variant
from automation.components import reader
from automation.engine import Engine
from automation.errors import CheckFailed
from automation.importability import Importability
from automation.libc.conformance import shown
from automation.libc.probe_report import OK, SKIPPED, Answer
from automation.reports import Check, Verdict
from automation.resolver import Resolver
from automation.slimming.catalogue import STANDARD_LIBRARY
from automation.slimming.modules import parents

# The description of the API, its keys sorted, as the application gives it out.
OPENAPI = """
import json
from autoarr.app import create_app
print(json.dumps(create_app().openapi(), sort_keys=True, indent=1))
"""
# Of these, every check comes to the same in both images.
COMPARED = (suites.INSIDE, reader.AREA)
# What is left out on purpose, what a probe says that needs it, and the probe that lists what is missing.
LEFT_OUT = {name for names in STANDARD_LIBRARY.values() for name in names}
MISSING = {f"No module named '{name}'" for name in LEFT_OUT}
LISTING = "system.modules"
# What an image without a shell answers, and is meant to.
NO_SHELL = ("processes.shell", "none")
# Problems named in one row.
NAMED = 8


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that was asked of an image: modules, the API's description, the C library's answers, all checks."""

    modules: Importability
    openapi: str
    answers: Mapping[str, Answer]
    checks: tuple[Check, ...]

    def counts(self) -> dict[str, int]:
        """How much was asked and answered, by area."""
        imported = len(self.modules.modules) - len(self.modules.failed)
        found = {"modules": imported, "lines of OpenAPI": len(self.openapi.splitlines())}
        for check in self.checks:
            if check.verdict is Verdict.PASSED:
                found[check.area] = found.get(check.area, 0) + 1
        return found


def gather(engine: Engine, resolver: Resolver, chosen: Variant, image: str, extra: Sequence[str] = ()) -> Evidence:
    """Ask an image everything.

    Args:
        chosen: which variant it is a state of.
        extra: the words that it was built with.

    Raises:
        AutomationError: the engine or the servers failed, or the image does not even print its API's description.
    """
    checks, probes = verify.examine(
        engine, resolver, chosen, image, engine.platform, promises=False, thorough=True, extra=extra
    )
    with containers.session(engine) as running:
        with console.step(f"every module of {image}"):
            modules = importability.ask(running, image)
            console.progress(f"{len(modules.modules)} modules, {len(modules.failed)} do not import")
        openapi = _openapi(running, image)
    return Evidence(modules=modules, openapi=openapi, answers=probes.answers, checks=tuple(checks))


def _openapi(running: containers.Session, image: str) -> str:
    container = running.start(image, command=["python", "-c", OPENAPI], **containers.HARDENED)
    code = container.wait(timeout=60)["StatusCode"]
    if code != 0:
        raise CheckFailed(
            f"printing the API's description ended with exit code {code}",
            where=image,
            details=containers.logs(container),
        )
    said: bytes = container.logs(stdout=True, stderr=False)
    return said.decode()


def problems(found: Evidence, plain: Evidence) -> tuple[str, ...]:
    """What is wrong with an image, or says something else than the plain one."""
    every = [
        *_modules(found.modules, plain.modules),
        *(["the OpenAPI document differs"] if found.openapi != plain.openapi else []),
        *_answers(found.answers, plain.answers),
        *(f"{check.area}/{check.name}: {check.detail}" for check in found.checks if check.verdict is Verdict.FAILED),
        *_verdicts(found.checks, plain.checks),
    ]
    more = len(every) - NAMED
    return (*every[:NAMED], *([f"and {more} more"] if more > 0 else []))


def _modules(found: Importability, plain: Importability) -> list[str]:
    """Modules that are there and no longer import. What is in a package that does not import was never asked."""
    return [
        f"{name} does not import: {why}"
        for name, why in found.failed.items()
        if plain.failed.keys().isdisjoint(parents(name))
    ]


def _answers(found: Mapping[str, Answer], plain: Mapping[str, Answer]) -> list[str]:
    said = []
    for name in sorted(found.keys() | plain.keys()):
        now, before = found.get(name), plain.get(name)
        if now == before or (now is not None and _is_meant(name, now)) or (name == LISTING and _lists(now, before)):
            continue
        said.append(f"libc probe {name}: {_answered(now)}, and {_answered(before)} in the plain image")
    return said


def _is_meant(name: str, answer: Answer) -> bool:
    return is_left_out(answer) or (name, answer.value) == NO_SHELL


def is_left_out(answer: Answer) -> bool:
    """Whether a probe was skipped because its module is left out on purpose."""
    return answer.status == SKIPPED and any(answer.reason.endswith(reason) for reason in MISSING)


def _lists(now: Answer | None, before: Answer | None) -> bool:
    """Whether two lists of missing modules differ by what is left out on purpose alone."""
    lists = [answer.value for answer in (now, before) if answer is not None and isinstance(answer.value, list)]
    return len(lists) == 2 and set(lists[0]) ^ set(lists[1]) <= LEFT_OUT


def _answered(answer: Answer | None) -> str:
    if answer is None:
        return "not asked"
    return shown(answer.value) if answer.status == OK else f"{answer.status}: {answer.reason}"


def _verdicts(found: Sequence[Check], plain: Sequence[Check]) -> list[str]:
    """Tests and components that came to something else than in the plain image. What failed is told of already."""
    before, now = ({(check.area, check.name): check.verdict for check in checks} for checks in (plain, found))
    return [
        f"{'/'.join(key)}: {now.get(key, 'absent')}, {before.get(key, 'absent')} in the plain image"
        for key in sorted(before.keys() | now.keys())
        if key[0] in COMPARED and now.get(key) not in (before.get(key), Verdict.FAILED)
    ]


def summary(checked: Mapping[str, int]) -> str:
    """`2456 modules, 229 tests`: how much was asked."""
    return ", ".join(f"{count} {area}" for area, count in checked.items())

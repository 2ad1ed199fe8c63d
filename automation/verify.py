"""One variant, verified: built, its own test suite and ten components run inside it against real servers, its libc and
its libraries examined, and what it promises checked from outside. One report of it all."""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from automation import building, console, containers, emulation, engine, images, paths, reports, servers, suites
from automation.bases import VARIANTS, Variant, variant
from automation.components import reader
from automation.components import runner as components
from automation.engine import Engine
from automation.errors import CheckFailed
from automation.libc import conformance, probe_report
from automation.libc import runner as libc
from automation.libc.probe_report import ProbeReport
from automation.loadability import proof as loadability
from automation.reports import Check, Report, Verdict
from automation.resolver import Resolver

FOLDER = paths.ROOT / "reports"
_EMULATOR = "emulated: an emulator answers in the kernel's place"
NOT_EMULATED = {
    suites.INSIDE: "emulated: the application's tests run where the image runs natively",
    suites.OUTSIDE: _EMULATOR,
    conformance.AREA: _EMULATOR,
}
# What decides a verification, besides the image: probes and tests.
SOURCES = ("automation/**/*.py", "automation/loadability/symbols/*", "tests/app/**/*.py", "tests/container/**/*.py")


@dataclass(frozen=True, kw_only=True)
class Verification:
    """A variant's report, and its libc's answers as they came."""

    variant: Variant
    report: Report
    probes: ProbeReport


def examine(
    found: Engine,
    resolver: Resolver,
    chosen: Variant,
    image: str,
    platform: str,
    *,
    promises: bool = True,
    thorough: bool = False,
    extra: Sequence[str] = (),
) -> tuple[list[Check], ProbeReport]:
    """Everything that is asked of a built variant.

    Args:
        promises: whether to ask, from outside, what a finished image of the variant promises.
        thorough: whether to run those of its tests, too, that take long.
        extra: the words that it was built with, for the layer of tests on top of it.

    Raises:
        AutomationError: the engine or the servers failed; a failed check raises nothing.
    """
    checks: list[Check] = []
    native = not emulation.is_foreign(found, platform)

    def area(name: str, ask: Callable[[], tuple[Check, ...]]) -> None:
        try:
            checks.extend(ask())
        except CheckFailed as error:
            checks.append(Check(area=name, name="run", verdict=Verdict.FAILED, detail=str(error)))

    with containers.session(found) as running:
        with console.step("starting PostgreSQL and Redis"):
            beside = servers.start(running, resolver)
        if native:
            area(suites.INSIDE, lambda: own_suite(found, resolver, chosen, running, beside, thorough, extra))
        options, pace = emulation.start_options(found, platform), 1.0 if native else emulation.PACE
        area(reader.AREA, lambda: components.ask(running, beside, image, chosen, options=options, pace=pace))
    if native:
        if promises:
            with console.step(f"checking {image} from outside"):
                area(suites.OUTSIDE, lambda: suites.outside(chosen))
        with console.step(f"the C library of {image}"), containers.session(found) as running:
            probes = libc.collect(running, image)
            area(conformance.AREA, lambda: conformance.checks(probes, chosen.libc))
    else:
        probes = ProbeReport(subject=image, python="not asked", libc=f"{chosen.libc}, not asked")
        checks += [
            Check(area=name, name="run", verdict=Verdict.SKIPPED, detail=why) for name, why in NOT_EMULATED.items()
        ]
    with console.step(f"every library of {image}"):
        area(loadability.AREA, lambda: loadability.prove_image(found, image).checks())
    return checks, probes


def own_suite(
    found: Engine,
    resolver: Resolver,
    chosen: Variant,
    running: containers.Session,
    beside: servers.Servers,
    thorough: bool,
    extra: Sequence[str] = (),
) -> tuple[Check, ...]:
    """The application's tests, in a layer on top of the image that is removed again."""
    with containers.candidate(found, chosen) as name:
        building.build_target(
            found,
            resolver,
            chosen,
            target=chosen.test_target,
            platform=found.platform,
            outputs=["type=docker"],
            tags=[name],
            extra=extra,
        )
        with console.step(f"the application's tests inside {chosen.name}"):
            environment = {**servers_of(beside), **({} if thorough else suites.BRIEF)}
            return suites.inside(running, name, beside.network, environment)


def servers_of(beside: servers.Servers) -> dict[str, str]:
    """How the application's tests find the servers."""
    return {"AUTOARR_TEST_POSTGRES_URL": beside.database_url, "AUTOARR_TEST_REDIS_URL": beside.redis_url}


def fingerprint() -> str:
    """A digest of everything but the image that a verification depends on."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in paths.ROOT.glob(pattern) if path.is_file()}):
        digest.update(str(path.relative_to(paths.ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def verify(
    chosen: Variant, *, platform: str | None = None, reuse: bool = False, thorough: bool = False
) -> Verification:
    """Build a variant, ask everything of it, show and save the report.

    Args:
        platform: another than the engine's own, to be emulated; less is asked of it, and the report says what not.
        reuse: take the saved report where the same image was verified by the same checks.
        thorough: run those of its tests, too, that take long.

    Raises:
        AutomationError: the build's failures, or the engine's; failed checks are in the report.
    """
    found = engine.ensure()
    summary = images.build(found, chosen, platform=platform)
    images.show(summary)
    asked = {"digest": summary.digest, "checks": fingerprint(), "tests": "all" if thorough else "brief"}
    subject = summary.image.rpartition(":")[2]
    raw = FOLDER / f"{subject}.libc.json"
    if reuse and (saved := _saved(chosen, asked)) is not None:
        console.note(f"{chosen.tag} was verified before: {FOLDER / chosen.name}.md")
        return saved
    resolver = Resolver(found)
    checks, probes = examine(found, resolver, chosen, summary.image, summary.platform, thorough=thorough)
    facts = {
        "image": summary.image,
        "platform": summary.platform,
        "base": f"{summary.base.partition('@')[0]}, {summary.base_origin}",
        "kind of base": resolver.resolve(chosen.base).kind,
        "C library": probes.libc,
        "Python": probes.python,
        **asked,
    }
    report = Report(subject=subject, facts=facts, checks=tuple(checks))
    reports.show(report)
    written = reports.save(report, FOLDER)
    raw.write_text(probe_report.dump(probes), encoding="utf-8")
    console.note("written: " + ", ".join(str(path.relative_to(paths.ROOT)) for path in (*written, raw)))
    return Verification(variant=chosen, report=report, probes=probes)


def _saved(chosen: Variant, asked: dict[str, str]) -> Verification | None:
    path, raw = FOLDER / f"{chosen.name}.json", FOLDER / f"{chosen.name}.libc.json"
    try:
        report = reports.load(path)
        probes = probe_report.read(chosen.tag, raw.read_text(encoding="utf-8"))
    except (CheckFailed, OSError):
        return None
    if {name: report.facts.get(name) for name in asked} != asked:
        return None
    return Verification(variant=chosen, report=report, probes=probes)


def require(report: Report) -> None:
    """Nothing failed, and all ten components passed: a component that could not be asked is not verified.

    Raises:
        CheckFailed: otherwise.
    """
    wrong = [
        check
        for check in report.checks
        if check.verdict is Verdict.FAILED or (check.area == reader.AREA and check.verdict is not Verdict.PASSED)
    ]
    if wrong:
        raise CheckFailed(
            f"{len(wrong)} of {len(report.checks)} checks of {report.subject} did not pass",
            where=str(FOLDER / f"{report.subject}.md"),
            details="\n".join(f"{check.area}/{check.name}: {check.detail}" for check in wrong),
        )


def main() -> None:
    """`python -m automation.verify VARIANT`, which the Nox sessions call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", choices=sorted(VARIANTS))
    parser.add_argument("--platform", help="another platform than this engine's, such as linux/arm64")
    parser.add_argument("--thorough", action="store_true", help="with those of the application's tests that take long")
    wanted = parser.parse_args()
    with console.exit_on_error():
        os.chdir(paths.ROOT)
        require(verify(variant(wanted.variant), platform=wanted.platform, thorough=wanted.thorough).report)


if __name__ == "__main__":
    main()

"""The two libcs against each other: only what differs, whether the application reaches it, and whether it does harm."""

from __future__ import annotations

import argparse
import os

from automation import bases, compatibility, console, paths, reports, verify
from automation.bases import ALPINE, SLIM
from automation.errors import Stale
from automation.libc import differ, reach
from automation.reports import Check, Report, Verdict
from automation.verify import Verification

SUBJECT = "parity"
# Compared verdict by verdict. Libraries are other files on the other libc, and libc probes are compared by answer.
COMPARED = ("tests", "container", "components")


def verdicts(one: Report, other: Report) -> tuple[Check, ...]:
    """A check for each area: every test and component came to the same on both sides, or which did not."""
    found = []
    for area in COMPARED:
        sides = [{check.name: check.verdict for check in report.of(area)} for report in (one, other)]
        names = sorted(sides[0].keys() | sides[1].keys())
        pairs = [(name, sides[0].get(name, "absent"), sides[1].get(name, "absent")) for name in names]
        different = [
            f"{name}: {left} in {one.subject}, {right} in {other.subject}"
            for name, left, right in pairs
            if left != right
        ]
        if not names:
            verdict, detail = Verdict.SKIPPED, "neither side has any"
        elif different:
            verdict, detail = Verdict.FAILED, "; ".join(different)
        else:
            verdict, detail = Verdict.PASSED, f"{len(names)} alike"
        found.append(Check(area="verdicts", name=area, verdict=verdict, detail=detail))
    return tuple(found)


def compare(glibc: Verification, musl: Verification) -> tuple[Report, list[differ.Difference]]:
    """The report on two verifications, and the differences of their libcs."""
    reached = reach.scan({**reach.application(), **reach.closure()})
    differences = differ.compare(glibc.probes, musl.probes, reached)
    facts = {
        verification.variant.name: f"{verification.probes.libc}, Python {verification.probes.python}"
        for verification in (glibc, musl)
    }
    unscanned = (
        Check(area="reach", name=name, verdict=Verdict.SKIPPED, detail="not installed here, so not looked into")
        for name in reached.unscanned
    )
    checks = (*verdicts(glibc.report, musl.report), *differ.checks(differences), *unscanned)
    return Report(subject=SUBJECT, facts=facts, checks=checks), differences


def parity(*, record: bool) -> None:
    """Verify both variants where that has not been done, compare them, and hold the record in docs/ against it.

    Args:
        record: write the record anew.

    Raises:
        CheckFailed: a variant is not verified, or a difference does harm or is not explained.
        Stale: the record is of the same versions and says something else.
    """
    glibc, musl = (verify.verify(bases.plain(base), reuse=True) for base in (SLIM, ALPINE))
    report, differences = compare(glibc, musl)
    differ.show(differences)
    reports.show(report)
    reports.save(report, verify.FOLDER)
    for verified in (glibc.report, musl.report, report):
        verify.require(verified)
    made = compatibility.record((musl, glibc), differences)
    if record:
        compatibility.write(made)
        console.note("`invoke docs` makes the page")
    elif compatibility.contradicts(made):
        raise Stale(
            "the compatibility record says something else than what was found",
            where=str(compatibility.RECORD),
            hint="run `nox -s parity -- --record`, then `invoke docs`, and commit both",
            details=compatibility.difference(made),
        )


def main() -> None:
    """`python -m automation.parity [--record]`, which the Nox session calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="write docs/compatibility.json anew")
    wanted = parser.parse_args().record
    with console.exit_on_error():
        os.chdir(paths.ROOT)
        parity(record=wanted)


if __name__ == "__main__":
    main()

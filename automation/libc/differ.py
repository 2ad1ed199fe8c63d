"""Two images: what differs between their libcs, and what of it the application can reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from automation import console
from automation.bases import Libc
from automation.errors import CheckFailed
from automation.libc.catalogue import BY_PROBE
from automation.libc.conformance import explained, shown
from automation.libc.dismissals import dismissal
from automation.libc.expectations import Effect
from automation.libc.probe_report import OK, SKIPPED, Answer, ProbeReport
from automation.libc.reach import Place, Reach
from automation.reports import Check, Verdict

AREA = "libc parity"
# Places named in one line.
NAMED = 3
ABSENT = Answer(status="error", reason="the probe was not asked")


class Kind(StrEnum):
    """What a difference is."""

    KNOWN = "known"
    UNEXPLAINED = "unexplained"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two answers that are not the same.

    Attributes:
        reachable: where the application or a dependency gets there, without the places that were looked into and
            dismissed.
        dismissed: those, each with the reason.
        effect: what it does to who gets there; None where that is not known.
        why: why the effect is that, or why nothing is known.
    """

    probe: str
    kind: Kind
    glibc: Answer
    musl: Answer
    reachable: tuple[Place, ...] = ()
    dismissed: tuple[str, ...] = ()
    effect: Effect | None = None
    why: str

    @property
    def harmless(self) -> bool:
        """Whether it does no harm, wherever it is reached from."""
        return self.effect is Effect.HARMLESS


def compare(glibc: ProbeReport, musl: ProbeReport, reach: Reach) -> list[Difference]:
    """Everything in which two reports differ, and what could not be asked in either.

    Raises:
        CheckFailed: a report is of another libc than it is given for.
    """
    for report, libc in ((glibc, Libc.GLIBC), (musl, Libc.MUSL)):
        if not report.libc.startswith(libc):
            raise CheckFailed(f"its libc is {report.libc}, not {libc}", where=report.subject)
    found = []
    for name in dict.fromkeys((*glibc.answers, *musl.answers, *BY_PROBE)):
        one, other = glibc.answers.get(name, ABSENT), musl.answers.get(name, ABSENT)
        if one != other or one.status != OK:
            found.append(_difference(name, one, other, reach))
    return found


def _difference(name: str, glibc: Answer, musl: Answer, reach: Reach) -> Difference:
    entry = BY_PROBE.get(name)
    answers = {Libc.GLIBC: glibc, Libc.MUSL: musl}
    failed = [f"{libc}: {answer.reason}" for libc, answer in answers.items() if answer.status not in (OK, SKIPPED)]
    skipped = [f"{libc}: {answer.reason}" for libc, answer in answers.items() if answer.status == SKIPPED]
    if failed or skipped:
        kind = Kind.ERROR if failed else Kind.SKIPPED
        return Difference(probe=name, kind=kind, glibc=glibc, musl=musl, why="; ".join(failed or skipped))
    known = entry.known if entry is not None else None
    wrong = [libc for libc, answer in answers.items() if entry is None or not explained(entry, answer, libc)]
    if entry is None or known is None or wrong:
        why = f"not what the catalogue expects on {' and '.join(wrong)}" if wrong else "the catalogue knows of none"
        return Difference(probe=name, kind=Kind.UNEXPLAINED, glibc=glibc, musl=musl, why=why)
    places, dismissed = _places(entry.reached_by, reach)
    return Difference(
        probe=name,
        kind=Kind.KNOWN,
        glibc=glibc,
        musl=musl,
        reachable=places,
        dismissed=dismissed,
        effect=known.effect,
        why=f"{known.cause}: {known.why} ({known.source})",
    )


def _places(patterns: Iterable[str], reach: Reach) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """The places that count, and those that do not, with the reason."""
    counted, dismissed = set(), set()
    for pattern in patterns:
        for place in reach.of([pattern]):
            why = dismissal(pattern, place)
            if why is None:
                counted.add(place)
            else:
                dismissed.add(f"{place.file}: {why}")
    return reach.ordered(counted), tuple(sorted(dismissed))


def checks(differences: Iterable[Difference]) -> tuple[Check, ...]:
    """A check for each difference.

    Failed: the catalogue does not explain it, a probe failed, or it does harm and is reached. Skipped: it could not be
    asked on either side.
    """
    return tuple(_check(difference) for difference in differences)


def _check(difference: Difference) -> Check:
    detail = difference.why
    if difference.kind is Kind.SKIPPED:
        verdict = Verdict.SKIPPED
    elif difference.kind is not Kind.KNOWN:
        verdict = Verdict.FAILED
        glibc, musl = contrast(difference.glibc, difference.musl)
        detail += f"; glibc {glibc}, musl {musl}"
    else:
        harm = difference.effect is Effect.HARMFUL and difference.reachable
        verdict = Verdict.FAILED if harm else Verdict.PASSED
        detail = f"{difference.effect}, {where(difference)}; {detail}"
    return Check(area=AREA, name=difference.probe, verdict=verdict, detail=detail)


def where(difference: Difference) -> str:
    """`reached at …`, or that it is not, in a few words."""
    places = difference.reachable
    if not places:
        return "reached where it does no harm" if difference.dismissed else "not reached"
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    return f"reached at {', '.join(map(str, places[:NAMED]))}{more}"


def show(differences: Iterable[Difference]) -> None:
    """The differences for people, with both answers."""
    rows = []
    for difference in differences:
        glibc, musl = contrast(difference.glibc, difference.musl)
        meaning = f"{difference.effect or difference.kind}, {where(difference)}\n{difference.why}"
        rows.append((difference.probe, f"glibc {glibc}\nmusl {musl}", "\n".join((meaning, *difference.dismissed))))
    console.table("glibc and musl differ", ("probe", "answers", "what it means"), rows)


def contrast(glibc: Answer, musl: Answer) -> tuple[str, str]:
    """Two answers for people; of two objects only the members that differ."""
    one, other = glibc.value, musl.value
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in dict.fromkeys((*one, *other)) if one.get(key) != other.get(key)]
        return shown({key: one.get(key) for key in keys}), shown({key: other.get(key) for key in keys})
    return said(glibc), said(musl)


def said(answer: Answer) -> str:
    """An answer for people, whatever became of it."""
    return shown(answer.value) if answer.status == OK else f"{answer.status}: {answer.reason}"

"""What is in an image: its sizes, its programs, its packages, and what is known against them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from automation import console, ownership
from automation.compare import tools
from automation.compare.facts import Figure, counted, skipped
from automation.layers import Contents, EntryKind
from automation.ownership import Component, Kind
from automation.vulnerabilities import python_packages
from automation.vulnerabilities.findings import Answer, Finding, Scope
from automation.vulnerabilities.python_packages import Pin

NO_SYSTEM_INDEX = "no index of advisories for system packages is asked"
NONE_ANSWERED = "no index of advisories answered"


def figures(contents: Contents) -> dict[str, Figure]:
    """What can be counted of an image that was read with `keep=ownership.wanted`."""
    size = contents.size
    files = sum(entry.kind is EntryKind.FILE for entry in contents.entries.values())
    owners = frozenset(ownership.owners(contents).values())
    system = tuple(sorted({owner.name for owner in owners if owner.kind in (Kind.SYSTEM, Kind.LIBC)}))
    return {
        "disk": Figure(value=size.disk_bytes),
        "pull": Figure(value=size.pull_bytes),
        "layers": Figure(value=len(contents.layers)),
        "files": Figure(value=files),
        "setuid": counted(tools.setuid(contents)),
        "shells": counted(tools.found(contents, tools.SHELLS)),
        "package_managers": counted(tools.found(contents, tools.PACKAGE_MANAGERS)),
        "compilers": counted(tools.found(contents, tools.COMPILERS)),
        "python_packages": counted(tuple(str(pin) for pin in sorted(pins(owners)))),
        "system_packages": counted(system),
        "system_vulnerabilities": skipped(NO_SYSTEM_INDEX) if system else counted(()),
    }


def pins(owners: Iterable[Component]) -> frozenset[Pin]:
    """The Python packages among the owners of files; the application itself is none."""
    return frozenset(Pin(owner.name, owner.version) for owner in owners if owner.kind is Kind.PYTHON)


def vulnerabilities(
    installed: Mapping[str, frozenset[Pin]],
    ask: Callable[[frozenset[Pin], Scope], Answer] = python_packages.ask,
) -> dict[str, Figure]:
    """What is known against the Python packages of each image. The indexes are asked once about all of them.

    Args:
        installed: the packages by image.
        ask: what asks the indexes.
    """
    answer = ask(frozenset[Pin]().union(*installed.values()), Scope.PRODUCTION)
    if answer.reason:
        console.warning(answer.reason)
    return {name: judged(answer, packages) for name, packages in installed.items()}


def judged(answer: Answer, packages: frozenset[Pin]) -> Figure:
    """The vulnerabilities of some of the packages that an answer is about; unknown where one of them is."""
    if answer.reason:
        return skipped(NONE_ANSWERED)
    unknown = {name for name, _ in answer.unknown} & set(map(str, packages))
    if unknown:
        return skipped(f"{NONE_ANSWERED} for {', '.join(sorted(unknown))}")
    return counted(tuple(_line(item) for item in answer.findings if Pin(item.package, item.version) in packages))


def _line(finding: Finding) -> str:
    return f"{finding.package} {finding.version}: {finding.id}"

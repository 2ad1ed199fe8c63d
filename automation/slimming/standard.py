"""The part of the standard library that the image does without, and who would miss it."""

from __future__ import annotations

from collections.abc import Iterable, Set
from fnmatch import fnmatchcase

from automation.slimming import catalogue, modules
from automation.slimming.catalogue import Step

UNWANTED = {name for names in catalogue.STANDARD_LIBRARY.values() for name in names}


def is_unwanted(name: str) -> bool:
    """Whether a module, or the package it is in, is left out."""
    return any(part in UNWANTED for part in modules.parents(name))


def left_out(found: Iterable[str], steps: frozenset[Step]) -> dict[str, str]:
    """The modules of a standard library that are left out, and by which step."""
    if Step.STANDARD_LIBRARY not in steps:
        return {}
    return {name: str(Step.STANDARD_LIBRARY) for name in found if is_unwanted(name)}


def check(kept: Iterable[modules.Module], removed: Set[str]) -> list[str]:
    """Imports of modules that were left out by modules that stay, but those that the catalogue tolerates.

    Args:
        removed: the full names of what was left out.
    """
    problems = set()
    for module in kept:
        for link in module.source.imports:
            targets = [link.target, *(f"{link.target}.{name}" for name in link.names)]
            gone = next((target for target in targets if target in removed), None)
            if gone is not None and not any(
                _tolerates(entry, module.name, link, gone) for entry in catalogue.TOLERATED
            ):
                problems.add(f"{module.name}{f', {link.scope}' if link.scope else ''}: imports {gone}")
    return sorted(problems)


def _tolerates(entry: tuple[str, str], module: str, link: modules.Import, target: str) -> bool:
    return fnmatchcase(f"{module}:{link.scope}", entry[0]) and fnmatchcase(target, entry[1])

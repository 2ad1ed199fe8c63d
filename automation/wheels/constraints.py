"""Poetry's version constraints (`^1.2`, `~3.8`, `>=3.8,<4 || >=5`) as the specifiers that everybody else uses.

Source: Poetry's documentation, "Dependency specification".
"""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_CLAUSE = re.compile(r"(\^|~(?!=)|~=|===|==|!=|<=|>=|<|>)?\s*([^\s,<>=!~^]+)")


def specifiers(constraint: str) -> tuple[str, ...]:
    """The alternatives of a constraint, each one set of specifiers; empty when any version fits.

    Raises:
        ValueError: it is not a constraint.
    """
    alternatives = tuple(_alternative(part) for part in re.split(r"\|\|?", constraint))
    return () if "" in alternatives else alternatives


def _alternative(text: str) -> str:
    clauses = [_clause(sign, version) for sign, version in _CLAUSE.findall(text)]
    joined = ",".join(clause for clause in clauses if clause)
    try:
        SpecifierSet(joined)
    except InvalidSpecifier as error:
        raise ValueError(f"not a version constraint: {text.strip()!r} ({error})") from None
    return joined


def _clause(sign: str, version: str) -> str:
    if version == "*":
        return ""
    if sign in ("^", "~"):
        try:
            release = Version(version).release
        except InvalidVersion:
            raise ValueError(f"not a version constraint: {sign}{version}") from None
        return f">={version},<{_next(sign, release)}"
    return f"{sign or '=='}{version}"


def _next(sign: str, release: tuple[int, ...]) -> str:
    """The first version that `^release` or `~release` shuts out."""
    if sign == "~":
        place = min(1, len(release) - 1)
    else:
        # The leftmost part that is not zero stays; of zeros alone, the last one given.
        place = next((number for number, part in enumerate(release) if part), len(release) - 1)
    return ".".join(map(str, (*release[:place], release[place] + 1)))


def fits(version: str, alternatives: tuple[str, ...]) -> bool:
    """Whether a version fits one of the alternatives; any does where there are none."""
    return not alternatives or any(SpecifierSet(one).contains(version, prereleases=True) for one in alternatives)


def python_marker(constraint: str) -> str:
    """A constraint on Python as a marker; empty when any version fits.

    Raises:
        ValueError: it is not a constraint.
    """
    alternatives = [
        " and ".join(f'python_full_version {one.operator} "{one.version}"' for one in SpecifierSet(alternative))
        for alternative in specifiers(constraint)
    ]
    return alternatives[0] if len(alternatives) == 1 else " or ".join(f"({one})" for one in alternatives)

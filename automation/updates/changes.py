"""The changes that updates are measured with, each made in a copy of the checkout."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from packaging.version import Version

from automation.checkouts import Checkout
from automation.errors import NetworkUnavailable
from automation.wheels import index
from automation.wheels.graph import Package

REQUIREMENTS = "requirements.txt"
# A small one of pure Python that others need in any version.
DEPENDENCY = "idna"
CODE_GOAL = 500_000


@dataclass(frozen=True, kw_only=True)
class Change:
    """One way in which N+1 differs from N.

    Attributes:
        make: changes the copy and says what it did.
        goal: how many bytes it should cost at most; None where there is no such promise.

    Raises:
        NetworkUnavailable: from `make`, when what it needs can't be known here.
    """

    name: str
    title: str
    make: Callable[[Checkout], str]
    goal: int | None = None


def code(checkout: Checkout) -> str:
    """One line of the application."""
    checkout.edit("autoarr/errors.py", lambda text: f'{text}\n\nUPDATED = "by one line"\n')
    return "a line of autoarr/errors.py"


def ui(checkout: Checkout) -> str:
    """One line of the interface."""
    checkout.edit(
        "autoarr/ui/src/main.tsx",
        lambda text: f"{text}\ndocument.documentElement.setAttribute('data-updated', 'yes')\n",
    )
    return "a line of autoarr/ui/src/main.tsx"


def dependency(checkout: Checkout) -> str:
    """One dependency in its version before the locked one; which way it goes makes no difference to the size."""
    text = (checkout.root / REQUIREMENTS).read_text(encoding="utf-8")
    pattern = re.compile(rf"^{DEPENDENCY}==(?P<version>\S+)(?P<marker>[^\\\n]*)(?:\\\n[^\n]*)*", re.MULTILINE)
    found = pattern.search(text)
    if found is None:
        raise NetworkUnavailable(f"{DEPENDENCY} is not locked any more", hint="name another in automation/updates")
    locked = found["version"]
    version, digest = another(index.listings([Package(name=DEPENDENCY, version=locked, files=())])[DEPENDENCY], locked)
    line = f"{DEPENDENCY}=={version}{found['marker']}\\\n    --hash={digest}"
    checkout.edit(REQUIREMENTS, lambda text: pattern.sub(lambda _: line, text))
    return f"{DEPENDENCY} {locked} → {version}"


def another(listing: index.Listing, locked: str) -> tuple[str, str]:
    """The newest version before the locked one that has a wheel for everything, and the wheel's digest.

    Raises:
        NetworkUnavailable: the index names none.
    """
    for version in sorted(listing.files, reverse=True):
        if version >= Version(locked) or version.is_prerelease:
            continue
        for file in listing.files[version]:
            if file.name.endswith("-py3-none-any.whl") and file.digest:
                return str(version), file.digest
    raise NetworkUnavailable(
        f"the index names no other version of {DEPENDENCY}",
        details=listing.problem,
        hint="measure it where one answers",
    )


CHANGES = (
    Change(name="code", title="a line of application code", make=code, goal=CODE_GOAL),
    Change(name="ui", title="a line of the UI", make=ui),
    Change(name="dependency", title="one dependency", make=dependency),
)

"""Whether every module that an image has imports there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from automation import containers
from automation.errors import CheckFailed

PROGRAM = Path(__file__).with_name("program.py")
# Seconds; an image that nothing was left out of has 9,000 modules.
TIMEOUT = 300


@dataclass(frozen=True, kw_only=True)
class Importability:
    """The modules of an image, and by name why some of them don't import: the module that is missing, or a message."""

    modules: frozenset[str]
    failed: Mapping[str, str]


def ask(running: containers.Session, image: str) -> Importability:
    """Import every module of an image there, the standard library's and compiled ones included.

    Raises:
        CheckFailed: a module ended the interpreter, or printed in its place.
    """
    program = PROGRAM.read_text(encoding="utf-8")
    container = running.start(
        image,
        command=["python", "-c", program],
        **{**containers.HARDENED, "healthcheck": {"test": ["NONE"]}},
    )
    code = container.wait(timeout=TIMEOUT)["StatusCode"]
    if code != 0:
        raise CheckFailed(
            f"importing every module ended with exit code {code}", where=image, details=containers.logs(container)
        )
    said: bytes = container.logs(stdout=True, stderr=False)
    try:
        found = json.loads(said)
        return Importability(modules=frozenset(found["modules"]), failed=found["failed"])
    except (ValueError, KeyError, TypeError):
        raise CheckFailed(
            "importing every module came to an early end", where=image, details=containers.logs(container)
        ) from None

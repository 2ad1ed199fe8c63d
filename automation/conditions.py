"""What measured figures hold for, and how much of it is kept beside them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from automation import git
from automation.engine import Engine

KEPT = ("platform", "cores")
"""What stands in a record: not what only tells when or where it was measured."""


def of(engine: Engine) -> dict[str, str]:
    """The commit, the engine, the machine and the day."""
    cores = engine.docker("info", "--format", "{{.NCPU}}", check=False, echo=False).stdout.strip()
    return {
        "commit": git.commit().label or "unknown",
        "platform": engine.platform,
        "engine": f"{engine.version} ({engine.kind})",
        "cores": cores or str(os.cpu_count() or "unknown"),
        "date": datetime.now(UTC).date().isoformat(),
    }


def kept(conditions: Mapping[str, str]) -> dict[str, str]:
    """As much of them as a record keeps."""
    return {name: conditions[name] for name in KEPT if name in conditions}

"""Run the probes in an image, as the application runs there, and read what they print."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from automation import containers
from automation.errors import CheckFailed
from automation.libc import bundle, probe_report
from automation.libc.probe_report import ProbeReport
from automation.libc.probes import dns_stub

# All probes take under a minute; each has its own, shorter limit.
TIMEOUT = 300.0
POLL = 0.5
# No network but loopback, where the stub is the only DNS server; the hardened options, and a /tmp for the file probes.
OPTIONS: Mapping[str, Any] = {
    **containers.HARDENED,
    "network_mode": "none",
    "dns": list(dns_stub.SERVERS),
    "dns_search": [dns_stub.SEARCH],
    "dns_opt": ["timeout:1", "attempts:2"],
    "tmpfs": {"/tmp": "rw,exec,size=64m,mode=1777"},  # noqa: S108 - a container's
    "healthcheck": {"test": ["NONE"]},
}


def collect(running: containers.Session, image: str) -> ProbeReport:
    """Run every probe in an image of the engine.

    Raises:
        CheckFailed: the probes did not come to their end there, or printed something else than a report.
    """
    container = running.start(image, entrypoint=["python", "-c"], command=[bundle.program()], **OPTIONS)
    deadline = time.monotonic() + TIMEOUT
    while container.attrs["State"]["Status"] not in ("exited", "dead"):
        if time.monotonic() > deadline:
            raise CheckFailed(
                f"the probes did not end within {TIMEOUT:.0f} s", where=image, details=containers.logs(container)
            )
        time.sleep(POLL)
        container.reload()
    code = container.attrs["State"]["ExitCode"]
    if code != 0:
        raise CheckFailed(
            f"the probes ended with exit code {code}",
            where=image,
            hint="the image needs a `python` of 3.8 or newer; its last lines follow",
            details=containers.logs(container),
        )
    return probe_report.read(image, container.logs(stdout=True, stderr=False).decode(errors="replace"))

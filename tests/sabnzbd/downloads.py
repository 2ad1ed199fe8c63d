"""Downloads that fail, because the news server has no article of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from automation.sabnzbd import Sabnzbd
from tests.sabnzbd import nntp

PATIENCE = 60.0


MISSING = "Download failed - Not on your server(s) - https://sabnzbd.org/not-complete"
HOPELESS = "Aborted, cannot be completed - https://sabnzbd.org/not-complete"


def add(sabnzbd: Sabnzbd, folder: Path, name: str, *, files: int = 1, segments: int = 3, **options: str) -> str:
    """Add an NZB; its `nzo_id`."""
    file = folder / f"{name}.nzb"
    file.write_text(nntp.nzb(name, files=files, segments=segments), encoding="utf-8")
    answer = sabnzbd.ask("addlocalfile", name=str(file), **options).json()
    assert answer["status"] is True
    (nzo_id,) = answer["nzo_ids"]
    return str(nzo_id)


def wait_for_failure(sabnzbd: Sabnzbd, nzo_id: str) -> dict[str, Any]:
    """The history's entry of a download, once it has failed and is filed: only then it can be tried again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        slots = sabnzbd.ask("history", failed_only=1).json()["history"]["slots"]
        for slot in slots:
            if slot["nzo_id"] == nzo_id and slot["retry"]:
                return dict(slot)
        assert time.monotonic() < deadline, sabnzbd.ask("queue").body
        time.sleep(0.1)


def use_server(sabnzbd: Sabnzbd, folder: Path) -> None:
    """Have it ask its news server for something, until it has counted the bytes."""
    wait_for_failure(sabnzbd, add(sabnzbd, folder, "Some.Show.S01E01"))
    deadline = time.monotonic() + 60
    while not sabnzbd.ask("server_stats").json()["servers"].get("stub", {}).get("total"):
        assert time.monotonic() < deadline, sabnzbd.ask("server_stats").body
        time.sleep(0.1)

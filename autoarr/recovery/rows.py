"""What the rows of Sonarr's or Radarr's queue say of one download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autoarr.recovery.classify import Classified, classify, classify_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from autoarr.recovery.seen import Stage
    from autoarr.upstream.models import QueueRecord

FAILED = frozenset({"failed", "failedpending"})
IMPORTING = frozenset({"importpending", "importblocked"})
TROUBLED = frozenset({"warning", "error"})


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one service tells of a download that failed or waits.

    Attributes:
        message: its words.
        since: when it happened, where that is told.
    """

    stage: Stage
    title: str
    message: str
    cause: Classified
    since: datetime | None = None


def read_rows(kind: str, rows: Sequence[QueueRecord], language: str) -> Told | None:
    """Tell what is wrong with a download; None where nothing is.

    Args:
        kind: sonarr or radarr.
        rows: each of them tells of the whole download.
        language: that the SABnzbd is set to whose words are passed on.
    """
    if not rows:
        return None
    states = {(row.tracked_download_state or "").lower() for row in rows}
    troubled = is_troubled(rows)
    failed = bool(states & FAILED) or any(row.status == "failed" for row in rows)
    ended = failed or bool(states & IMPORTING) or any(row.status == "completed" for row in rows)
    messages = _status_messages(rows)
    passed_on = next((row.error_message for row in rows if row.error_message), "")
    title = next((row.title for row in rows if row.title), "")
    if not (failed or (troubled and (ended or passed_on))):
        return None
    cause = classify_all(kind, messages)
    text = "; ".join(messages)
    if cause.failure == "not_grabbed":
        return Told(stage="not_grabbed", title=title, message=text, cause=cause)
    # What it passes on from SABnzbd is of the download, which failed even where it only warns of that.
    if failed or not ended:
        return Told(
            stage="failed", title=title, message=passed_on or text, cause=classify("sabnzbd", passed_on, language)
        )
    if cause.failure == "unclassified":
        cause = Classified(failure="import_blocked", reason=cause.reason)
    return Told(stage="import_blocked", title=title, message=text, cause=cause)


def is_troubled(rows: Iterable[QueueRecord]) -> bool:
    """Whether their service complains of any of them."""
    return any((row.tracked_download_status or "").lower() in TROUBLED for row in rows)


def _status_messages(rows: Iterable[QueueRecord]) -> list[str]:
    """Its messages, each once. A title is a message where there is none below it, and else a file's name."""
    said = (one.messages or [one.title or ""] for row in rows for one in row.status_messages)
    return list(dict.fromkeys(text for texts in said for text in texts if text))

"""What is wrong with a SABnzbd itself: then a download that fails, or waits, is not to blame."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from autoarr.recovery.classify import Classified, classify
from autoarr.recovery.messages import FULL_DISK, NEWS_SERVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autoarr.recovery.asking import SabnzbdWord
    from autoarr.upstream.models import SabHistorySlot, SabSlot, SabWarning

MARGIN_S = 60
"""Seconds between the moments of what belongs together."""


def find_server_trouble(word: SabnzbdWord, slot: SabHistorySlot) -> str | None:
    """Give what a news server said while a download was tried.

    SABnzbd takes a refused login for articles that are missing. It warns once, when the trouble begins, and keeps
    the text with the server until it is over.
    """
    began, ended = (slot.time_added or slot.completed or 0) - MARGIN_S, (slot.completed or 0) + MARGIN_S
    warned = {warning.text: warning.time or 0 for warning in find_warnings(word, NEWS_SERVER)}
    for text in word.troubles.servers:
        if warned.get(text, 0) <= ended:
            return text
    return next((text for text, at in warned.items() if began <= at <= ended), None)


def find_full_disk(word: SabnzbdWord, known: frozenset[str]) -> tuple[SabSlot, SabWarning] | None:
    """Give the download that waits because SABnzbd paused itself when its disk was full, and its warning.

    Somebody may have paused it since for other reasons: so only while there is no room, or for one of those that
    are known to wait for it.

    Args:
        known: ids of downloads that were seen waiting for room.
    """
    warning = max(find_warnings(word, FULL_DISK), key=lambda warning: warning.time or 0, default=None)
    if not word.paused or warning is None:
        return None
    waiting = next((slot for slot in word.slots if slot.nzo_id in known), None)
    if waiting is None and word.slots and _lacks_room(word, word.slots[0]):
        waiting = word.slots[0]
    return (waiting, warning) if waiting else None


def find_warnings(word: SabnzbdWord, meaning: str) -> Iterator[SabWarning]:
    """Give the warnings of its log that are of one meaning, the oldest first."""
    for warning in word.troubles.warnings:
        found: Classified = classify("sabnzbd", warning.text, word.troubles.language)
        if found.reason == meaning:
            yield warning


def moment(seconds: int | None, otherwise: datetime) -> datetime:
    """Seconds since the epoch, as a moment."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else otherwise


def _lacks_room(word: SabnzbdWord, slot: SabSlot) -> bool:
    size = (slot.mb or 0) * 2**20
    pairs = zip(word.free, word.troubles.wanted_free, strict=True)
    return any(free is not None and free < wanted + size for free, wanted in pairs)

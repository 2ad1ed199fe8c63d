"""Why a download failed, from what was said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autoarr.recovery.messages import ARR, HEADING, LOCAL_SIGNS, SABNZBD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoarr.policy import Failure
    from autoarr.recovery.messages import Known

ENGLISH = "en"

_BLAMING: tuple[Failure, ...] = ("bad_release", "missing")
"""What is held against a release, and may have it blocklisted."""


def _compile(table: Sequence[Known]) -> list[tuple[re.Pattern[str], Known]]:
    flags = re.IGNORECASE | re.DOTALL
    return [(re.compile("|".join(f"(?:{text})" for text in known.texts), flags), known) for known in table]


_SAYS = {"sabnzbd": _compile(SABNZBD), "sonarr": _compile(ARR), "radarr": _compile(ARR)}
_HEADING = re.compile(HEADING, re.IGNORECASE)
_LOCAL = re.compile(LOCAL_SIGNS, re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Classified:
    """The class of a failure, and why, in a sentence."""

    failure: Failure
    reason: str


UNEXPLAINED = Classified(failure="unclassified", reason="No reason was given for it.")


def classify(source: str, message: str, language: str = ENGLISH) -> Classified:
    """Give the class of one message.

    A message that names a fault of the machine is never held against the release, whatever else it says.

    Args:
        source: the kind of the service whose words they are; what Sonarr passes on from SABnzbd is SABnzbd's.
        language: that this service is set to. Only English is understood.
    """
    said = message.strip()
    if not said:
        return UNEXPLAINED
    if language.lower().partition("_")[0].partition("-")[0] != ENGLISH:
        return Classified(
            failure="unclassified",
            reason=f"The message is in the language “{language}”, and only English ones are understood.",
        )
    known = next((known for pattern, known in _SAYS[source] if pattern.fullmatch(said)), None)
    names_local = _LOCAL.search(said) is not None
    if known is None and names_local and source == "sabnzbd":
        return Classified(failure="local", reason="The message names a fault of the machine.")
    if known is None:
        return Classified(failure="unclassified", reason="The message is none that is known.")
    if known.failure in _BLAMING and names_local:
        reason = "The message blames the release and names a fault of the machine as well."
        return Classified(failure="unclassified", reason=reason)
    return Classified(failure=known.failure, reason=known.reason)


def classify_all(source: str, messages: Sequence[str]) -> Classified:
    """Give the class of several messages of Sonarr or Radarr on one download: the most cautious of them.

    A fault of the machine comes first. A release is blamed, or taken for no upgrade, only where all agree.
    """
    told = [message for message in messages if not _HEADING.fullmatch(message.strip())] or messages
    found = [classify(source, message) for message in told]
    local = next((one for one in found if one.failure == "local"), None)
    if local is not None:
        return local
    classes = {one.failure for one in found}
    if len(classes) == 1:
        return found[0]
    for failure in ("unclassified", "import_blocked"):
        if failure in classes:
            return next(one for one in found if one.failure == failure)
    return (
        Classified(failure="unclassified", reason="What is said of it doesn't fit together.") if found else UNEXPLAINED
    )

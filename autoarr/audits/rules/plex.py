"""Rules for Plex."""

from __future__ import annotations

from collections.abc import Iterator

from autoarr.audits.checks import as_bool, judge
from autoarr.audits.model import Result, Rule, Seen, Severity, Snapshot, Unknown
from autoarr.changes.fix import Fix

_SOURCE = "https://trash-guides.info/Plex/Tips/Plex-media-server/#"


def _preference(
    rule: str, name: str, wanted: bool | int | str, severity: Severity, title: str, reason: str, anchor: str
) -> Rule:
    def check(seen: Seen, snapshot: Snapshot) -> Iterator[Result]:
        # Versions of Plex spell some names with other capitals; the fix uses this one's.
        found = [(key, value) for key, value in seen["prefs"].items() if key.lower() == name.lower()]
        if not found or found[0][1] is None:
            raise Unknown(f"the answer has no {name}")
        key, value = found[0]
        if isinstance(wanted, bool):
            value = as_bool(value)
            good = value is wanted
        else:
            good = str(value).strip().lower() == str(wanted)
        yield judge(good, value, Fix(resource="prefs", fields={key: wanted}))

    return Rule(
        id=f"plex.{rule}",
        kinds=("plex",),
        severity=severity,
        title=title,
        wanted=wanted,
        reason=reason,
        source=_SOURCE + anchor,
        check=check,
    )


RULES = (
    _preference(
        "scan-on-change",
        "FSEventLibraryUpdatesEnabled",
        True,
        "warning",
        "Libraries are scanned when files change",
        "What was just imported then appears at once.",
        "scan-my-library-automatically",
    ),
    _preference(
        "partial-scan",
        "FSEventLibraryPartialScanEnabled",
        True,
        "notice",
        "Only the folder that changed is scanned",
        "Scanning everything for each new episode wakes disks and takes long.",
        "run-a-partial-scan-when-changes-are-detected",
    ),
    _preference(
        "empty-trash",
        "autoEmptyTrash",
        True,
        "notice",
        "What is gone from the disk leaves the library",
        "Upgrades replace files, and the old ones would stay listed as unavailable.",
        "empty-trash-automatically-after-every-scan",
    ),
    _preference(
        "scanner-priority",
        "ScannerLowPriority",
        True,
        "notice",
        "Scanning has a low priority",
        "A scan then doesn't disturb those who are watching.",
        "run-scanner-tasks-at-a-lower-priority",
    ),
    _preference(
        "periodic-scan",
        "ScheduledLibraryUpdatesEnabled",
        False,
        "notice",
        "Libraries are not scanned by the clock",
        "Scanning on change suffices; regular scans of everything keep disks busy for nothing.",
        "scan-my-library-periodically",
    ),
    _preference(
        "media-deletion",
        "allowMediaDeletion",
        False,
        "warning",
        "Media can't be deleted from Plex",
        "Files are managed by Sonarr and Radarr; what is deleted elsewhere, they may download again.",
        "allow-media-deletion",
    ),
    _preference(
        "secure-connections",
        "secureConnections",
        1,
        "warning",
        "Secure connections are preferred",
        "Value 1 uses TLS wherever a player can, without shutting out those in the house that can't.",
        "secure-connections",
    ),
    _preference(
        "preview-thumbnails",
        "GenerateBIFBehavior",
        "never",
        "notice",
        "No video preview thumbnails are made",
        "They take much time, processor and disk space for a preview while skipping.",
        "generate-video-preview-thumbnails",
    ),
)

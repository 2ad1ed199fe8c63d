"""What SABnzbd, Sonarr and Radarr say of a download that fails, in English, and what that means.

The texts are those of their sources: SABnzbd's `postproc.py`, `newsunpack.py`, `assembler.py`, `nzbstuff.py` (now
`nzb/object.py`), `urlgrabber.py` and `downloader.py`; Sonarr's and Radarr's `CompletedDownloadService.cs`,
`FailedDownloadService.cs`, `TrackedDownloadService.cs`, the services that import, and `Specifications/*.cs`. A pattern
is for a whole message: what it quotes from a release is in its place, and can't be taken for the message itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autoarr.policy import Failure


@dataclass(frozen=True, kw_only=True)
class Known:
    """Messages that mean the same.

    Attributes:
        reason: what it means, in a sentence.
        texts: regular expressions, each for a whole message in any case of letters.
    """

    failure: Failure
    reason: str
    texts: tuple[str, ...]


FULL_DISK = "The disk is full, or can't be written to: the release is not to blame."
NEWS_SERVER = "SABnzbd can't use its news server, so nothing is known of the release."
_LINK = r"( - https://\S+)?"

LOCAL_SIGNS = (
    r"no space left|disk (is )?full|not enough (free |disk )*space|too little disk ?space|write error|disk error|"
    r"permission denied|access (to .* )?(is |was )?denied|unauthorizedaccess|operation not permitted|"
    r"read-only file ?system|input/output error|disk quota exceeded|quota exceeded|too many open files|"
    r"failed to move|failed moving|cannot create|could not (write|create)|cannot be renamed|\[errno \d+\]|"
    r"file too large for filesystem|file name too long|no such file or directory|stale file handle|"
    r"failed login|cannot connect to server"
)
"""What only a fault of the machine, or of its access to the news server, is called: wherever it stands in a message,
the release is not blamed."""

HEADING = r"One or more (episodes|movies) expected in this release were not imported or missing( from the release)?"
"""What stands above the messages on the single files, and says nothing where there are any."""

SABNZBD: tuple[Known, ...] = (
    Known(
        failure="local",
        reason=FULL_DISK,
        texts=(
            # What unrar says follows it, so that it is longer than the text that Sonarr exempts.
            r"Unpacking failed, write error or disk is full\?.*",
            r"Unpacking failed, disk full",
            r"Unpacking failed, file too large for filesystem \(FAT\?\)",
            r"Repairing failed, Disk full",
            r"(Unpacking|Repairing) failed, \[Errno \d+\] .*",
            r"File join of \[Errno \d+\] .* failed",
            r".* cannot be renamed to .*",
            r"Failed to move files",
            r"Failed moving .* to .*",
            r"Disk full! Forcing Pause",
            r"Too little diskspace forcing PAUSE",
            r"Disk error on creating file .*",
        ),
    ),
    Known(
        failure="local",
        reason=NEWS_SERVER,
        texts=(
            r"Failed login for server .*",
            r"Cannot connect to server .*",
            r"Too many connections to server .*",
            r"Login from too many different IP addresses to server .*",
            r"Server .* will be ignored for \d+ minutes",
            r"Server .* has used the specified quota",
            r"There are no active servers!",
        ),
    ),
    Known(
        failure="missing",
        reason="Too many of its articles are gone from the news servers.",
        texts=(
            r"Aborted, cannot be completed" + _LINK,
            r"Download failed - Not on your server\(s\)" + _LINK,
            r"Download might fail, only .* of required .* available" + _LINK,
            r"Repair failed, not enough repair blocks \(\d+ short\)",
            r"Unpacking failed, unable to find .*",
        ),
    ),
    Known(
        failure="bad_release",
        reason="It is encrypted, or needs a password.",
        texts=(
            r"Aborted, encryption detected",
            r"Unpacking failed, archive requires a password",
            r"ENCRYPTED",
        ),
    ),
    Known(
        failure="bad_release",
        reason="It holds files of a kind that is not wanted.",
        texts=(r"Aborted, unwanted extension detected", r"UNWANTED"),
    ),
    Known(
        failure="bad_release",
        reason="Its files are damaged as they were posted.",
        texts=(
            r"Unpacking failed, CRC error",
            r"Unusable RAR file",
            r"Corrupt RAR file",
            r"RAR files failed to verify",
            r'Some files failed to verify against ".*"',
            r"No details available for recoverable file.*",
            r"Unpack nesting too deep \[.*\]",
            r"Unusable NZB file",
            r"Empty NZB file .*",
        ),
    ),
    Known(
        failure="duplicate",
        reason="SABnzbd had it before.",
        texts=(r"Duplicate NZB", r"DUPLICATE"),
    ),
    Known(
        failure="aborted",
        reason="Its processing was ended before it was done.",
        texts=(r"Post-processing was aborted", r"Pre-queue script marked job as failed"),
    ),
)
"""SABnzbd's messages of failure, its warnings, and the labels of what waits in its queue."""

ARR: tuple[Known, ...] = (
    Known(
        failure="local",
        reason="There is no room, or no access, where it is to be imported: the release is not to blame.",
        texts=(
            r"Not enough free space",
            r"Failed to import (episode|movie), Root folder missing\.",
            r"Failed to import (episode|movie), unable to move existing file to the Recycle Bin\.",
        ),
    ),
    Known(
        failure="bad_release",
        reason="It holds files that are no video, or may do harm.",
        texts=(
            r"Caution: Found potentially dangerous file( with extension: .*)?",
            r"Caution: Found executable file( with extension: '.*')?",
            r"Caution: Found file with user defined rejected extension: '.*'",
        ),
    ),
    Known(
        failure="bad_release",
        reason="It is encrypted, or needs a password.",
        texts=(r"Encrypted download detected",),
    ),
    Known(
        failure="bad_release",
        reason="Its video has no sound.",
        texts=(r"No audio tracks detected",),
    ),
    Known(
        failure="not_an_upgrade",
        reason="What is in the library is as good or better.",
        texts=(
            r"Not an upgrade for existing (episode file\(s\)|movie file)\. Existing quality: .*\. New Quality .*\.",
            r"Not an upgrade for existing (episode|movie) file(\(s\))?\.?",
            r"Not a quality revision upgrade for existing (episode|movie) file\(s\)",
            r"Not a Custom Format upgrade for existing (episode|movie) file\(s\)\. .*",
            r"(Episode|Movie) file already imported at .*",
            r"(Episode|Movie) has already been imported",
        ),
    ),
    Known(
        failure="not_grabbed",
        reason="Neither Sonarr nor Radarr asked for it.",
        texts=(
            r"Download wasn't grabbed by (Sonarr|Radarr) and not in a category, Skipping\.?",
            r"Download has failed wasn't grabbed by (Sonarr|Radarr), skipping automatic download handling",
        ),
    ),
    Known(
        failure="import_blocked",
        reason="It can't be told what it is, so somebody has to say so.",
        texts=(
            r"(Series title mismatch[;,]|Movie title mismatch,) automatic import is not possible\..*",
            r"Found matching (series|movie) via grab history, but release was matched to (series|movie) by ID\..*",
            r"Unable to parse download, automatic import is not possible\.",
            r"Unable to import automatically, found multiple (series|movies): .*",
            r"Unable to parse (file|episodes from title)",
            r"Unknown (Series|Movie)",
            r"Invalid (season or episode|movie)",
            r"Multi-season download, unable to import automatically",
            r"Partial season packs are not supported",
            r"Extras are not supported",
            r"Single episode split into multiple files",
            r"Single episode file contains all episodes in seasons\..*",
            r"File is suspected multi-part file, Radarr doesn't support this",
            r"Episodes? .* (was|were) unexpected considering the .* folder name",
            r"(Episodes?|Movie) .* (was|were) not found in the grabbed release: .*",
            r"Episode file on disk contains more episodes than this file contains",
            r"This show has individual episode mappings on TheXEM but .*",
            r"Episode does not have an absolute episode number and .*",
            r"Episode (does not have a title|has a TBA title) and recently aired",
        ),
    ),
    Known(
        failure="import_blocked",
        reason="What was downloaded is not what can be imported.",
        texts=(
            HEADING,
            r"No files found are eligible for import in .*",
            r"Sample",
            r"Unable to determine if file is a sample",
            r"Found archive file, might need to be extracted",
            r"Invalid video file, (unsupported extension: '.*'|filename starts with '\._')",
            r"Failed to import (episode|movie)",
            r"Failed to import (episode|movie), Destination already exists\.",
            r"Unexpected error processing file",
        ),
    ),
    Known(
        failure="import_blocked",
        reason="Its files are not where they are looked for, or not ready.",
        texts=(
            r"Download doesn't contain intermediate path, Skipping\.",
            r"\[.*\] is not a valid local path\. You may need a Remote Path Mapping\..*",
            r"Import path is mapped to a series folder",
            r"Locked file, try again later",
            r"File is still being unpacked",
        ),
    ),
)
"""Sonarr's and Radarr's messages in their queues and histories."""

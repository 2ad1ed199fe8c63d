"""What SABnzbd, Sonarr and Radarr really say of downloads: each text as its source has it, with values in its gaps."""

from __future__ import annotations

from autoarr.policy import Failure

Row = tuple[str, str, str, Failure]

NOT_COMPLETE = " - https://sabnzbd.org/not-complete"

REAL: tuple[Row, ...] = (
    # SABnzbd 4.5 and 5: whose words, the file of its source, the text, its class.
    ("sabnzbd", "nzbstuff.py", "Aborted, cannot be completed" + NOT_COMPLETE, "missing"),
    ("sabnzbd", "postproc.py", "Download failed - Not on your server(s)" + NOT_COMPLETE, "missing"),
    (
        "sabnzbd",
        "postproc.py",
        "Download might fail, only 88.2% of required 100.2% available" + NOT_COMPLETE,
        "missing",
    ),
    ("sabnzbd", "newsunpack.py", "Repair failed, not enough repair blocks (27 short)", "missing"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, unable to find Some.Show.S01E01.part03.rar", "missing"),
    ("sabnzbd", "assembler.py", "Aborted, encryption detected", "bad_release"),
    ("sabnzbd", "assembler.py", "Aborted, unwanted extension detected", "bad_release"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, archive requires a password", "bad_release"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, CRC error", "bad_release"),
    ("sabnzbd", "newsunpack.py", "Unusable RAR file", "bad_release"),
    ("sabnzbd", "newsunpack.py", "Corrupt RAR file", "bad_release"),
    ("sabnzbd", "newsunpack.py", "No details available for recoverable file number 3.", "bad_release"),
    ("sabnzbd", "newsunpack.py", "Unpack nesting too deep [Some.Film.2020]", "bad_release"),
    ("sabnzbd", "postproc.py", "RAR files failed to verify", "bad_release"),
    ("sabnzbd", "postproc.py", 'Some files failed to verify against "show.sfv"', "bad_release"),
    ("sabnzbd", "urlgrabber.py", "Unusable NZB file", "bad_release"),
    ("sabnzbd", "urlgrabber.py", "Empty NZB file Some.Show.S01E01.nzb", "bad_release"),
    ("sabnzbd", "nzbstuff.py", "ENCRYPTED", "bad_release"),
    ("sabnzbd", "nzbstuff.py", "UNWANTED", "bad_release"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, write error or disk is full?", "local"),
    (
        "sabnzbd",
        "newsunpack.py",
        "Unpacking failed, write error or disk is full? in the file /complete/_UNPACK_Show/show.mkv",
        "local",
    ),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, write error or disk is full? No space left on device", "local"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, write error or disk is full? Permission denied", "local"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, disk full", "local"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, file too large for filesystem (FAT?)", "local"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, [Errno 28] No space left on device: '/complete/show.mkv'", "local"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, [Errno 13] Permission denied: '/complete/show'", "local"),
    ("sabnzbd", "newsunpack.py", "Repairing failed, Disk full", "local"),
    ("sabnzbd", "newsunpack.py", "Repairing failed, [Errno 30] Read-only file system: 'show.par2'", "local"),
    ("sabnzbd", "newsunpack.py", "File join of [Errno 28] No space left on device failed", "local"),
    ("sabnzbd", "newsunpack.py", '"/incomplete/show.mkv" cannot be renamed to "/incomplete/show.mkv.1"', "local"),
    ("sabnzbd", "newsunpack.py", "ERROR: write error: No space left on device", "local"),
    ("sabnzbd", "postproc.py", "Failed to move files", "local"),
    ("sabnzbd", "postproc.py", "Failed moving /incomplete/show/show.mkv to /complete/show/show.mkv", "local"),
    ("sabnzbd", "assembler.py", "Disk full! Forcing Pause", "local"),
    ("sabnzbd", "assembler.py", "Too little diskspace forcing PAUSE", "local"),
    ("sabnzbd", "assembler.py", "Disk error on creating file /incomplete/show/show.mkv", "local"),
    ("sabnzbd", "downloader.py", "Failed login for server news.example [481 wrong user or password]", "local"),
    ("sabnzbd", "downloader.py", "Cannot connect to server news.example [Server name does not resolve]", "local"),
    ("sabnzbd", "downloader.py", "Too many connections to server news.example [502 too many connections]", "local"),
    ("sabnzbd", "downloader.py", "Server news.example will be ignored for 10 minutes", "local"),
    ("sabnzbd", "downloader.py", "Server news.example has used the specified quota", "local"),
    ("sabnzbd", "downloader.py", "There are no active servers!", "local"),
    (
        "sabnzbd",
        "downloader.py",
        "Login from too many different IP addresses to server news.example [502 shared] - "
        "https://sabnzbd.org/multiple-adresses",
        "local",
    ),
    ("sabnzbd", "postproc.py", "Post-processing was aborted", "aborted"),
    ("sabnzbd", "nzbstuff.py", "Pre-queue script marked job as failed", "aborted"),
    ("sabnzbd", "nzbqueue.py", "Duplicate NZB", "duplicate"),
    ("sabnzbd", "nzbstuff.py", "DUPLICATE", "duplicate"),
    ("sabnzbd", "newsunpack.py", "File join of Some.Show.S01E01 failed", "unclassified"),
    ("sabnzbd", "newsunpack.py", "Unpacking failed, see logfile", "unclassified"),
    ("sabnzbd", "newsunpack.py", "Repairing failed, Repair Failed.", "unclassified"),
    (
        "sabnzbd",
        "newsunpack.py",
        "Invalid par2 files or invalid PAR2 parameters, cannot verify or repair",
        "unclassified",
    ),
    ("sabnzbd", "postproc.py", "Script exit code is 1", "unclassified"),
    ("sabnzbd", "urlgrabber.py", "URL Fetching failed; Unauthorized access", "unclassified"),
    ("sabnzbd", "urlgrabber.py", "URL Fetching failed; Maximum retries", "unclassified"),
    # Sonarr 4.
    (
        "sonarr",
        "CompletedDownloadService.cs",
        "Download wasn't grabbed by Sonarr and not in a category, Skipping.",
        "not_grabbed",
    ),
    (
        "sonarr",
        "FailedDownloadService.cs",
        "Download has failed wasn't grabbed by Sonarr, skipping automatic download handling",
        "not_grabbed",
    ),
    ("sonarr", "FailedDownloadService.cs", "Encrypted download detected", "bad_release"),
    ("sonarr", "FailedDownloadService.cs", "Failed download detected", "unclassified"),
    (
        "sonarr",
        "CompletedDownloadService.cs",
        "Series title mismatch; automatic import is not possible. Check the download troubleshooting entry on the "
        "wiki for common causes.",
        "import_blocked",
    ),
    (
        "sonarr",
        "CompletedDownloadService.cs",
        "Found matching series via grab history, but release was matched to series by ID. Automatic import is not "
        "possible. See the FAQ for details.",
        "import_blocked",
    ),
    (
        "sonarr",
        "CompletedDownloadService.cs",
        "Unable to parse download, automatic import is not possible.",
        "import_blocked",
    ),
    (
        "sonarr",
        "CompletedDownloadService.cs",
        "No files found are eligible for import in /downloads/complete/tv/Show",
        "import_blocked",
    ),
    (
        "sonarr",
        "CompletedDownloadService.cs",
        "One or more episodes expected in this release were not imported or missing from the release",
        "import_blocked",
    ),
    (
        "sonarr",
        "CompletedDownloadService.cs",
        "[C:\\downloads\\Show] is not a valid local path. You may need a Remote Path Mapping. Check the download "
        "troubleshooting entry on the wiki for details.",
        "import_blocked",
    ),
    (
        "sonarr",
        "CompletedDownloadService.cs",
        "Download doesn't contain intermediate path, Skipping.",
        "import_blocked",
    ),
    ("sonarr", "TrackedDownloadService.cs", "Unable to parse episodes from title", "import_blocked"),
    (
        "sonarr",
        "UpgradeSpecification.cs",
        "Not an upgrade for existing episode file(s). Existing quality: Bluray-1080p. New Quality WEBDL-720p.",
        "not_an_upgrade",
    ),
    (
        "sonarr",
        "UpgradeSpecification.cs",
        "Not a quality revision upgrade for existing episode file(s)",
        "not_an_upgrade",
    ),
    (
        "sonarr",
        "UpgradeSpecification.cs",
        "Not a Custom Format upgrade for existing episode file(s). New: [x265] (0) do not improve on Existing: "
        "[Repack] (5)",
        "not_an_upgrade",
    ),
    (
        "sonarr",
        "AlreadyImportedSpecification.cs",
        "Episode file already imported at 11/30/2026 8:00:00 AM",
        "not_an_upgrade",
    ),
    ("sonarr", "ImportApprovedEpisodes.cs", "Episode has already been imported", "not_an_upgrade"),
    ("sonarr", "ImportApprovedEpisodes.cs", "Failed to import episode, Root folder missing.", "local"),
    (
        "sonarr",
        "ImportApprovedEpisodes.cs",
        "Failed to import episode, unable to move existing file to the Recycle Bin.",
        "local",
    ),
    ("sonarr", "ImportApprovedEpisodes.cs", "Failed to import episode", "import_blocked"),
    ("sonarr", "FreeSpaceSpecification.cs", "Not enough free space", "local"),
    ("sonarr", "HasAudioTrackSpecification.cs", "No audio tracks detected", "bad_release"),
    (
        "sonarr",
        "DownloadedEpisodesImportService.cs",
        "Caution: Found executable file with extension: '.exe'",
        "bad_release",
    ),
    (
        "sonarr",
        "DownloadedEpisodesImportService.cs",
        "Caution: Found potentially dangerous file with extension: .lnk",
        "bad_release",
    ),
    (
        "sonarr",
        "DownloadedEpisodesImportService.cs",
        "Caution: Found file with user defined rejected extension: '.iso'",
        "bad_release",
    ),
    (
        "sonarr",
        "DownloadedEpisodesImportService.cs",
        "Found archive file, might need to be extracted",
        "import_blocked",
    ),
    ("sonarr", "DownloadedEpisodesImportService.cs", "Locked file, try again later", "import_blocked"),
    ("sonarr", "NotSampleSpecification.cs", "Sample", "import_blocked"),
    ("sonarr", "NotUnpackingSpecification.cs", "File is still being unpacked", "import_blocked"),
    (
        "sonarr",
        "MatchesGrabSpecification.cs",
        "Episode 1x02 was not found in the grabbed release: Some.Show.S01E01",
        "import_blocked",
    ),
    (
        "sonarr",
        "MatchesFolderSpecification.cs",
        "Episodes 1x01, 1x02 were unexpected considering the Some.Show.S02 folder name",
        "import_blocked",
    ),
    (
        "sonarr",
        "EpisodeTitleSpecification.cs",
        "Episode has a TBA title and recently aired",
        "import_blocked",
    ),
    # Radarr 5 and 6.
    (
        "radarr",
        "CompletedDownloadService.cs",
        "Download wasn't grabbed by Radarr and not in a category, Skipping.",
        "not_grabbed",
    ),
    (
        "radarr",
        "CompletedDownloadService.cs",
        "Movie title mismatch, automatic import is not possible. Manual Import required.",
        "import_blocked",
    ),
    (
        "radarr",
        "CompletedDownloadService.cs",
        "Found matching movie via grab history, but release was matched to movie by ID. Manual Import required.",
        "import_blocked",
    ),
    (
        "radarr",
        "CompletedDownloadService.cs",
        "One or more movies expected in this release were not imported or missing",
        "import_blocked",
    ),
    (
        "radarr",
        "TrackedDownloadService.cs",
        "Unable to import automatically, found multiple movies: [Dune (1984)], [Dune (2021)]",
        "import_blocked",
    ),
    (
        "radarr",
        "UpgradeSpecification.cs",
        "Not an upgrade for existing movie file. Existing quality: Bluray-2160p. New Quality WEBDL-1080p.",
        "not_an_upgrade",
    ),
    (
        "radarr",
        "UpgradeSpecification.cs",
        "Not a Custom Format upgrade for existing movie file(s). New: [] (0) do not improve on Existing: [HDR] (10)",
        "not_an_upgrade",
    ),
    (
        "radarr",
        "AlreadyImportedSpecification.cs",
        "Movie file already imported at 11/30/2026 8:00:00 AM",
        "not_an_upgrade",
    ),
    ("radarr", "ImportApprovedMovie.cs", "Failed to import movie, Root folder missing.", "local"),
    (
        "radarr",
        "NotMultiPartSpecification.cs",
        "File is suspected multi-part file, Radarr doesn't support this",
        "import_blocked",
    ),
    ("radarr", "FreeSpaceSpecification.cs", "Not enough free space", "local"),
    (
        "radarr",
        "DownloadedMovieImportService.cs",
        "Invalid video file, unsupported extension: '.wmz'",
        "import_blocked",
    ),
)
"""Whose words they are, the file of its source, the text, and the class."""

FOREIGN: tuple[tuple[str, str], ...] = (
    ("de", "Abgebrochen, kann nicht fertiggestellt werden" + NOT_COMPLETE),
    ("de", "Fehler beim Entpacken: Festplatte voll"),
    ("fr", "Interrompu, ne peut être achevé" + NOT_COMPLETE),
    ("nl", "Uitpakken mislukt, de schijf is vol"),
    ("pt_BR", "Cancelado, não é possível concluir" + NOT_COMPLETE),
    ("es", "Post-processing was aborted"),
)
"""Languages, and what SABnzbd says in them; a text that is not translated is in English."""

ENOSPC: tuple[str, ...] = (
    "No space left on device",
    "[Errno 28] No space left on device",
    "Disk full",
    "disk is full",
    "There is not enough space on the disk",
    "Write error",
    "[Errno 13] Permission denied: '/complete'",
    "Access to the path '/tv' is denied.",
    "Read-only file system",
    "[Errno 122] Disk quota exceeded",
    "[Errno 5] Input/output error",
    "Failed to move files",
    "Failed moving /a to /b",
)
"""What a fault of the machine is called, by SABnzbd, by what it runs, by .NET and by the system."""

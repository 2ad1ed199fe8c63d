"""Which wheels a lock file has, for which libc, architecture and Python."""

"""The ledger of any image, ours or not: its bytes on disk and to pull, whose they are, and what would save some."""

"""Failed downloads, recovered by their cause."""

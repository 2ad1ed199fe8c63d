"""The services' own APIs, over one HTTP policy."""

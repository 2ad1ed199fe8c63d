"""The ten component probes: what AutoArr is made of, asked in the very image that ships, against real servers."""

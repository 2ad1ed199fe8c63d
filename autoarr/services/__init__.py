"""The services AutoArr is connected to: what is known of them, and whether they can be reached."""

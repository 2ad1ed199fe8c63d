"""What people ask for, from their words to Plex."""

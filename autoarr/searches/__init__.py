"""Searches at Sonarr and Radarr, never twice and never above the budget."""

"""Telling people what happened, by webhook."""

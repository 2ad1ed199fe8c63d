"""Writes to services: previewed, verified, reversible and logged."""

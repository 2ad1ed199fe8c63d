"""Audits: what the services' configuration is, against what it is better to be."""

"""The HTTP API, one module a topic."""

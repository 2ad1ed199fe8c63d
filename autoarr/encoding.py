"""Content negotiation by Accept-Encoding (RFC 9110, section 12.5.3)."""

from __future__ import annotations


def _parse(header: str) -> dict[str, float]:
    weights = {}
    for item in header.split(","):
        coding, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0  # a weight nobody can read is no consent
        if coding:
            weights[{"x-gzip": "gzip"}.get(coding, coding)] = weight
    return weights


def prefers_gzip(header: str) -> bool:
    """Whether a client wants gzip rather than a file as it is; where it likes both as well, it does.

    Args:
        header: the Accept-Encoding header; empty when there was none.
    """
    weights = _parse(header)
    others = weights.get("*", 0.0)
    gzip = weights.get("gzip", others)
    # Not named means acceptable, but only a weight makes it preferred to a coding the client did name.
    return gzip > 0 and gzip >= weights.get("identity", others if "*" in weights else 0.0)

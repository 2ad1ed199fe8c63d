"""Content negotiation by Accept-Encoding (RFC 9110, section 12.5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def preferred_encodings(header: str, offered: Iterable[str]) -> list[str]:
    """Order what is offered by what a client accepts, best first.

    Args:
        header: the Accept-Encoding header; empty when there was none.
        offered: codings besides identity, ours to prefer where the client's weights are equal.

    Returns:
        The acceptable codings, with ``identity`` among them unless it was refused.
    """
    weights = _parse(header)
    others = weights.get("*", 0.0)
    choices = {coding: weights.get(coding, others) for coding in offered}
    # Not named means acceptable, but only a weight makes it preferred to a coding the client did name.
    choices["identity"] = weights.get("identity", others if "*" in weights else 0.001)
    return [coding for coding in sorted(choices, key=lambda name: -choices[name]) if choices[coding] > 0]

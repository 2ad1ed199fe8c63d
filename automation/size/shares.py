"""Who has how much of a layer's compressed bytes.

A layer is compressed as one stream, so no file has bytes of its own in it. What is known is how much the stream grew
while each file was compressed (its weight), from compressing the layer once more with gzip. The layer's real blob is
divided in proportion to that, and what rounding leaves goes to the largest remainders, so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def divided(total: int, weights: Mapping[T, int]) -> dict[T, int]:
    """Whole numbers in proportion to weights, that add up to the total (largest remainder, ties by order).

    Where nothing weighs anything, the first gets all.
    """
    if not weights:
        return {}
    whole = sum(weights.values())
    if whole == 0:
        return {key: total if index == 0 else 0 for index, key in enumerate(weights)}
    shares = {key: total * weight // whole for key, weight in weights.items()}
    left = total - sum(shares.values())
    by_remainder = sorted(weights, key=lambda key: -(total * weights[key] % whole))
    for key in by_remainder[:left]:
        shares[key] += 1
    return shares

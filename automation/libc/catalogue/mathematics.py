"""Arithmetic."""

from __future__ import annotations

import struct
from typing import Any

from automation.libc.expectations import differs, harmless, same, such_that

# Correct to the last bit: computed with 80 digits, at the points of the probe.
REFERENCE = {
    "sin": (
        "0x1.98eaecb8bcb2cp-4 0x1.49d6e694619b8p-1 0x1.aed548f090ceep-1 "
        "0x1.326af0dcfcab1p-1 -0x1.1689ef5f34f52p-1 -0x1.1bf00980dc35cp-2"
    ),
    "cos": (
        "0x1.fd712f9a817c1p-1 0x1.87996529f9d93p-1 0x1.14a280fb5068cp-1 "
        "-0x1.9a2f7ef858b7dp-1 -0x1.ad9ac890c6b1fp-1 0x1.ebec72ba6b0ecp-1"
    ),
    "tan": (
        "0x1.9af8877430b80p-4 0x1.af406c2fc78aep-1 0x1.8eb245cbee3a6p+0 "
        "-0x1.7e79b4e00bb15p-1 0x1.4bf5f34be3782p-1 -0x1.278694556d18fp-2"
    ),
    "atan": (
        "0x1.983e282e2cc4dp-4 0x1.38b112d7bd4adp-1 0x1.921fb54442d18p-1 "
        "0x1.30b6d796a4da8p+0 0x1.789bd2c160054p+0 0x1.8f92010a9ab6dp+0"
    ),
    "sinh": (
        "0x1.9a487337b59b3p-4 0x1.8465153d5bdbdp-1 0x1.2cd9fc44eb982p+0 "
        "0x1.83368cdb0b6d3p+2 0x1.5829dced69992p+13 0x1.5829dced69992p+13"
    ),
    "tanh": (
        "0x1.983d7795f413ap-4 0x1.356fb17af2e91p-1 0x1.85efab514f394p-1 "
        "0x1.f9258260a71c2p-1 0x1.ffffffdc96f35p-1 0x1.0000000000000p+0"
    ),
    "exp": (
        "0x1.1aec7b35a00d4p+0 0x1.01c2a61268987p+1 0x1.5bf0a8b145769p+1 "
        "0x1.85d6fd931e0bbp+3 0x1.5829dcf950560p+14 0x1.8c39b9134bac4p+144"
    ),
    "expm1": (
        "0x1.aec7b35a00d3ap-4 0x1.03854c24d130dp+0 0x1.b7e151628aed3p+0 "
        "0x1.65d6fd931e0bbp+3 0x1.5825dcf950560p+14 0x1.8c39b9134bac4p+144"
    ),
    "log": (
        "-0x1.26bb1bbb55515p+1 -0x1.6d3c324e13f50p-2 0x0.0p+0 "
        "0x1.d5240f0e0e078p-1 0x1.26bb1bbb55516p+1 0x1.26e4046808320p+2"
    ),
    "log1p": (
        "0x1.8663f793c46c7p-4 0x1.0fae81914a991p-1 0x1.62e42fefa39efp-1 "
        "0x1.40b512eb53d60p+0 0x1.32ee3b77f374cp+1 0x1.2786a38e9d7dcp+2"
    ),
    "log10": (
        "-0x1.0000000000000p+0 -0x1.3d3d3d21ccf04p-3 0x0.0p+0 "
        "0x1.977d95ec10c02p-2 0x1.0000000000000p+0 0x1.0023887317de9p+1"
    ),
    "log2": (
        "-0x1.a934f0979a371p+1 -0x1.0776228967d13p-1 0x0.0p+0 "
        "0x1.5269e12f346e3p+0 0x1.a934f0979a371p+1 0x1.a96ff577c92f3p+2"
    ),
    "pow": (
        "0x1.46e75df96dc9ap-6 0x1.1736b10d5852ep-1 0x1.0000000000000p+0 "
        "0x1.2fdcf53f3e6f3p+2 0x1.90f3253c017a0p+5 0x1.3b5247fce8453p+11"
    ),
    "erf": (
        "0x1.cca5ea24fb334p-4 0x1.5b08c21171646p-1 0x1.af767a741088bp-1 "
        "0x1.ffcaa8f4c9beap-1 0x1.0000000000000p+0 0x1.0000000000000p+0"
    ),
    "gamma": (
        "0x1.306ea7b280d87p+3 0x1.4c4d5ab21ea23p+0 0x1.0000000000000p+0 "
        "0x1.544fa6d47b390p+0 0x1.6260000000000p+18 0x1.b7d035f47bc48p+519"
    ),
    "lgamma": (
        "0x1.2058e35f3deeep+1 0x1.0b20c891cde73p-2 0x0.0p+0 "
        "0x1.2383e809a67e8p-2 0x1.99a8921a7f7cfp+3 0x1.6848d8e681f58p+8"
    ),
}
# Units in the last place. Python computes these two itself, from the libc's logarithm, exponential and sine.
ALLOWED = 2
ALLOWED_GAMMA = 16
_NATIVE = "only C code gets there: Python has its own"


def ulps(one: float, other: float) -> int:
    """How many floats apart two floats are."""
    return abs(_ordinal(one) - _ordinal(other))


def _ordinal(value: float) -> int:
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def _close(seen: Any) -> bool:
    def near(name: str) -> bool:
        allowed = ALLOWED_GAMMA if name.endswith("gamma") else ALLOWED
        pairs = zip(seen[name], REFERENCE[name].split(), strict=True)
        return all(ulps(float.fromhex(one), float.fromhex(other)) <= allowed for one, other in pairs)

    return set(seen) == set(REFERENCE) and all(map(near, REFERENCE))


ENTRIES = (
    differs(
        "math.functions",
        "the libc's functions to the last bit",
        glibc=such_that(f"within {ALLOWED} units in the last place", _close),
        musl=such_that(f"within {ALLOWED} units in the last place", _close),
        known=harmless(
            "IEEE 754 leaves the last bit of these functions open",
            "musl: src/math",
            f"within {ALLOWED} units in the last place of the true values in both; nothing compares bit by bit",
        ),
        reached_by=("mathematics",),
    ),
    same(
        "math.exact",
        "operations that IEEE 754 defines to the last bit",
        [
            "0x1.6a09e667f3bcdp+0",
            "0x1.1999999999998p+0",
            "0x1.999999999999ap+1",
            "0x1.4000000000000p+2",
            "0x1.0000000000000p+0",
        ],
    ),
    same(
        "math.special",
        "infinities, signed zeroes, and what is no number",
        [
            "1.0",
            "-3.141592653589793",
            "-1.0",
            "ValueError",
            "OverflowError",
            "ValueError",
            "ValueError",
            "ValueError",
            "ValueError",
            "1.0",
        ],
    ),
    same(
        "math.repr",
        "the text of floats",
        ["0.30000000000000004", "1e+23", "5e-324", "0.30000000000000004", "2.67", "1.000e+21", "2.67"],
    ),
    same(
        "math.parse",
        "floats from text",
        [
            "0x1.999999999999ap-4",
            "0x1.52d02c7e14af6p+76",
            "0x1.0000000000000p+53",
            "0x0.fffffffffffffp-1022",
            "0x0.0p+0",
            "inf",
        ],
    ),
    same("numbers.sort", "whether Python's sort keeps the order of equals", True),
    differs(
        "numbers.qsort",
        "whether the libc's sort does",
        glibc=such_that("it may", lambda seen: seen in (True, False)),
        musl=False,
        known=harmless("musl's is smoothsort; ISO C asks for no order", "musl: src/stdlib/qsort.c", _NATIVE),
        reached_by=("c-sort",),
    ),
    differs(
        "numbers.rand",
        "the libc's random numbers after srand(1)",
        glibc=[1804289383, 846930886, 1681692777],
        musl=[0, 740882966, 1616430695],
        known=harmless("ISO C leaves the sequence open", "musl: src/prng/rand.c", _NATIVE),
        reached_by=("c-random",),
    ),
    same("numbers.c_types", "the sizes of C's types, in bytes", [4, 8, 8, 4, 8, 16]),
)

"""Arithmetic: Python's own, and the libc's behind `math`."""

from __future__ import annotations

import ctypes
import math
from typing import TYPE_CHECKING, Any

from automation.libc.probes import native
from automation.libc.probes.harness import outcome, probe

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = (0.1, 0.7, 1.0, 2.5, 10.0, 100.25)
FUNCTIONS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("sin", math.sin),
    ("cos", math.cos),
    ("tan", math.tan),
    ("atan", math.atan),
    ("sinh", lambda x: math.sinh(min(x, 10.0))),
    ("tanh", math.tanh),
    ("exp", math.exp),
    ("expm1", math.expm1),
    ("log", math.log),
    ("log1p", math.log1p),
    ("log10", math.log10),
    ("log2", math.log2),
    ("pow", lambda x: math.pow(x, 1.7)),
    ("erf", math.erf),
    ("gamma", math.gamma),
    ("lgamma", math.lgamma),
)


@probe("math.functions")
def functions() -> Any:
    """Values to the last bit."""
    return {name: [call(point).hex() for point in POINTS] for name, call in FUNCTIONS}


@probe("math.exact")
def exact() -> Any:
    """Operations that IEEE 754 defines to the last bit."""
    values = (math.sqrt(2.0), math.fmod(5.5, 2.2), math.ldexp(0.1, 5), math.hypot(3.0, 4.0), math.fsum([0.1] * 10))
    return [value.hex() for value in values]


@probe("math.special")
def special() -> Any:
    """Infinities, zeroes with a sign, and what is no number."""
    asked: tuple[Callable[[], float], ...] = (
        lambda: math.pow(0.0, 0.0),
        lambda: math.atan2(-0.0, -1.0),
        lambda: math.copysign(1.0, -0.0),
        lambda: math.fmod(math.inf, 1.0),
        lambda: math.exp(1000.0),
        lambda: math.log(0.0),
        lambda: math.sqrt(-1.0),
        lambda: math.gamma(-1.0),
        lambda: math.pow(-8.0, 1 / 3),
        lambda: math.tanh(1000.0),
    )
    return [str(outcome(ask)) for ask in asked]


@probe("math.repr")
def representation() -> Any:
    """The shortest text of a float, and its formats: Python's own code."""
    value = 0.1 + 0.2
    return [repr(value), repr(1e23), repr(5e-324), f"{value:.17g}", f"{2.675:.2f}", f"{1e21:.3e}", str(round(2.675, 2))]


@probe("math.parse")
def parse() -> Any:
    return [
        float(text).hex() for text in ("0.1", "1e23", "9007199254740993", "2.2250738585072011e-308", "1e-400", "1e400")
    ]


@probe("numbers.sort")
def sort() -> Any:
    """Whether Python's sort keeps the order of equals."""
    pairs = [(number * 7 % 5, number) for number in range(200)]
    return sorted(pairs, key=lambda pair: pair[0]) == sorted(pairs)


@probe("numbers.qsort")
def qsort() -> Any:
    """Whether the libc's sort does."""
    kind = ctypes.c_int * 200
    pairs = kind(*(number * 7 % 5 * 1000 + number for number in range(200)))
    order = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    native.libc().qsort(
        pairs,
        ctypes.c_size_t(200),
        ctypes.c_size_t(ctypes.sizeof(ctypes.c_int)),
        order(lambda one, other: one[0] // 1000 - other[0] // 1000),
    )
    return list(pairs) == sorted(pairs)


@probe("numbers.rand")
def rand() -> Any:
    """The first numbers of the libc's generator."""
    library = native.libc()
    library.srand(1)
    return [library.rand() for _ in range(3)]


@probe("numbers.c_types")
def c_types() -> Any:
    """The sizes of C's types, which every extension is compiled for."""
    kinds = (ctypes.c_int, ctypes.c_long, ctypes.c_longlong, ctypes.c_wchar, ctypes.c_void_p, ctypes.c_longdouble)
    return [ctypes.sizeof(kind) for kind in kinds]

"""BabyBear, the prime field of P = 2^31 - 2^27 + 1 elements, on arrays of uint64.

Source: the field of RISC Zero and Plonky3; P - 1 = 2^27 * 3 * 5, and 31 generates the multiplicative group.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

P = 2013265921
GENERATOR = 31
TWO_ADICITY = 27

Words = NDArray[np.uint32]
Elements = NDArray[np.uint64]
"""Values in [0, P): two of them multiply without overflow."""

_P = np.uint64(P)


def reduce(values: Elements) -> Elements:
    """Any uint64 modulo P. A division by a constant is vectorised where ``%`` is not."""
    return values - values // _P * _P


def root_of_unity(log_order: int) -> int:
    """The generator of the subgroup of 2^log_order elements: 31^((P-1) / 2^log_order)."""
    return pow(GENERATOR, (P - 1) >> log_order, P)


def inverse(value: int) -> int:
    """Raises ValueError for 0."""
    return pow(value, -1, P)


def powers(base: int, count: int, first: int = 1) -> Elements:
    """``first * base^i`` for i in [0, count)."""
    out = np.empty(count, np.uint64)
    out[:1] = first % P
    done = 1
    while done < count:
        more = min(done, count - done)
        out[done : done + more] = reduce(out[:more] * np.uint64(pow(base, done, P)))
        done += more
    return out


def batch_inverse(values: Elements) -> Elements:
    """The inverse of each value, by one inversion and a tree of products. Raises ValueError where one is 0."""
    if values.size == 1:
        return np.array([inverse(int(values[0]))], np.uint64)
    even, odd = values[0::2], values[1::2]
    paired = reduce(even[: odd.size] * odd)
    above = batch_inverse(paired if even.size == odd.size else np.append(paired, even[-1]))
    out = np.empty_like(values)
    out[0::2][: odd.size] = reduce(above[: odd.size] * odd)
    out[1::2] = reduce(above[: odd.size] * even[: odd.size])
    if even.size > odd.size:
        out[-1] = above[-1]
    return out

"""One element at a time, and constants in Montgomery form."""

from __future__ import annotations

from typing import Any

import numpy as np

from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import Elements, P, Words, reduce
from indexer.liabilities.stark.kernels.compiled import compiled, inlined

R = 2**32 % P
R_SQUARED = np.uint32(R * R % P)
ONE = np.uint32(R)

_P32, _P64 = np.uint32(P), np.uint64(P)
_P_INVERSE = np.uint32(pow(P, -1, 2**32))


@inlined
def mul(a: Any, b: Any) -> Any:
    """a b / 2^32."""
    product = np.uint64(a) * np.uint64(b)
    multiple = np.uint64(np.uint32(np.uint32(product) * _P_INVERSE)) * _P64
    difference = np.uint32(np.uint32(product >> np.uint64(32)) - np.uint32(multiple >> np.uint64(32)))
    return min(difference, np.uint32(difference + _P32))


@inlined
def add(a: Any, b: Any) -> Any:
    total = np.uint32(a + b)
    return min(total, np.uint32(total - _P32))


@inlined
def sub(a: Any, b: Any) -> Any:
    difference = np.uint32(a - b)
    return min(difference, np.uint32(difference + _P32))


@compiled
def mul_ext(a: Words, b: Words, out: Words) -> None:
    """out = a b / 2^32 in the extension."""
    for k in range(5):
        low = np.uint32(0)
        high = np.uint32(0)
        for i in range(5):
            if i <= k:
                low = add(low, mul(a[i], b[k - i]))
            else:
                high = add(high, mul(a[i], b[k - i + 5]))
        out[k] = add(low, add(high, high))


@compiled
def batch_inverse(values: Words) -> Words:
    """Each in Montgomery form, none zero; by one inversion (Montgomery's trick)."""
    out = np.empty(values.size, np.uint32)
    product = ONE
    for i in range(values.size):
        out[i] = product
        product = mul(product, values[i])
    inverse, base, exponent = ONE, product, P - 2
    while exponent:
        if exponent & 1:
            inverse = mul(inverse, base)
        base = mul(base, base)
        exponent >>= 1
    for i in range(values.size - 1, -1, -1):
        out[i], inverse = mul(inverse, out[i]), mul(inverse, values[i])
    return out


@compiled
def inverse_differences(x: Words, norm: Words, quotient: Words, out: Words) -> None:
    """out[i] = 1 / (x_i - z), all in Montgomery form; ``norm`` and ``quotient`` are `extension.minimal` of z."""
    norms = np.empty(x.size, np.uint32)
    for i in range(x.size):
        total = norm[5]
        for k in range(4, -1, -1):
            total = add(mul(total, x[i]), norm[k])
        norms[i] = total
    norms = batch_inverse(norms)
    for i in range(x.size):
        for c in range(5):
            total = quotient[4, c]
            for k in range(3, -1, -1):
                total = add(mul(total, x[i]), quotient[k, c])
            out[i, c] = mul(total, norms[i])


def montgomery(values: Elements | Words | list[int]) -> Words:
    return reduce(np.asarray(values, np.uint64) * np.uint64(R)).astype(np.uint32)


def montgomery_ext(values: list[Ext]) -> Words:
    """[count, 5]."""
    return montgomery(np.array(values, np.uint64).reshape(-1, DEGREE))


@compiled
def multiply(a: Words, b: Words) -> Words:
    """Elementwise a b / 2^32."""
    out = np.empty_like(a)
    for i in range(a.size):
        out[i] = mul(a[i], b[i])
    return out

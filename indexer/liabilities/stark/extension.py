"""The degree-5 extension F_P[X] / (X^5 - 2): single elements as tuples, many as arrays of uint64 [..., 5].

X^5 - 2 has no root in F_P (5 divides P - 1, and 2 is no fifth power), and a binomial of prime degree without a root is
irreducible (Lidl & Niederreiter, Theorem 3.75).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np

from indexer.liabilities.stark import field
from indexer.liabilities.stark.field import Elements, P, reduce

DEGREE = 5
W = 2
Ext = tuple[int, int, int, int, int]

ZERO: Ext = (0, 0, 0, 0, 0)
ONE: Ext = (1, 0, 0, 0, 0)

_FROBENIUS = pow(W, (P - 1) // DEGREE, P)  # X^P = _FROBENIUS * X


def embed(value: int) -> Ext:
    return (value % P, 0, 0, 0, 0)


def element(values: Iterable[Any]) -> Ext:
    """Five coordinates in [0, P)."""
    a, b, c, d, e = (int(value) for value in values)
    return (a, b, c, d, e)


def in_base_field(a: Ext) -> bool:
    return not any(a[1:])


def add(a: Ext, b: Ext) -> Ext:
    return ((a[0] + b[0]) % P, (a[1] + b[1]) % P, (a[2] + b[2]) % P, (a[3] + b[3]) % P, (a[4] + b[4]) % P)


def sub(a: Ext, b: Ext) -> Ext:
    return ((a[0] - b[0]) % P, (a[1] - b[1]) % P, (a[2] - b[2]) % P, (a[3] - b[3]) % P, (a[4] - b[4]) % P)


def scale(a: Ext, by: int) -> Ext:
    return (a[0] * by % P, a[1] * by % P, a[2] * by % P, a[3] * by % P, a[4] * by % P)


def mul(a: Ext, b: Ext) -> Ext:
    a0, a1, a2, a3, a4 = a
    b0, b1, b2, b3, b4 = b
    return (
        (a0 * b0 + W * (a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1)) % P,
        (a0 * b1 + a1 * b0 + W * (a2 * b4 + a3 * b3 + a4 * b2)) % P,
        (a0 * b2 + a1 * b1 + a2 * b0 + W * (a3 * b4 + a4 * b3)) % P,
        (a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + W * a4 * b4) % P,
        (a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0) % P,
    )


def power(a: Ext, exponent: int) -> Ext:
    out = ONE
    while exponent:
        if exponent & 1:
            out = mul(out, a)
        a = mul(a, a)
        exponent >>= 1
    return out


def frobenius(a: Ext, times: int = 1) -> Ext:
    """a^(P^times)."""
    return element([a[k] * pow(_FROBENIUS, k * times, P) % P for k in range(DEGREE)])


def inverse(a: Ext) -> Ext:
    """The other four conjugates over the norm. Raises ValueError for zero."""
    others = frobenius(a)
    for times in range(2, DEGREE):
        others = mul(others, frobenius(a, times))
    return scale(others, field.inverse(mul(a, others)[0]))


def powers(a: Ext, count: int) -> list[Ext]:
    """a^0 .. a^(count-1)."""
    out = [ONE]
    while len(out) < count:
        out.append(mul(out[-1], a))
    return out[:count]


def combine(coordinates: Sequence[Ext]) -> Ext:
    """Five base columns' values at an extension point, as the value of the one extension column: sum of X^k * v_k."""
    total = ZERO
    for k, value in enumerate(coordinates):
        basis = element([int(k == place) for place in range(DEGREE)])
        total = add(total, mul(value, basis))
    return total


def array(values: Sequence[Ext]) -> Elements:
    return np.array(values, np.uint64).reshape(-1, DEGREE)


def mul_many(a: Elements, b: Elements) -> Elements:
    """Elementwise product, with broadcasting over all but the last axis."""
    out = []
    for k in range(DEGREE):
        total = reduce(a[..., 0] * b[..., k])
        for i in range(1, DEGREE):
            product = reduce(a[..., i] * b[..., (k - i) % DEGREE])
            total = total + (product if i <= k else np.uint64(W) * product)
        out.append(reduce(total))
    return cast(Elements, np.stack(out, axis=-1))


def add_many(a: Elements, b: Elements) -> Elements:
    return reduce(a + b)


def sub_many(a: Elements, b: Elements) -> Elements:
    return reduce(a + np.uint64(P) - b)


def product(factors: Elements) -> Ext:
    """The product of [count, 5] factors, in a tree."""
    while len(factors) > 1:
        half = len(factors) // 2
        factors = np.concatenate([mul_many(factors[:half], factors[half : 2 * half]), factors[2 * half :]])
    return element(factors[0])


def horner(coefficients: Sequence[Ext], x: Elements) -> Elements:
    """Extension coefficients (lowest first) at base points: [len(x), 5]."""
    total = np.zeros((x.size, DEGREE), np.uint64)
    for each in reversed(coefficients):
        total = reduce(total * x[:, None] + np.array(each, np.uint64))
    return total


def minimal(z: Ext) -> tuple[list[int], list[Ext]]:
    """The norm m(x) = prod_k (x - z^(P^k)), with base coefficients, and m(x) / (x - z); lowest coefficients first."""
    quotient = [ONE]
    for times in range(1, DEGREE):
        quotient = _times_root(quotient, frobenius(z, times))
    return [each[0] for each in _times_root(quotient, z)], quotient


def _times_root(polynomial: list[Ext], root: Ext) -> list[Ext]:
    """polynomial * (x - root)."""
    shifted = [ZERO, *polynomial]
    return [sub(shifted[k], mul(each, root)) for k, each in enumerate([*polynomial, ZERO])]


def inverse_differences(x: Elements, z: Ext) -> Elements:
    """1 / (x_i - z) for base points and an extension point outside the base field: [len(x), 5].

    One base inversion for all: 1 / (x - z) = (m(x) / (x - z)) / m(x).
    """
    norm, quotient = minimal(z)
    norms = np.zeros(x.size, np.uint64)
    for each in reversed(norm):
        norms = reduce(norms * x + np.uint64(each))
    return reduce(horner(quotient, x) * field.batch_inverse(norms)[:, None])

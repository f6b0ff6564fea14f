"""Values outside the trace's domain of polynomials known by their values on it: f(z) = sum of L_i(z) f_i.

On H = {g^i}, i < n:  L_i(z) = (z^n - 1)/n * g^i / (z - g^i).
"""

from __future__ import annotations

import numpy as np

from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark import field
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import Elements
from indexer.liabilities.stark.params import Parameters

_HALF_BITS = np.uint64(16)
_LOW = np.uint64((1 << 16) - 1)
_CHUNK = 1 << 16  # 31 bits times 16 bits, so many times, stay below 2^64


class Lagrange:
    """The weights of one point z, which must lie outside the base field."""

    def __init__(self, params: Parameters, z: Ext) -> None:
        n, x = params.rows, field.powers(field.root_of_unity(params.log_rows), params.rows)
        self.vanishing = ext.sub(ext.power(z, n), ext.ONE)  # Z_H(z)
        self._scale = ext.scale(self.vanishing, field.inverse(n))
        negated = field.reduce(ext.inverse_differences(x, z) * x[:, None])
        self._weights = ext.sub_many(np.zeros_like(negated), negated)

    def base(self, values: Elements) -> Ext:
        """f(z) for base values at the first rows; the other rows are 0."""
        weights = self._weights[: values.size]
        return ext.mul(self._scale, ext.element(weighted_sums(values[None, :], weights)[0]))

    def extension(self, values: Elements) -> Ext:
        """f(z) for extension values [rows, 5]."""
        coordinates = weighted_sums(np.ascontiguousarray(values.T), self._weights)
        return ext.mul(self._scale, ext.combine([ext.element(each) for each in coordinates]))


def weighted_sums(values: Elements, weights: Elements) -> Elements:
    """values [k, n] of base elements times weights [n, 5]: [k, 5], modulo P."""
    total = np.zeros((values.shape[0], DEGREE), np.uint64)
    for at in range(0, values.shape[1], _CHUNK):
        part, by = values[:, at : at + _CHUNK], weights[at : at + _CHUNK]
        low, high = part @ (by & _LOW), part @ (by >> _HALF_BITS)
        total = field.reduce(total + field.reduce(low) + (field.reduce(high) << _HALF_BITS))
    return total

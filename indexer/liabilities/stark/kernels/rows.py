"""Filling the trace: limbs of balances, how often each occurs, the lookup's helpers and running sum."""

from __future__ import annotations

import numpy as np

from indexer.liabilities.stark.field import Elements, Words
from indexer.liabilities.stark.kernels.compiled import compiled
from indexer.liabilities.stark.kernels.scalar import add, mul, sub


@compiled
def fill_limbs(balances: Elements, bits: int, limbs: int, active: int, trace: Words, counts: Elements) -> None:
    """Balances [users, assets] into the first columns of the first rows; zeros on the other active rows."""
    users, assets = balances.shape
    low = np.uint64((1 << bits) - 1)
    for i in range(active):
        for asset in range(assets):
            left = balances[i, asset] if i < users else np.uint64(0)
            for limb in range(limbs):
                trace[i, asset * limbs + limb] = np.uint32(left & low)
                counts[left & low] += np.uint64(1)
                left >>= np.uint64(bits)


@compiled
def fill_helpers(
    trace: Words, active: int, limbs: int, size: int, inverses: Words, plain: Words, count: int, lookup: Words
) -> None:
    """h_g, h_T and phi. ``inverses`` are 1/(beta - v) for v in the table, ``plain`` the same out of Montgomery form.

    A limb beyond the table has no helper; the honest prover never has one.
    """
    groups = (limbs + size - 1) // size
    table, running = 5 * groups, 5 * groups + 5
    for k in range(5):
        lookup[0, running + k] = 0
    for i in range(active):
        for k in range(5):
            lookup[i + 1, running + k] = lookup[i, running + k]
        for group in range(groups):
            for k in range(5):
                total = np.uint32(0)
                for j in range(size * group, min(size * group + size, limbs)):
                    if trace[i, j] < plain.shape[0]:
                        total = add(total, plain[trace[i, j], k])
                lookup[i, 5 * group + k] = total
                lookup[i + 1, running + k] = add(lookup[i + 1, running + k], total)
        value = i if i < inverses.shape[0] else 0
        for k in range(5):
            helper = mul(trace[i, count], inverses[value, k])
            lookup[i, table + k] = helper
            lookup[i + 1, running + k] = sub(lookup[i + 1, running + k], helper)


@compiled
def out_of_montgomery(values: Words) -> Words:
    out = np.empty_like(values)
    for i in range(values.shape[0]):
        for k in range(values.shape[1]):
            out[i, k] = mul(values[i, k], np.uint32(1))
    return out

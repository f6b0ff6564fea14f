"""The prover's side of DEEP and FRI: the mixed word on a coset, and its folding."""

from __future__ import annotations

import numpy as np

from indexer.liabilities.stark.field import Words
from indexer.liabilities.stark.kernels.compiled import compiled
from indexer.liabilities.stark.kernels.ext_lanes import fold_two
from indexer.liabilities.stark.kernels.scalar import add, mul_ext, sub


@compiled
def deep(here: Words, here_at: Words, there: Words, there_at: Words, inverses: Words, out: Words) -> None:
    """out[:, i] = (here_i - here_at)/(x_i - z) + (there_i - there_at)/(x_(i-1) - z), on one coset: [5, rows].

    1/(x_i - g z) = g^-1 / (x_(i-1) - z), for x_i = g x_(i-1): the caller puts the g^-1 into ``there``'s weights.
    """
    rows = here.shape[0]
    difference, first, second = np.empty(5, np.uint32), np.empty(5, np.uint32), np.empty(5, np.uint32)
    for i in range(rows):
        for k in range(5):
            difference[k] = sub(here[i, k], here_at[k])
        mul_ext(difference, inverses[i], first)
        for k in range(5):
            difference[k] = sub(there[i, k], there_at[k])
        mul_ext(difference, inverses[(i + rows - 1) % rows], second)
        for k in range(5):
            out[k, i] = add(first[k], second[k])


@compiled
def fold_half(word: Words, halves: Words, fold: Words) -> Words:
    """[5, 2m] on one coset -> [5, m] on its squares; ``halves`` [m] are 1/(2x) in Montgomery form, m at least 16."""
    m = word.shape[1] // 2
    out = np.empty((5, m), np.uint32)
    source, target = np.uintp(word.ctypes.data), np.uintp(out.ctypes.data)
    inverses, constant = np.uintp(halves.ctypes.data), np.uintp(fold.ctypes.data)
    for i in range(np.uintp(0), np.uintp(4 * m), np.uintp(64)):
        fold_two(
            source + i,
            source + i + np.uintp(4 * m),
            np.uintp(8 * m),
            inverses + i,
            constant,
            target + i,
            np.uintp(4 * m),
        )
    return out


@compiled
def leaves_of_eight(word: Words, out: Words) -> None:
    """[5, 8m] -> [m, 40]: the values at j, j + m, ..., j + 7m side by side."""
    m = out.shape[0]
    for place in range(8):
        for k in range(5):
            for j in range(m):
                out[j, 5 * place + k] = word[k, j + place * m]

"""Amounts as the digits of PostgreSQL's numeric, base 10,000, a matrix at a time. Pure.

The format is that of numeric_recv: digits of 16 bits, the first worth 10,000**weight. It takes zeros at either end, so
all amounts of a matrix may have as many digits as the largest.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from chains.amounts import PackedAmounts

BASE = 10_000
_BASE = np.uint64(BASE)
_LIMB_BITS = np.uint64(32)

_Column: TypeAlias = npt.NDArray[np.uint64]


def digits_of(amounts: PackedAmounts) -> npt.NDArray[np.int16]:
    """(amounts, digits), the most significant first; the rows of missing amounts mean nothing."""
    limbs = np.frombuffer(amounts.words, ">u4").reshape(-1, 4).astype(np.uint64).T.copy()
    odd = np.array([*amounts.wide, *amounts.missing], np.int64)
    limbs[:, odd] = 0
    columns: list[_Column] = []
    while limbs.any():
        high, low = _divmod(_divided(limbs), _BASE)
        columns += [low, high]
    wide = {index: _digits(amount) for index, amount in amounts.wide.items()}
    width = max(len(columns), *map(len, wide.values()), 1)
    digits = np.zeros((len(amounts), width), np.int16)
    for place, column in enumerate(columns, 1):
        digits[:, -place] = column
    for index, row in wide.items():
        digits[index, -len(row) :] = row
    return digits


def _divided(limbs: _Column) -> _Column:
    """The remainders by BASE**2, and in place the quotients; ``limbs`` are of 32 bits, the most significant first."""
    rest = np.zeros(limbs.shape[1], np.uint64)
    for limb in limbs:
        limb[:], rest = _divmod(rest << _LIMB_BITS | limb, _BASE * _BASE)
    return rest


def _divmod(column: _Column, by: np.uint64) -> tuple[_Column, _Column]:
    """np.divmod, which is four times slower: numpy divides by a constant in a better way."""
    quotients = column // by
    return quotients, column - quotients * by


def _digits(amount: int) -> list[int]:
    digits: list[int] = []
    while amount:
        amount, digit = divmod(amount, BASE)
        digits.append(digit)
    return digits[::-1]

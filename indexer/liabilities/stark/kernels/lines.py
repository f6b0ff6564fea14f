"""Reading ``user,amount,...`` lines fast: those in the plainest spelling; others are marked for a slower reader."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexer.liabilities.assay_sum import TEXT_BYTES_MAX
from indexer.liabilities.stark.field import Elements
from indexer.liabilities.stark.kernels.compiled import compiled

Places = NDArray[np.int64]
_NEWLINE, _RETURN, _COMMA, _POINT, _ZERO, _NINE, _SPACE, _LAST = 10, 13, 44, 46, 48, 57, 32, 126


@compiled
def read_lines(
    data: NDArray[np.uint8], ends: Places, decimals: Places, end: np.uint64, sizes: Places, balances: Elements
) -> None:
    """One line up to each of ``ends`` (the place of its line feed).

    ``sizes`` is the length of the user's name, which begins its line; 0 for an empty line, -1 for a line not read: a
    name beyond printable ASCII without spaces, an amount that is more than digits and a point, or is not below ``end``.
    """
    start = 0
    for line in range(ends.size):
        stop = ends[line]
        if stop > start and data[stop - 1] == _RETURN:
            stop -= 1
        at = start
        while at < stop and _SPACE < data[at] <= _LAST and data[at] != _COMMA:
            at += 1
        sizes[line] = at - start
        if stop > start and not 0 < at - start <= TEXT_BYTES_MAX:
            sizes[line] = -1
        for asset in range(decimals.size if stop > start else 0):
            if at >= stop or data[at] != _COMMA:
                sizes[line] = -1
                break
            at += 1
            first, value, fraction = at, np.uint64(0), -1
            while at < stop and value < end and (_ZERO <= data[at] <= _NINE or (data[at] == _POINT and fraction < 0)):
                if data[at] == _POINT:
                    fraction = 0
                else:
                    value = value * np.uint64(10) + np.uint64(data[at] - _ZERO)
                    fraction += fraction >= 0
                at += 1
            fraction = max(fraction, 0)
            if at == first or data[at - 1] == _POINT or fraction > decimals[asset] or data[first] == _POINT:
                sizes[line] = -1
                break
            while fraction < decimals[asset] and value < end:
                value *= np.uint64(10)
                fraction += 1
            if value >= end:
                sizes[line] = -1
                break
            balances[line, asset] = value
        if at != stop:
            sizes[line] = -1
        start = ends[line] + 1

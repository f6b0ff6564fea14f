"""Number-theoretic transforms of all columns of a matrix at once, in natural order on both sides.

The row index splits as n = n1 * n2: n2 transforms of size n1 over rows far apart, a twist, n1 transforms of size n2
over rows side by side (Bailey's four-step), each small enough to stay in the cache, with several lines moved together.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.liabilities.stark import field
from indexer.liabilities.stark.field import Words
from indexer.liabilities.stark.kernels.compiled import LINE, LINE_BYTES, compiled, inlined, matrix
from indexer.liabilities.stark.kernels.lanes import butterfly_2, butterfly_4, line_copy, line_scale
from indexer.liabilities.stark.kernels.scalar import montgomery

_LINES_MAX = 8
_NO_SCALE = np.zeros(1, np.uint32)


def transform(source: Words, target: Words, *, columns: int, before: Words | None = None) -> None:
    """target[k] = sum_i w^(ik) before[i] source[i], for the first ``columns`` columns (rounded up to lines)."""
    _run(source, target, columns, _twiddles(_log(source), False), before, None)


def inverse_transform(source: Words, target: Words, *, columns: int, after: Words | None = None) -> None:
    """The coefficients whose `transform` is ``source``, each times ``after``: 1/n unless given."""
    rows = source.shape[0]
    scale = montgomery([field.inverse(rows)] * rows) if after is None else after
    _run(source, target, columns, _twiddles(_log(source), True), None, scale)


def powers(base: int, count: int, first: int = 1) -> Words:
    """For ``before`` and ``after``: in Montgomery form."""
    return montgomery(field.powers(base, count, first))


def _run(
    source: Words, target: Words, columns: int, twiddles: Words, before: Words | None, after: Words | None
) -> None:
    rows, log = source.shape[0], _log(source)
    assert source.shape == target.shape, "two matrices of one shape"
    assert all(each.flags.c_contiguous and each.shape[1] % LINE == 0 for each in (source, target)), "whole lines"
    assert rows == 1 << log, "2^k rows"
    log_first = log // 2
    lines = -(-columns // LINE)
    for at in range(0, lines, _LINES_MAX):
        count = min(_LINES_MAX, lines - at)
        together = 1
        while 2 * together * count <= LINE and 2 * together <= 1 << log_first:
            together *= 2
        _four_step(
            source,
            target,
            at,
            count,
            together,
            log_first,
            twiddles,
            _reversal(log_first),
            _reversal(log - log_first),
            _NO_SCALE if before is None else before,
            _NO_SCALE if after is None else after,
            matrix(count * together << max(log_first, log - log_first), LINE),
            _room(count << log),
        )


def _log(source: Words) -> int:
    return int(source.shape[0]).bit_length() - 1


@cache
def _twiddles(log: int, inverse: bool) -> Words:
    root = field.root_of_unity(log)
    return powers(field.inverse(root) if inverse else root, 1 << log)


@cache
def _room(lines: int) -> Words:
    """To work in, kept: fresh pages would cost a sixth of the time."""
    return matrix(lines, LINE)


@cache
def _reversal(bits: int) -> NDArray[np.uint64]:
    index = np.arange(1 << bits, dtype=np.uint64)
    out = np.zeros_like(index)
    for bit in range(bits):
        out |= ((index >> np.uint64(bit)) & np.uint64(1)) << np.uint64(bits - 1 - bit)
    return out


@inlined
def _in_place(base: Any, rows: Any, twiddles: Any, stride: Any) -> None:
    """Decimation in frequency of ``rows`` lines; the result is in bit-reversed order."""
    two = np.uintp(2)
    half, step = np.uintp(rows) >> np.uintp(1), np.uintp(stride)
    while half >= two:
        quarter = half >> np.uintp(1)
        for start in range(np.uintp(0), np.uintp(rows), two * half):
            for j in range(quarter):
                p = base + (start + j) * LINE_BYTES
                q, h = quarter * LINE_BYTES, half * LINE_BYTES
                butterfly_4(
                    p,
                    p + q,
                    p + h,
                    p + h + q,
                    twiddles[j * step],
                    twiddles[(j + quarter) * step],
                    twiddles[two * j * step],
                )
        half >>= two
        step <<= two
    if half == np.uintp(1):
        for start in range(np.uintp(0), np.uintp(rows), two):
            butterfly_2(base + start * LINE_BYTES, base + start * LINE_BYTES + LINE_BYTES, twiddles[0])


@compiled
def _four_step(
    source: Words,
    target: Words,
    line: int,
    count: int,
    together: int,
    log_first: int,
    twiddles: Words,
    reversed_1: Any,
    reversed_2: Any,
    before: Words,
    after: Words,
    near: Words,
    far: Words,
) -> None:
    """``count`` lines from ``line`` on, ``together`` rows at a time; ``near`` and ``far`` are room to work in."""
    rows, stride = np.uintp(source.shape[0]), np.uintp(4 * source.shape[1])
    n1 = np.uintp(1) << np.uintp(log_first)
    n2 = rows // n1
    count_, together_ = np.uintp(count), np.uintp(together)
    a = np.uintp(source.ctypes.data) + np.uintp(line) * LINE_BYTES
    out = np.uintp(target.ctypes.data) + np.uintp(line) * LINE_BYTES
    buffer, between = np.uintp(near.ctypes.data), np.uintp(far.ctypes.data)
    for j2 in range(np.uintp(0), n2, together_):
        for j1 in range(n1):
            for beside in range(together_):
                row = j1 * n2 + j2 + beside
                for c in range(count_):
                    to = buffer + ((beside * count_ + c) * n1 + j1) * LINE_BYTES
                    if before.size > 1:
                        line_scale(to, a + row * stride + c * LINE_BYTES, before[row])
                    else:
                        line_copy(to, a + row * stride + c * LINE_BYTES)
        for each in range(count_ * together_):
            _in_place(buffer + each * n1 * LINE_BYTES, n1, twiddles, n2)
        for place in range(n1):
            k1 = np.uintp(reversed_1[place])
            for beside in range(together_):
                twist = twiddles[((j2 + beside) * k1) & (rows - np.uintp(1))]
                to = between + (k1 * n2 + j2 + beside) * count_ * LINE_BYTES
                for c in range(count_):
                    line_scale(to + c * LINE_BYTES, buffer + ((beside * count_ + c) * n1 + place) * LINE_BYTES, twist)
    for first in range(np.uintp(0), n1, together_):
        for beside in range(together_):
            origin = between + (first + beside) * n2 * count_ * LINE_BYTES
            for j2 in range(n2):
                for c in range(count_):
                    line_copy(
                        buffer + ((beside * count_ + c) * n2 + j2) * LINE_BYTES, origin + (j2 * count_ + c) * LINE_BYTES
                    )
        for each in range(count_ * together_):
            _in_place(buffer + each * n2 * LINE_BYTES, n2, twiddles, n1)
        for place in range(n2):
            k2 = np.uintp(reversed_2[place])
            for beside in range(together_):
                k = first + beside + n1 * k2
                for c in range(count_):
                    origin = buffer + ((beside * count_ + c) * n2 + place) * LINE_BYTES
                    if after.size > 1:
                        line_scale(out + k * stride + c * LINE_BYTES, origin, after[k])
                    else:
                        line_copy(out + k * stride + c * LINE_BYTES, origin)

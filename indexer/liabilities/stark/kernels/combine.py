"""Weighted sums of a matrix: over columns (one value a row), and over rows (one value a column)."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]

from indexer.liabilities.stark.extension import DEGREE
from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.kernels.compiled import (
    LINE,
    LINE_BYTES,
    address,
    compiled,
    intrinsic,
    matrix,
    nothing,
    word,
)
from indexer.liabilities.stark.kernels.ext_lanes import loop
from indexer.liabilities.stark.kernels.lanes import I32, I64, VECTOR, add, constant, done, load, mul, splat, store


def over_columns(rows: Words, weights: Words, out: Words) -> None:
    """out[i] += sum_j rows[i, j] weights[j], weights [columns, 5] in Montgomery form; out is [rows, 5]."""
    planes = matrix(DEGREE, rows.shape[1])
    planes[:, : len(weights)] = weights.T
    assert out.shape == (len(rows), DEGREE), "one element a row"
    assert all(each.flags.c_contiguous for each in (rows, out)), "whole matrices"
    _over_columns(rows, planes, out)


def over_rows(rows: Words, weights: Words, *, first: int = 0) -> Words:
    """sum_i weights[i] rows[(i + first) mod n, j], weights [rows, 5] in Montgomery form: [columns, 5]."""
    out = matrix(DEGREE, rows.shape[1])
    _over_rows(rows, weights, first, out)
    return np.ascontiguousarray(out.T)


@intrinsic
def _dot_five(_: Any, row: Any, planes: Any, stride: Any, lines: Any, out: Any) -> Any:
    """out[k] += sum over ``lines`` lines of row * planes[k], five words"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        row, planes, stride, lines, out = args

        def body(index: Any, totals: list[Any]) -> list[Any]:
            offset = b.mul(index, ir.Constant(I64, 64))
            x, at, sums = load(b, b.add(row, offset)), b.add(planes, offset), []
            for total in totals:
                sums.append(add(b, total, mul(b, x, load(b, at))))
                at = b.add(at, stride)
            return sums

        for total in loop(b, lines, [constant(0)] * DEGREE, body):
            where = b.inttoptr(out, I32.as_pointer())
            both = b.add(b.load(where), _across(b, total))
            less = b.sub(both, ir.Constant(I32, P))
            b.store(b.select(b.icmp_unsigned("<", both, less), both, less), where)
            out = b.add(out, ir.Constant(I64, 4))
        return done(context)

    return nothing(*[address] * 5), generate


def _across(builder: Any, lanes: Any) -> Any:
    """The sum of all lanes."""
    for step in (8, 4, 2, 1):
        order = ir.Constant(ir.VectorType(I32, LINE), [(lane + step) % LINE for lane in range(LINE)])
        lanes = add(builder, lanes, builder.shuffle_vector(lanes, ir.Constant(VECTOR, ir.Undefined), order))
    return builder.extract_element(lanes, ir.Constant(I32, 0))


@intrinsic
def _scale_add(_: Any, out: Any, stride: Any, x: Any, w0: Any, w1: Any, w2: Any, w3: Any, w4: Any) -> Any:
    """out[k] += x * w_k, one line each, planes ``stride`` bytes apart"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b, out = builder, args[0]
        x = load(b, args[2])
        for weight in args[3:]:
            store(b, add(b, load(b, out), mul(b, x, splat(b, weight))), out)
            out = b.add(out, args[1])
        return done(context)

    return nothing(*[address] * 3, *[word] * DEGREE), generate


@compiled
def _over_columns(rows: Words, planes: Words, out: Words) -> None:
    stride, origin = np.uintp(4 * rows.shape[1]), np.uintp(rows.ctypes.data)
    weights, target = np.uintp(planes.ctypes.data), np.uintp(out.ctypes.data)
    for i in range(np.uintp(0), np.uintp(rows.shape[0])):
        _dot_five(origin + i * stride, weights, stride, stride // LINE_BYTES, target + i * np.uintp(20))


@compiled
def _over_rows(rows: Words, weights: Words, first: int, out: Words) -> None:
    stride, origin, target = np.uintp(4 * rows.shape[1]), np.uintp(rows.ctypes.data), np.uintp(out.ctypes.data)
    for i in range(rows.shape[0]):
        row = origin + np.uintp((i + first) % rows.shape[0]) * stride
        w0, w1, w2, w3, w4 = weights[i, 0], weights[i, 1], weights[i, 2], weights[i, 3], weights[i, 4]
        for line in range(np.uintp(0), stride // LINE_BYTES):
            _scale_add(target + line * LINE_BYTES, stride, row + line * LINE_BYTES, w0, w1, w2, w3, w4)

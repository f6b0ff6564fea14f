"""The constraints on a whole coset, sixteen rows at a time: `constraints.quotient_at`, for the prover.

Rows of the two matrices are turned into lines (one column, sixteen rows), and into Montgomery form, for here data is
multiplied with data.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from indexer.liabilities.stark.field import Words
from indexer.liabilities.stark.kernels.compiled import LINE_BYTES, address, compiled, inlined, intrinsic, nothing
from indexer.liabilities.stark.kernels.ext_lanes import (
    Five,
    add_five,
    constant_five,
    load_five,
    multiply,
    multiply_add,
    scale_five,
    store_five,
    sub_five,
)
from indexer.liabilities.stark.kernels.lanes import add, at, done, load, mul, splat_word, sub
from indexer.liabilities.stark.kernels.scalar import R_SQUARED
from indexer.liabilities.stark.kernels.scalar import mul as mul_word

CONSTANTS = 5
"""A group's constants: beta, beta^2, beta^3, its power of mix, and 1 (in the first word): [5, 5] words."""


def _with_differences(builder: Any, limbs: list[Any], c: Any) -> tuple[Five, Five]:
    """prod (beta - a_j) and sum_j prod_(k != j) (beta - a_k), by the elementary symmetric polynomials of the a_j."""
    b = builder
    beta, square, cube = (constant_five(b, c, number) for number in range(3))
    if len(limbs) == 1:
        one = splat_word(b, c, 20)
        return [sub(b, beta[0], limbs[0]), *beta[1:]], [one, *([sub(b, one, one)] * 4)]
    if len(limbs) == 2:
        s1, s2 = add(b, *limbs), mul(b, *limbs)
        product = sub_five(b, square, scale_five(b, beta, s1))
        others = add_five(b, beta, beta)
        return [add(b, product[0], s2), *product[1:]], [sub(b, others[0], s1), *others[1:]]
    first, second, third = limbs
    both = add(b, second, third)
    s1, s2 = add(b, first, both), add(b, mul(b, first, both), mul(b, second, third))
    s3 = mul(b, first, mul(b, second, third))
    product = add_five(b, sub_five(b, cube, scale_five(b, square, s1)), scale_five(b, beta, s2))
    three = add_five(b, square, add_five(b, square, square))
    others = sub_five(b, three, scale_five(b, beta, add(b, s1, s1)))
    return [sub(b, product[0], s3), *product[1:]], [add(b, others[0], s2), *others[1:]]


def _group(size: int) -> Any:
    """total += weight (h prod (beta - a_j) - sum_j prod (beta - a_k)); sums += h"""

    def group(_: Any, total: Any, sums: Any, limbs: Any, helper: Any, constants: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            b = builder
            total, sums, limbs, helper, c = args
            product, others = _with_differences(b, [load(b, at(b, limbs, j)) for j in range(size)], c)
            h = load_five(b, helper)
            wrong = multiply(b, constant_five(b, c, 3), sub_five(b, multiply(b, h, product), others))
            store_five(b, add_five(b, load_five(b, total), wrong), total)
            store_five(b, add_five(b, load_five(b, sums), h), sums)
            return done(context)

        return nothing(*[address] * 5), generate

    return group


_group_1, _group_2, _group_3 = (intrinsic(_group(size)) for size in (1, 2, 3))


@intrinsic
def _table(_: Any, total: Any, table: Any, count: Any, helper: Any, constants: Any) -> Any:
    """total += weight (h_T (beta - T) - m); the constants are beta and the weight"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        total, table, count, helper, c = args
        beta = constant_five(b, c, 0)
        product = multiply(b, load_five(b, helper), [sub(b, beta[0], load(b, table)), *beta[1:]])
        wrong = multiply(b, constant_five(b, c, 1), [sub(b, product[0], load(b, count)), *product[1:]])
        store_five(b, add_five(b, load_five(b, total), wrong), total)
        return done(context)

    return nothing(*[address] * 5), generate


@intrinsic
def _step(_: Any, sums: Any, table_helper: Any, running: Any, following: Any) -> Any:
    """sums = following - running - sums + table_helper"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        sums, helper, running, following = (load_five(b, each) for each in args)
        step = sub_five(b, sub_five(b, following, running), sub_five(b, sums, helper))
        store_five(b, step, args[0])
        return done(context)

    return nothing(*[address] * 4), generate


@intrinsic
def _close(_: Any, total: Any, running: Any, on_active: Any, at_first: Any, at_after: Any, constants: Any) -> Any:
    """total = total on_active + running (w_1 at_first + w_2 at_after), out of Montgomery form"""

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        b = builder
        total, running, on_active, at_first, at_after, c = args
        inside = scale_five(b, load_five(b, total), load(b, on_active))
        first = scale_five(b, constant_five(b, c, 0), load(b, at_first))
        after = scale_five(b, constant_five(b, c, 1), load(b, at_after))
        ends = multiply(b, load_five(b, running), add_five(b, first, after))
        plain = splat_word(b, c, 10)
        store_five(b, scale_five(b, add_five(b, inside, ends), plain), total)
        return done(context)

    return nothing(*[address] * 6), generate


@inlined
def _to_lines(rows: Any, first: Any, columns: Any, lines: Any) -> None:
    for lane in range(16):
        for column in range(columns):
            lines[column, lane] = mul_word(rows[first + lane, column], R_SQUARED)


@compiled
def quotient_on_coset(
    base: Words,
    lookup: Words,
    limbs: int,
    running: int,
    table: Words,
    on_active: Words,
    at_first: Words,
    at_after: Words,
    groups: Words,
    others: Words,
    out: Words,
) -> None:
    """out [5, rows] on one coset.

    ``groups`` are CONSTANTS of each group; ``others``: beta, weights of table, step and both ends, then the word 1.
    ``on_active`` is Z_inactive/Z_H, ``at_first`` and ``at_after`` 1/(x - 1) and 1/(x - g^active): Montgomery form.
    """
    a, h = np.empty((limbs + 6, 16), np.uint32), np.empty((running + 5, 16), np.uint32)
    following, total, sums = np.empty((5, 16), np.uint32), np.empty((5, 16), np.uint32), np.empty((5, 16), np.uint32)
    pa, ph, pt, ps = (
        np.uintp(a.ctypes.data),
        np.uintp(h.ctypes.data),
        np.uintp(total.ctypes.data),
        np.uintp(sums.ctypes.data),
    )
    pg, po = np.uintp(groups.ctypes.data), np.uintp(others.ctypes.data)
    count = pa + np.uintp(limbs + 5) * LINE_BYTES
    phi = ph + np.uintp(running) * LINE_BYTES
    helper_t = phi - np.uintp(5) * LINE_BYTES
    rows = base.shape[0]
    for first in range(0, rows, 16):
        _to_lines(base, first, limbs + 6, a)
        _to_lines(lookup, first, running + 5, h)
        for lane in range(16):
            for k in range(5):
                following[k, lane] = mul_word(lookup[(first + lane + 1) % rows, running + k], R_SQUARED)
        total[:] = 0
        sums[:] = 0
        for group in range(groups.shape[0]):
            left = limbs - 3 * group
            limb, helper = pa + np.uintp(3 * group) * LINE_BYTES, ph + np.uintp(5 * group) * LINE_BYTES
            c = pg + np.uintp(100 * group)
            if left >= 3:
                _group_3(pt, ps, limb, helper, c)
            elif left == 2:
                _group_2(pt, ps, limb, helper, c)
            else:
                _group_1(pt, ps, limb, helper, c)
        here = np.uintp(4 * first)
        _table(pt, np.uintp(table.ctypes.data) + here, count, helper_t, po)
        _step(ps, helper_t, phi, np.uintp(following.ctypes.data))
        multiply_add(pt, ps, po + np.uintp(40))
        _close(
            pt,
            phi,
            np.uintp(on_active.ctypes.data) + here,
            np.uintp(at_first.ctypes.data) + here,
            np.uintp(at_after.ctypes.data) + here,
            po + np.uintp(60),
        )
        for k in range(5):
            for lane in range(16):
                out[k, first + lane] = total[k, lane]

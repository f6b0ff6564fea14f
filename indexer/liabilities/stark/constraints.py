"""The constraints of the trace, at one point. `kernels.quotient` computes the same on a whole coset.

On active rows, with beta the lookup's challenge, a_j the limbs, T the table and m its counts (logUp: Haboeck,
ePrint 2022/1530):

    h_g * prod_j (beta - a_j) = sum_j prod_(k != j) (beta - a_k)       for each group g of at most 3 limbs
    h_T * (beta - T)          = m
    phi(g x) - phi(x)         = sum_g h_g - h_T
    phi = 0                     on the first row, and on the first row after the active ones

so that sum over rows and limbs of 1/(beta - a) equals sum of m/(beta - T): every limb is a value of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark import field
from indexer.liabilities.stark.barycentric import Lagrange
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.params import GROUP, QUOTIENT_PARTS, Layout, Parameters


@dataclass(frozen=True, slots=True)
class Opened:
    """Every column at z, and the running sum at g z."""

    limbs: list[Ext]
    blind: Ext
    count: Ext
    helpers: list[Ext]
    table_helper: Ext
    running: Ext
    running_next: Ext
    parts: list[Ext]


def opened(layout: Layout, values: Sequence[Ext], running_next: Sequence[Ext]) -> Opened:
    """From the openings in the order of the columns; five base columns are one extension column."""
    base, lookup = values[: layout.base], values[layout.base : layout.base + layout.lookup]
    quotient = values[layout.base + layout.lookup :]
    helpers = _fives(lookup)
    return Opened(
        limbs=list(base[: layout.limbs]),
        blind=ext.combine(base[layout.blind : layout.blind + DEGREE]),
        count=base[layout.count],
        helpers=helpers[: layout.groups],
        table_helper=helpers[layout.groups],
        running=helpers[layout.groups + 1],
        running_next=ext.combine(running_next),
        parts=_fives(quotient),
    )


def quotient_at(layout: Layout, lagrange: Lagrange, z: Ext, at: Opened, *, beta: Ext, mix: Ext) -> Ext:
    """What the quotient must be at z: the constraints, mixed by powers of ``mix``, over what vanishes on their rows."""
    params = layout.params
    weight, total, sum_of_helpers = ext.ONE, ext.ZERO, ext.ZERO
    for group, helper in enumerate(at.helpers):
        differences = [ext.sub(beta, limb) for limb in at.limbs[GROUP * group : GROUP * (group + 1)]]
        total = ext.add(total, ext.mul(weight, _lookup(helper, differences)))
        weight, sum_of_helpers = ext.mul(weight, mix), ext.add(sum_of_helpers, helper)
    table = lagrange.base(np.arange(params.limb_end, dtype=np.uint64))
    total = ext.add(total, ext.mul(weight, ext.sub(ext.mul(at.table_helper, ext.sub(beta, table)), at.count)))
    weight = ext.mul(weight, mix)
    step = ext.sub(ext.sub(at.running_next, at.running), ext.sub(sum_of_helpers, at.table_helper))
    total = ext.add(total, ext.mul(weight, step))
    on_active = ext.mul(total, ext.mul(inactive(params, z), ext.inverse(lagrange.vanishing)))
    first, after = _boundaries(params)
    for row in (first, after):
        weight = ext.mul(weight, mix)
        at_row = ext.mul(at.running, ext.inverse(ext.sub(z, ext.embed(row))))
        on_active = ext.add(on_active, ext.mul(weight, at_row))
    return on_active


def quotient_from(params: Parameters, parts: Sequence[Ext], z: Ext) -> Ext:
    """The quotient at z, from its parts: sum of z^(k * parts_degree) * part_k."""
    step = ext.power(z, params.parts_degree)
    total = ext.ZERO
    for each in reversed(parts[:QUOTIENT_PARTS]):
        total = ext.add(ext.mul(total, step), each)
    return total


def inactive(params: Parameters, z: Ext) -> Ext:
    """What vanishes on the mask rows, at z."""
    generator = field.root_of_unity(params.log_rows)
    x = field.powers(generator, params.mask_rows, first=pow(generator, params.active_rows, field.P))
    factors = np.tile(np.array(z, np.uint64), (x.size, 1))
    factors[:, 0] = field.reduce(factors[:, 0] + np.uint64(field.P) - x)
    return ext.product(factors)


def _boundaries(params: Parameters) -> tuple[int, int]:
    return 1, pow(field.root_of_unity(params.log_rows), params.active_rows, field.P)


def _lookup(helper: Ext, differences: Sequence[Ext]) -> Ext:
    """helper * prod(d) - sum_j prod_(k != j) d_k."""
    product, others = ext.ONE, ext.ZERO
    for each in differences:
        others = ext.add(ext.mul(others, each), product)
        product = ext.mul(product, each)
    return ext.sub(ext.mul(helper, product), others)


def _fives(values: Sequence[Ext]) -> list[Ext]:
    return [ext.combine(values[at : at + DEGREE]) for at in range(0, len(values), DEGREE)]

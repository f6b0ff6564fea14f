"""What depends on the parameters alone, in Montgomery form where it multiplies data: made once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from indexer.liabilities.stark import domain, field
from indexer.liabilities.stark.field import Elements, P, Words, reduce
from indexer.liabilities.stark.kernels import ntt
from indexer.liabilities.stark.kernels.compiled import matrix
from indexer.liabilities.stark.kernels.scalar import montgomery
from indexer.liabilities.stark.params import ARITY_BITS, BLOWUP, Parameters


@dataclass(frozen=True, slots=True)
class Coset:
    """``shifts``: s^i; ``x``: s g^i; ``halves``: for each folding of FRI, 1/(2x)."""

    shift: int
    shifts: Words
    x: Words
    table: Words
    on_active: Words
    at_first: Words
    at_after: Words
    halves: tuple[Words, ...]


@cache
def cosets(params: Parameters) -> tuple[Coset, ...]:
    table = matrix(params.rows, 2)
    table[: params.limb_end, 0] = np.arange(params.limb_end)
    ntt.inverse_transform(table, table, columns=1)
    inactive = _inactive(params)
    table[: inactive.size, 1] = inactive
    return tuple(_coset(params, coset, table) for coset in range(BLOWUP))


def _coset(params: Parameters, number: int, polynomials: Words) -> Coset:
    shift, rows = domain.coset_shift(params, number), params.rows
    generator = field.root_of_unity(params.log_rows)
    shifts, x = ntt.powers(shift, rows), field.powers(generator, rows, shift)
    values = np.empty_like(polynomials)
    ntt.transform(polynomials, values, columns=2, before=shifts)
    vanishing = field.inverse(pow(shift, rows, P) - 1)
    after = pow(generator, params.active_rows, P)
    return Coset(
        shift=shift,
        shifts=shifts,
        x=montgomery(x),
        table=montgomery(values[:, 0]),
        on_active=montgomery(reduce(values[:, 1].astype(np.uint64) * np.uint64(vanishing))),
        at_first=montgomery(field.batch_inverse(reduce(x + np.uint64(P - 1)))),
        at_after=montgomery(field.batch_inverse(reduce(x + np.uint64(P - after)))),
        halves=tuple(_halves(params, shift, level) for level in range(ARITY_BITS * params.fri_layers)),
    )


def _halves(params: Parameters, shift: int, level: int) -> Words:
    """1/(2x) on the first half of the coset after ``level`` foldings."""
    step = pow(field.root_of_unity(params.log_rows), 1 << level, P)
    first = field.inverse(2 * pow(shift, 1 << level, P))
    return ntt.powers(field.inverse(step), params.rows >> (level + 1), first)


def _inactive(params: Parameters) -> Elements:
    """The coefficients of what vanishes on the mask rows."""
    generator = field.root_of_unity(params.log_rows)
    coefficients = np.ones(1, np.uint64)
    for root in field.powers(generator, params.mask_rows, pow(generator, params.active_rows, P)):
        less = reduce(coefficients * np.uint64(P - int(root)))
        coefficients = reduce(np.append(less, np.uint64(0)) + np.append(np.uint64(0), coefficients))
    return coefficients

"""Where committed polynomials are evaluated: the coset 31 <w>, w of order 4n, as four cosets of the trace's domain.

The leaf k * n + j of a tree of rows is the row at x = 31 w^k g^j, g = w^4. A leaf k * m + j of a layer of FRI of 8m
values a coset holds the values at j, j + m, ..., j + 7m of coset k.
"""

from __future__ import annotations

import numpy as np

from indexer.liabilities.stark import field
from indexer.liabilities.stark.field import GENERATOR, Elements, P
from indexer.liabilities.stark.params import BLOWUP, Parameters


def coset_shift(params: Parameters, coset: int) -> int:
    return GENERATOR * pow(field.root_of_unity(params.log_domain), coset, P) % P


def points(params: Parameters, leaves: Elements) -> Elements:
    """x of each leaf."""
    generator = field.powers(field.root_of_unity(params.log_rows), params.rows)
    shifts = np.array([coset_shift(params, coset) for coset in range(BLOWUP)], np.uint64)
    coset, row = leaves >> np.uint64(params.log_rows), leaves & np.uint64(params.rows - 1)
    return field.reduce(shifts[coset] * generator[row])

"""How many bits are proven: the sum of what each round of the protocol may err by, in the unique-decoding regime.

Nothing here rests on a conjecture. Sources: Ben-Sasson, Carmon, Ishai, Kopparty, Saraf, Proximity Gaps for
Reed-Solomon Codes (ePrint 2020/654), Theorem 1.5 for mixing and folding; Haboeck (ePrint 2022/1530) for the lookup;
Schwartz-Zippel for the rest. Fiat-Shamir in the random oracle model: who hashes T times succeeds with at most T times
the error.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import log2

from indexer.liabilities.stark.extension import DEGREE
from indexer.liabilities.stark.field import P
from indexer.liabilities.stark.params import ARITY, ARITY_BITS, Layout

FIELD = P**DEGREE
HASH_BITS = 128
"""Of a collision of BLAKE3, which would break any commitment."""


@dataclass(frozen=True, slots=True)
class Security:
    """Bits, rounded down to a tenth. ``proof`` is after a union over all segments."""

    segment: float
    proof: float


def security(layout: Layout, segments: int) -> Security:
    error = sum(errors(layout).values(), Fraction(0))
    return Security(_bits(error), min(_bits(error * segments), float(HASH_BITS)))


def errors(layout: Layout) -> dict[str, Fraction]:
    """What each challenge may let pass that is false, in the order of the transcript."""
    params = layout.params
    domain = 1 << params.log_domain
    lookups = params.active_rows * layout.limbs + params.limb_end
    folds = [(ARITY - 1) * (domain >> ARITY_BITS * (layer + 1)) for layer in range(params.fri_layers)]
    return {
        # a polynomial of degree `limbs` a user, and one for the totals
        "alpha: fingerprints": Fraction((params.active_rows + 1) * layout.limbs, FIELD),
        # the identity of fractions with denominators cleared, and beta on one of the poles
        "beta: lookup": Fraction(2 * lookups, FIELD),
        "mix: constraints": Fraction(layout.groups + 3, FIELD),
        # the quotient's identity is of degree below 6n, the fingerprints' at most n; z is outside the base field
        "z: out of domain": Fraction(7 * params.rows, FIELD - P),
        "gamma: mixing": Fraction((layout.columns + DEGREE - 1) * domain, FIELD),
        "folds": Fraction(sum(folds), FIELD),
        "queries": (1 - radius(layout)) ** params.queries / 2**params.grinding_bits,
    }


def radius(layout: Layout) -> Fraction:
    """The part of the domain in which a word may differ from its one codeword: polynomials of degree at most n.

    Not below n: what FRI bounds is (f - f(z))/(x - z).
    """
    domain, dimension = 1 << layout.params.log_domain, layout.params.rows + 1
    return Fraction((domain - dimension) // 2, domain)


def _bits(error: Fraction) -> float:
    numerator, denominator = error.numerator, error.denominator
    return int((log2(denominator) - log2(numerator)) * 10) / 10

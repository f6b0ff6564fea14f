"""Every size of the protocol, from one named set. A verifier takes none of them from a proof."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.liabilities.stark.extension import DEGREE
from indexer.liabilities.stark.field import P

BLOWUP_BITS = 2
BLOWUP = 1 << BLOWUP_BITS
ARITY_BITS = 3
ARITY = 1 << ARITY_BITS
GROUP = 3  # limbs to one logUp helper: constraints of degree GROUP + 1
SALT_WORDS = 4  # beside every committed row
QUOTIENT_PARTS = BLOWUP


@dataclass(frozen=True, slots=True)
class Parameters:
    """One set. ``mask_rows`` at the end of the trace hold nothing but randomness; ``quotient_masks`` is how many random
    coefficients blind each part of the quotient; a Merkle tree is published as its 2^cap_bits nodes of one level.
    """

    name: str
    log_rows: int
    mask_rows: int
    limb_bits: int
    limbs: int
    queries: int
    grinding_bits: int
    fri_layers: int
    quotient_masks: int
    cap_bits: int
    assets_max: int

    def __post_init__(self) -> None:
        openings = self.queries + 2 * DEGREE
        wrong = (
            self.active_rows * self.limb_max >= P
            or self.limb_end > self.active_rows
            or self.limb_bits * self.limbs > 64
            or openings >= self.mask_rows
            or openings > self.quotient_masks
            or self.parts_degree * QUOTIENT_PARTS <= 3 * self.rows + self.mask_rows
            or self.log_rows - ARITY_BITS * self.fri_layers < 4
            or self.cap_bits > self.log_domain - ARITY_BITS * self.fri_layers
        )
        if wrong:
            raise ValueError(f"parameters {self.name!r} do not fit together")

    @property
    def rows(self) -> int:
        return 1 << self.log_rows

    @property
    def active_rows(self) -> int:
        """How many users a segment has room for."""
        return self.rows - self.mask_rows

    @property
    def log_domain(self) -> int:
        return self.log_rows + BLOWUP_BITS

    @property
    def limb_end(self) -> int:
        return 1 << self.limb_bits

    @property
    def limb_max(self) -> int:
        return self.limb_end - 1

    @property
    def balance_end(self) -> int:
        """Every balance is below this."""
        return 1 << (self.limb_bits * self.limbs)

    @property
    def final_terms(self) -> int:
        """Coefficients of the last polynomial of FRI."""
        return self.rows >> (ARITY_BITS * self.fri_layers)

    @property
    def parts_degree(self) -> int:
        """The quotient is cut into parts at multiples of this power of x."""
        return self.rows - self.quotient_masks

    def segments(self, users: int) -> int:
        return -(-users // self.active_rows)

    def first_user(self, users: int, segment: int) -> int:
        """Which of the users stands in the segment's first slot.

        Users are dealt evenly: a segment left with a single user would show that user's balances as its sums.
        """
        fewest, more = divmod(users, self.segments(users))
        return segment * fewest + min(segment, more)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns for ``assets`` assets stand: base columns are limbs, blinds, counts, FRI's masks."""

    params: Parameters
    assets: int

    @property
    def limbs(self) -> int:
        return self.assets * self.params.limbs

    @property
    def groups(self) -> int:
        return -(-self.limbs // GROUP)

    @property
    def blind(self) -> int:
        """The first of five columns: r_i."""
        return self.limbs

    @property
    def count(self) -> int:
        """How often the table's value of this row occurs."""
        return self.limbs + DEGREE

    @property
    def fri_mask(self) -> int:
        return self.limbs + DEGREE + 1

    @property
    def base(self) -> int:
        return self.limbs + 2 * DEGREE + 1

    @property
    def table(self) -> int:
        """Among the lookup columns: five of the table's helper, after five of each group's."""
        return DEGREE * self.groups

    @property
    def running(self) -> int:
        """Among the lookup columns: five of the running sum."""
        return DEGREE * (self.groups + 1)

    @property
    def lookup(self) -> int:
        return DEGREE * (self.groups + 2)

    @property
    def quotient(self) -> int:
        return DEGREE * QUOTIENT_PARTS

    @property
    def widths(self) -> tuple[int, int, int]:
        return self.base, self.lookup, self.quotient

    @property
    def columns(self) -> int:
        return sum(self.widths)


PRODUCT = Parameters(
    name="assay-stark-v1/2026-11",
    log_rows=16,
    mask_rows=4096,
    limb_bits=15,
    limbs=4,
    queries=130,
    grinding_bits=20,
    fri_layers=3,
    quotient_masks=256,
    cap_bits=6,
    assets_max=100,
)
"""The one set a proof is accepted under."""

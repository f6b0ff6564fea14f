"""Which rows to prove: the largest always, others by chance in proportion to value; and what that detects. Pure.

Let a list claim ``total``, and let the rows not always proven claim ``pool`` of it. If the claims exceed the truth by
``overstated``, all of it in the pool (elsewhere it is certain to be found), then the wrong rows claim at least that
much, for no row holds less than nothing. A draw in proportion to claimed value therefore meets a wrong row with
probability at least overstated / pool, and k independent draws all miss with at most (1 - overstated / pool)**k.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Indices into the values: ``top`` by falling value, ``drawn`` in rising order, each once; and the seed.

    ``draws`` is how often was drawn, repeats included; ``pool`` the value that was drawn from.
    """

    seed: str
    top: Sequence[int]
    drawn: Sequence[int]
    draws: int
    pool: int


def sample(values: Sequence[int], *, top: int, draws: int, seed: str) -> Sample:
    """The ``top`` largest values, and ``draws`` drawn from the rest with replacement, in proportion to value.

    The same values and seed give the same sample everywhere. Rows of no value are never chosen.
    """
    assert top >= 0
    assert draws >= 0
    assert all(value >= 0 for value in values), "a claim is never negative"
    order = sorted((index for index, value in enumerate(values) if value), key=lambda index: (-values[index], index))
    always, rest = order[:top], sorted(order[top:])
    ends = list(accumulate(values[index] for index in rest))
    pool = ends[-1] if ends else 0
    count = draws if pool else 0
    drawn = {rest[bisect_right(ends, _below(pool, seed, number))] for number in range(count)}
    return Sample(seed, always, sorted(drawn), count, pool)


def detection_probability(*, pool: int, overstated: int, draws: int) -> Fraction:
    """A lower bound of the chance that at least one draw meets a row claimed too high (see above), exactly."""
    assert pool >= 0
    assert overstated >= 0
    if overstated == 0:
        return Fraction(0)
    if overstated >= pool:
        return Fraction(1) if draws or overstated > pool else Fraction(0)
    return 1 - (1 - Fraction(overstated, pool)) ** draws


def draws_needed(*, overstated_ppm: int, confidence_ppm: int) -> int:
    """The fewest draws that find an overstatement of this part of the pool with this probability. Exact."""
    assert 0 < overstated_ppm <= PPM
    assert 0 < confidence_ppm < PPM

    def enough(draws: int) -> bool:
        return detection_probability(pool=PPM, overstated=overstated_ppm, draws=draws) * PPM >= confidence_ppm

    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def floor_ppm(probability: Fraction) -> int:
    """Parts per million, rounded down: what is almost certain never reads as certain."""
    return int(probability * PPM)


def _below(end: int, seed: str, number: int) -> int:
    """A uniform integer in [0, end): bits of a hash, thrown again while too large, so exactly uniform."""
    bits = end.bit_length()
    size = (bits + 7) // 8
    attempt = 0
    while True:
        digest = hashlib.shake_256(f"{seed}/{number}/{attempt}".encode()).digest(size)
        value = int.from_bytes(digest, "big") >> (8 * size - bits)
        if value < end:
            return value
        attempt += 1

"""Reserve ratios never round up, least of all to 100 %."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.core.ratio import PPM, format_ratio, ratio_ppm

RESERVES = st.integers(0, 2**270)
OWED = st.integers(1, 2**270)


@given(RESERVES, OWED)
def test_the_ratio_is_the_floor_of_the_exact_one(reserves: int, liabilities: int) -> None:
    ppm = ratio_ppm(reserves=reserves, liabilities=liabilities)
    assert ppm is not None
    assert ppm <= Fraction(reserves, liabilities) * PPM < ppm + 1


@given(OWED, st.integers(1, 2**270))
def test_one_unit_short_never_reads_100_percent(liabilities: int, short: int) -> None:
    ppm = ratio_ppm(reserves=max(liabilities - short, 0), liabilities=liabilities)
    assert ppm is not None
    assert ppm < PPM
    assert not format_ratio(ppm).startswith("100")


@given(st.integers(0, 10**15))
def test_the_printed_ratio_is_never_above_the_real_one(ppm: int) -> None:
    shown = Fraction(format_ratio(ppm).removesuffix(" %")) / 100
    assert shown <= Fraction(ppm, PPM) < shown + Fraction(1, 10_000)


@pytest.mark.parametrize(
    ("reserves", "liabilities", "shown"),
    [(9_999_996, 10**7, "99.99 %"), (1, 1, "100.00 %"), (0, 5, "0.00 %"), (3, 2, "150.00 %"), (2, 3, "66.66 %")],
)
def test_shown(reserves: int, liabilities: int, shown: str) -> None:
    assert format_ratio(ratio_ppm(reserves=reserves, liabilities=liabilities)) == shown


def test_nothing_owed_has_no_ratio() -> None:
    assert ratio_ppm(reserves=5, liabilities=0) is None
    assert format_ratio(None) == "n/a"


@pytest.mark.parametrize(("reserves", "liabilities"), [(-1, 1), (1, -1)])
def test_negative_sums_are_bugs(reserves: int, liabilities: int) -> None:
    with pytest.raises(AssertionError):
        ratio_ppm(reserves=reserves, liabilities=liabilities)

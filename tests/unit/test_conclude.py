"""Reserve ratios: exact, rounded down, and honest about what is missing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.core.conclude import owed_but_unlisted, reserve_ratios
from indexer.core.ratio import format_ratio
from indexer.model.liabilities import Liability
from indexer.model.result import Coverage, Total

amounts = st.integers(min_value=0, max_value=2**200)


def total(asset: str = "ETH", *, low: int, high: int | None, scale: int | None = 18) -> Total:
    coverage = Coverage(verified=1, unavailable=0 if low == high else 1)
    return Total(asset=asset, chain=None, scale=scale, claimed=low, low=low, high=high, coverage=coverage)


def owed(asset: str = "ETH", *, amount: int, attested: int = 0, scale: int = 18) -> Liability:
    return Liability(asset=asset, scale=scale, amount=amount, attested=attested)


def test_one_base_unit_short_is_never_100_percent() -> None:
    (ratio,) = reserve_ratios([total(low=10**24 - 1, high=10**24 - 1)], [owed(amount=10**24)])
    assert ratio.low_ppm == 999_999
    assert format_ratio(ratio.low_ppm) == "99.99 %"


def test_scales_are_raised_never_lowered() -> None:
    (ratio,) = reserve_ratios([total(low=1_000_000, high=1_000_000, scale=6)], [owed(amount=10**18, scale=18)])
    assert (ratio.low_ppm, ratio.scale, ratio.liabilities) == (1_000_000, 18, 10**18)


def test_attested_amounts_stay_in_their_own_column() -> None:
    (ratio,) = reserve_ratios([total(low=60, high=60)], [owed(amount=100, attested=40)])
    assert (ratio.low_ppm, ratio.attested_low_ppm) == (600_000, 1_000_000)


def test_unknown_upper_bound_gives_no_upper_ratio() -> None:
    (ratio,) = reserve_ratios([total(low=60, high=None)], [owed(amount=100)])
    assert (ratio.low_ppm, ratio.high_ppm, ratio.attested_high_ppm) == (600_000, None, None)


def test_nothing_owed_is_no_ratio_and_unknown_decimals_are_none_either() -> None:
    nothing, unknown = reserve_ratios(
        [total("A", low=1, high=1), total("B", low=0, high=None, scale=None)],
        [owed("A", amount=0), owed("B", amount=5)],
    )
    assert nothing.low_ppm is None
    assert unknown.low_ppm is None
    assert format_ratio(nothing.low_ppm) == "n/a"


def test_owed_but_unlisted_asset_holds_nothing() -> None:
    (missing,) = owed_but_unlisted(
        [total("ETH", low=1, high=1)], [owed("ETH", amount=1), owed("BTC", amount=7, scale=8)]
    )
    assert (missing.asset, missing.low, missing.coverage.rows, missing.scale) == ("BTC", 0, 0, 8)


@given(low=amounts, extra=amounts, liabilities=st.integers(min_value=1, max_value=2**200))
def test_floor_and_order(low: int, extra: int, liabilities: int) -> None:
    (ratio,) = reserve_ratios([total(low=low, high=low + extra)], [owed(amount=liabilities)])
    assert ratio.low_ppm is not None
    assert ratio.high_ppm is not None
    assert ratio.low_ppm <= ratio.high_ppm
    assert ratio.low_ppm * liabilities <= low * 1_000_000 < (ratio.low_ppm + 1) * liabilities
    assert (ratio.low_ppm >= 1_000_000) == (low >= liabilities)

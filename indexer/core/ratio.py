"""Reserve ratios in integers, rounded down, so that 99.99996 % never reads 100 %."""

from __future__ import annotations

PPM = 1_000_000


def ratio_ppm(*, reserves: int, liabilities: int) -> int | None:
    """floor(reserves / liabilities * 10**6); None where nothing is owed, for then there is no ratio."""
    assert reserves >= 0
    assert liabilities >= 0
    return None if liabilities == 0 else reserves * PPM // liabilities


def format_ratio(ppm: int | None) -> str:
    """Percent with two decimals, rounded down: 999_999 is ``99.99 %``."""
    if ppm is None:
        return "n/a"
    hundredths = ppm // 100
    return f"{hundredths // 100}.{hundredths % 100:02d} %"

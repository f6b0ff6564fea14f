"""A list that does not add up to its own totals block says so; rounding in the block is no contradiction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.types import ChainId, Instrument
from indexer.core.amounts import format_amount, parse_amount
from indexer.core.control import control_totals
from indexer.model.claims import DeclaredTotal, InstrumentSpec
from indexer.model.findings import Finding, Severity

SPECS = (
    InstrumentSpec("USDT-ERC20", "USDT", ChainId("eip155:1"), Instrument("erc20:0xaa"), 6, 18),
    InstrumentSpec("USDT-OKC20", "USDT", ChainId("eip155:66"), Instrument("erc20:0xbb"), 18, 18),
)


def check(text: str, found: int | None, *, amount: int | None = None, whole: bool = False) -> list[Finding]:
    decimals = 18 if whole else 6
    declared = DeclaredTotal(
        line_no=2,
        published="USDT(ALL)" if whole else "USDT-ERC20",
        asset="USDT",
        instrument_no=None if whole else 0,
        amount_text=text,
        amount=parse_amount(text, decimals=decimals) if amount is None else amount,
    )
    sums: dict[int, int] = {} if found is None or whole else {0: found}
    assets: dict[str, int] = {"USDT": found} if found is not None and whole else {}
    return control_totals([declared], SPECS, by_instrument=sums, by_asset=assets)


@pytest.mark.parametrize(
    ("text", "found", "agrees"),
    [
        ("5436.9044", 5_436_904_400, True),
        ("5436.9044", 5_436_904_499, True),  # rounded by the publisher
        ("5436.9044", 5_436_904_500, False),
        ("5436.904400", 5_436_904_401, False),  # written to the last base unit: exact
        ("64", 64_999_999, True),
        ("64", 65_000_000, False),
        ("0", None, True),
        ("0.5", None, False),
        (" 7 ", 7_000_000, True),
    ],
)
def test_as_exact_as_it_is_written(text: str, found: int | None, agrees: bool) -> None:
    findings = check(text, found)
    assert (findings == []) is agrees
    for finding in findings:
        assert (finding.severity, finding.kind, finding.line_no) == (Severity.EXCEPTION, "control-total", 2)


def test_a_total_over_all_networks_is_compared_at_the_scale_of_the_asset() -> None:
    assert check("6", 6 * 10**18, whole=True) == []
    (finding,) = check("6", 4 * 10**18, whole=True)
    assert finding.detail == "USDT(ALL): the file declares 6, its accepted lines claim 4"


def test_totals_in_base_units_are_exact() -> None:
    assert check("123", 123, amount=123) == []
    assert len(check("123", 124, amount=123)) == 1


def test_a_total_that_could_not_be_read_is_not_compared() -> None:
    declared = DeclaredTotal(2, "X", None, None, "much", None)
    assert control_totals([declared], SPECS, by_instrument={}, by_asset={}) == []


@given(found=st.integers(min_value=0, max_value=10**30), digits=st.integers(min_value=0, max_value=6))
def test_truncated_text_of_the_sum_always_agrees_and_one_more_unit_never(found: int, digits: int) -> None:
    unit = 10 ** (6 - digits)
    text = format_amount(found // unit, decimals=digits)
    text += "" if "." in text or digits == 0 else "."
    padded = text + "0" * (digits - len(text.partition(".")[2]))
    assert check(padded, found) == []
    assert len(check(padded, found // unit * unit + unit)) == 1

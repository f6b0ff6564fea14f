"""Amounts: every outcome of fault 30, and what must hold for all of them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.core.amounts import UINT256_END, BadAmount, format_amount, parse_amount, rescale

DECIMALS = st.integers(0, 36)
AMOUNTS = st.integers(0, UINT256_END - 1)


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("1e-7", 8, 10),
        ("1E-7", 8, 10),
        ("1e2", 0, 100),
        ("12.5e+1", 0, 125),
        (" 1.5\t", 8, 150_000_000),
        ("0", 0, 0),
        ("0.0", 0, 0),
        ("0e-99", 0, 0),
        (".5", 1, 5),
        ("5.", 0, 5),
        ("007", 0, 7),
        ("27405800.080000000000000000", 6, 27405800080000),
        ("100e-2", 0, 1),
        (str(UINT256_END - 1), 0, UINT256_END - 1),
    ],
)
def test_read(text: str, decimals: int, expected: int) -> None:
    assert parse_amount(text, decimals=decimals) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("-1", "negative"),
        ("-0", "negative"),
        ("+1", "signed"),
        ("1,234.5", "thousands"),
        ("1_000", "thousands"),
        ("1'000", "thousands"),
        ("1 000", "not a decimal"),
        ("NaN", "not a decimal"),
        ("Infinity", "not a decimal"),
        (".", "not a decimal"),
        ("e5", "not a decimal"),
        ("1e", "not a decimal"),
        ("1e9999", "not a decimal"),
        ("0x10", "not a decimal"),
        ("1.2.3", "not a decimal"),
        ("١٢", "not a decimal"),
        ("１", "not a decimal"),
        ("0.000000001", "more than 8 decimals"),
        ("1e-9", "more than 8 decimals"),
        ("1e999", "beyond"),
        (str(UINT256_END), "beyond"),
        ("9" * 401, "too long"),
    ],
)
def test_refused(text: str, why: str) -> None:
    with pytest.raises(BadAmount, match=why):
        parse_amount(text, decimals=8)


@given(AMOUNTS, DECIMALS)
def test_what_is_formatted_reads_back(value: int, decimals: int) -> None:
    assert parse_amount(format_amount(value, decimals=decimals), decimals=decimals) == value


@given(AMOUNTS, DECIMALS, st.integers(0, 20))
def test_zeros_beyond_the_decimals_change_nothing(value: int, decimals: int, zeros: int) -> None:
    text = format_amount(value, decimals=decimals)
    padded = text + ("" if "." in text else ".") + "0" * zeros
    assert parse_amount(padded, decimals=decimals) == value


@given(st.from_regex(r"[0-9]{1,30}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,2})?", fullmatch=True), DECIMALS)
def test_parsing_is_exact_or_refused(text: str, decimals: int) -> None:
    exact = Fraction(text.replace(".e", ".0e").replace(".E", ".0E").rstrip(".")) * 10**decimals
    fits = exact.denominator == 1 and exact < UINT256_END
    try:
        value = parse_amount(text, decimals=decimals)
    except BadAmount:
        assert not fits
    else:
        assert value == exact


@given(st.text(max_size=30), DECIMALS)
def test_any_text_is_an_amount_or_a_bad_amount(text: str, decimals: int) -> None:
    try:
        value = parse_amount(text, decimals=decimals)
    except BadAmount:
        return
    assert 0 <= value < UINT256_END


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(10, 8, "0.0000001"), (0, 18, "0"), (-15, 1, "-1.5"), (100, 2, "1"), (5, 0, "5"), (-1, 3, "-0.001")],
)
def test_format(value: int, decimals: int, expected: str) -> None:
    assert format_amount(value, decimals=decimals) == expected


@given(AMOUNTS, st.integers(0, 18), st.integers(0, 18))
def test_rescaling_keeps_the_value(value: int, decimals: int, more: int) -> None:
    scaled = rescale(value, decimals=decimals, scale=decimals + more)
    assert Fraction(scaled, 10 ** (decimals + more)) == Fraction(value, 10**decimals)


def test_scaling_down_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="never down"):
        rescale(10, decimals=2, scale=1)

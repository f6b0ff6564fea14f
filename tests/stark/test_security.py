"""The figure that is claimed, against the same sums done another way."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import log2

import pytest

from indexer.liabilities.stark.params import PRODUCT, Layout
from indexer.liabilities.stark.security import HASH_BITS, errors, radius, security


def test_the_product_proves_more_than_100_bits_for_ten_million_users() -> None:
    segments = PRODUCT.segments(10**7)
    assert segments == 163
    figures = security(Layout(PRODUCT, 22), segments)
    assert (figures.segment, figures.proof) == (108.1, 100.7)
    assert security(Layout(PRODUCT, 100), segments).proof >= 100


def test_queries_in_the_unique_decoding_regime() -> None:
    """Rate 1/4: a word further than 3/8 from every codeword passes a query with 5/8; twenty bits of work are on top."""
    layout = Layout(PRODUCT, 22)
    assert abs(float(radius(layout)) - 3 / 8) < 1e-5
    assert radius(layout) < Fraction(3, 8)
    found = errors(layout)["queries"]
    assert log2(found.denominator) - log2(found.numerator) == pytest.approx(130 * log2(8 / 5) + 20, abs=0.01)


def test_every_other_error_is_far_below_the_queries() -> None:
    found = errors(Layout(PRODUCT, 100))
    queries = found.pop("queries")
    assert sum(found.values()) < queries / 2**15
    assert len(found) == 6


@pytest.mark.parametrize("wrong", [{"queries": 120}, {"grinding_bits": 10}])
def test_less_work_is_less_security(wrong: dict[str, int]) -> None:
    weaker = security(Layout(replace(PRODUCT, **wrong), 22), 1).segment  # type: ignore[arg-type]
    assert weaker < security(Layout(PRODUCT, 22), 1).segment - 6


def test_a_union_over_segments_costs_their_logarithm() -> None:
    layout = Layout(PRODUCT, 22)
    one, many = security(layout, 1), security(layout, 1 << 10)
    assert one.segment == one.proof == many.segment
    assert many.proof == pytest.approx(one.proof - 10, abs=0.11)
    assert security(Layout(replace(PRODUCT, queries=200), 22), 1).proof <= HASH_BITS

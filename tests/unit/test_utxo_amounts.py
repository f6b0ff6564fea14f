"""A node's decimal amounts survive JSON to the last unit, or are refused."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chains.errors import Malformed
from chains.utxo.wire import units

EXACT_BELOW = 2**26 * 10**8


def printed(amount: int) -> float:
    """What orjson makes of an amount as litecoind and Bitcoin Core print it."""
    number = orjson.loads(f"{amount // 10**8}.{amount % 10**8:08d}")
    assert isinstance(number, float)
    return number


@given(st.integers(0, EXACT_BELOW - 1))
@example(0)
@example(1)
@example(100_000_000)
@example(EXACT_BELOW - 1)
@example(21_000_000 * 10**8)
@example(29)  # int(float * 1e8) loses one here: 0.00000029 * 1e8 is 28.999999999999996
def test_every_amount_survives(amount: int) -> None:
    assert units(printed(amount), 8) == amount


@given(st.integers(EXACT_BELOW, 84_000_000 * 10**8))
def test_an_amount_that_floats_cannot_carry_is_refused(amount: int) -> None:
    with pytest.raises(Malformed, match="cannot be read exactly"):
        units(printed(amount), 8)


def test_whole_coins_may_come_as_integers() -> None:
    assert units(84_000_000, 8) == 84_000_000 * 10**8


@pytest.mark.parametrize("value", [-1, -0.00000001, float("nan"), float("inf"), 0.123456789, 1e-9, 1e300])
def test_what_no_node_prints_is_refused(value: float) -> None:
    with pytest.raises(Malformed):
        units(value, 8)

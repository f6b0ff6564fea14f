"""Keys and amounts as columns, against the obvious way to do the same."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.amounts import PackedAmounts
from chains.evm import plan
from chains.evm.plan import Plan
from chains.keys import PackedKeys
from chains.types import Address, BalanceKey, Failure, Instrument, Reason
from indexer.store import reading_rows
from indexer.store.numerics import BASE, digits_of
from indexer.store.reading_rows import HEADER, TRAILER, Source, amount_rows, failure_rows

SOURCE = Source(run_id=7, lane=1, pin_no=2, provider_id=30, block_id=400)
COIN = Instrument("slip44:60")
edges = st.builds(lambda bits, by: max(0, min(2**256 - 1, 2**bits + by)), st.integers(0, 256), st.integers(-4, 4))
powers = st.integers(0, 77).map(lambda digits: 10**digits)
amounts = st.one_of(st.integers(0, 2**256 - 1), st.integers(0, 2**64), edges, powers)
columns = st.lists(st.one_of(amounts, st.none()), max_size=30)
keys = st.lists(
    st.builds(
        BalanceKey,
        st.text(st.characters(exclude_categories=["Cs"]), max_size=9).map(Address),
        st.sampled_from(["slip44:60", "erc20:0x1", "erc20:0x2"]).map(Instrument),
    ),
    max_size=30,
)

# ---- keys


@given(keys)
def test_packed_keys_are_a_sequence_like_any_other(plain: list[BalanceKey]) -> None:
    packed = PackedKeys.of(plain)
    assert packed == plain
    assert list(packed) == plain
    assert packed[1:-1] == plain[1:-1]
    assert [packed[index] for index in range(-len(plain), 0)] == plain
    with pytest.raises(IndexError):
        packed[len(plain)]
    assert PackedKeys.of(packed) is packed


@pytest.mark.parametrize(
    ("text", "ends", "instruments"), [(b"ab", [1], [COIN]), (b"ab", [1, 2], [COIN]), (b"a", [1], [COIN, COIN])]
)
def test_columns_that_do_not_fit_together_are_no_keys(text: bytes, ends: list[int], instruments: list[str]) -> None:
    with pytest.raises(AssertionError):
        PackedKeys(text, np.array(ends), [Instrument(each) for each in instruments], np.array([0]))


def test_addresses_whose_hashes_are_alike_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [BalanceKey(Address(f"0x{n % 3:040x}"), COIN) for n in range(9)]
    assert Plan(wanted, native=COIN).pairs == 3
    monkeypatch.setattr(plan, "_ODD", np.zeros(5, np.uint64))
    planned = Plan(wanted, native=COIN)
    assert [wanted[planned.first_key[pair]] for pair in planned.pair_of] == wanted


# ---- amounts


@given(columns)
def test_packing_loses_nothing(plain: Sequence[int | None]) -> None:
    packed = PackedAmounts.of(plain)
    assert packed == plain
    assert PackedAmounts.of(packed) is packed
    for cut in range(len(plain) + 1):
        assert packed.part(0, cut) == plain[:cut]
        assert packed.part(cut, len(plain) + 5) == plain[cut:]


@given(columns)
def test_digits_are_the_amount(plain: Sequence[int | None]) -> None:
    digits = digits_of(PackedAmounts.of(plain))
    assert len(digits) == len(plain)
    assert digits.min(initial=0) >= 0
    assert digits.max(initial=0) < BASE
    for row, amount in zip(digits.tolist(), plain, strict=True):
        if amount is not None:
            assert sum(digit * BASE**place for place, digit in enumerate(reversed(row))) == amount


# ---- rows


def fields(copied: bytes) -> list[list[bytes]]:
    """The rows of a binary COPY, read as its documentation says."""
    assert copied.startswith(HEADER)
    at, rows = len(HEADER), []
    while (count := struct.unpack_from(">h", copied, at)[0]) != -1:
        at += 2
        row = []
        for _ in range(count):
            (size,) = struct.unpack_from(">i", copied, at)
            row.append(copied[at + 4 : at + 4 + size])
            at += 4 + size
        rows.append(row)
    assert copied[at:] == TRAILER
    return rows


def numeric(data: bytes) -> int:
    count, weight, sign, scale = struct.unpack_from(">4h", data)
    assert (sign, scale) == (0, 0)
    digits = struct.unpack(f">{count}h", data[8:])
    return sum(digit * BASE ** (weight - place) for place, digit in enumerate(digits))


@pytest.mark.parametrize("piece", [1, 7, 1_000])
@given(plain=columns)
def test_rows_are_what_a_row_at_a_time_would_be(piece: int, plain: Sequence[int | None]) -> None:
    line_nos = np.arange(10, 10 + len(plain), dtype=np.int32)
    failures = {index: Failure(Reason.EMPTY, f"why {index}") for index, each in enumerate(plain) if each is None}
    head = [struct.pack(form, number) for form, number in zip((">i", ">h", ">h", ">i", ">i"), SOURCE, strict=True)]
    with patch.object(reading_rows, "_PIECE", piece):
        rows = fields(b"".join(amount_rows(SOURCE, line_nos, PackedAmounts.of(plain))))
    assert [(row[:5], int.from_bytes(row[5]), numeric(row[6])) for row in rows] == [
        (head, 10 + index, each) for index, each in enumerate(plain) if each is not None
    ]
    assert fields(b"".join(failure_rows(SOURCE, line_nos, failures))) == [
        [*head, struct.pack(">i", 10 + index), b"empty", f"why {index}".encode()] for index in failures
    ]

"""Who is asked together, how much at once, and what becomes of the answers; without a node."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.amounts import VOID, PackedAmounts
from chains.errors import WrongChain
from chains.evm import context, packed, reader_code
from chains.evm.chunks import Chunk
from chains.evm.context import OtherBlock
from chains.evm.packed import ADDRESS, NATIVE, Context
from chains.evm.plan import READER, TOKENS_TOGETHER, Plan
from chains.evm.ways import Way, addresses_max
from chains.types import Address, BalanceKey, BlockRef, Failure, Instrument, Readings, Reason

COIN = Instrument("slip44:60")
CONTEXT = Context(chain=1, number=2**40, time=1_700_000_000, parent=b"\x07" * 32)
LIMIT = 2**128 - 3  # the first value that the reader cannot write
amounts = st.one_of(st.integers(0, 2**256 - 1), st.integers(LIMIT - 3, 2**128 + 3), st.integers(0, 10))

# ---- who is asked together

holders = st.integers(0, 30).map(lambda n: Address(f"0x{n:040x}"))
contracts = st.integers(1, 40).map(lambda n: Instrument(f"erc20:0x{n:040x}"))
unaskable = st.sampled_from([f"erc20:0x{0:040x}", f"erc20:{READER}", "token:other", "erc20:nonsense"]).map(Instrument)
instruments = st.one_of(st.just(COIN), contracts, unaskable)
UNASKABLE = {f"erc20:0x{0:040x}", f"erc20:{READER}", "token:other", "erc20:nonsense"}


@given(st.lists(st.builds(BalanceKey, holders, instruments), min_size=1, max_size=300))
def test_every_pair_is_asked_once_and_no_other(keys: list[BalanceKey]) -> None:
    planned = Plan(keys, native=COIN)
    asked: list[int] = []
    for group in planned.groups():
        assert 0 < len(group.columns) <= TOKENS_TOGETHER
        pairs = planned.pairs_at(group).tolist()
        asked += pairs
        for pair, (row, column) in zip(pairs, ((r, c) for r in group.rows for c in group.columns), strict=True):
            key = keys[planned.first_key[pair]]
            token = planned.tokens[column]
            assert planned.addresses[row].tobytes().hex() == key.address[2:]
            assert token is not None
            assert key.instrument == (COIN if token == NATIVE else f"erc20:0x{token.hex()}")
    assert len(set(asked)) == len(asked)
    assert {keys[planned.first_key[pair]] for pair in asked} == {k for k in keys if k.instrument not in UNASKABLE}
    assert [keys[planned.first_key[pair]] for pair in planned.pair_of] == keys


def test_large_sets_stay_together_and_small_ones_are_asked_token_by_token() -> None:
    tokens = [Instrument(f"erc20:0x{n:040x}") for n in range(1, 5)]
    keys = [BalanceKey(Address(f"0x{n:040x}"), token) for n in range(1000) for token in tokens]
    (whole,) = Plan(keys, native=COIN).groups()
    assert (len(whole.rows), len(whole.columns)) == (1000, 4)
    some = [key for n, key in enumerate(keys) if n < 3600 or n % 7]
    groups = sorted((len(g.rows), len(g.columns)) for g in Plan(some, native=COIN).groups())
    assert groups[-1] == (900 + groups[-1][0] - 900, 4)
    assert len(groups) == 5, "one set, and four tokens by themselves"


def test_more_assets_than_a_signature_holds() -> None:
    keys = [BalanceKey(Address(f"0x{n % 3:040x}"), Instrument(f"erc20:0x{n:040x}")) for n in range(1, 200)]
    groups = list(Plan(keys, native=COIN).groups())
    assert sum(len(group.rows) * len(group.columns) for group in groups) == len(keys)


def test_init_code_keeps_its_limit() -> None:
    limit = addresses_max(Way.INITCODE, tokens=4)
    assert limit is not None
    longest = reader_code.INITCODE + packed.payload([NATIVE] * 4, np.zeros((limit, ADDRESS), np.uint8))
    assert 49_152 - ADDRESS < len(longest) <= 49_152
    assert addresses_max(Way.OVERRIDE, tokens=4) is None


# ---- amounts, chunks, context


@given(st.lists(st.one_of(st.none(), amounts), max_size=20))
def test_packed_amounts_are_a_sequence_like_any_other(values: list[int | None]) -> None:
    wide = {index: value for index, value in enumerate(values) if value is not None and value >= LIMIT}
    missing = {index for index, value in enumerate(values) if value is None}
    words = b"".join(VOID if v is None or v >= LIMIT else v.to_bytes(16, "big") for v in values)
    column = PackedAmounts(words, wide=wide, missing=missing)
    assert column == values
    assert list(column) == values
    assert column[1:-1] == values[1:-1]
    assert [column[index] for index in range(-len(values), 0)] == values
    with pytest.raises(IndexError):
        column[len(values)]
    failures = {index: Failure(Reason.REVERTED) for index in missing}
    assert Readings(BlockRef(1, "0x1"), column, failures).amounts is column


@pytest.mark.parametrize(("wide", "missing"), [({}, set()), ({0: 2**200}, {0}), ({0: 5, 1: 6}, set()), ({}, {0, 1})])
def test_a_word_is_void_or_an_amount(wide: dict[int, int], missing: set[int]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        list(PackedAmounts(VOID + bytes(16), wide=wide, missing=missing))


def test_a_reading_has_an_amount_or_a_reason() -> None:
    column = PackedAmounts(VOID + bytes(16), wide={}, missing={0})
    for failures in ({}, {1: Failure(Reason.EMPTY)}, {0: Failure(Reason.EMPTY), 1: Failure(Reason.EMPTY)}):
        with pytest.raises(AssertionError):
            Readings(BlockRef(1, "0x1"), column, failures)


def test_a_chunk_halves_at_once_and_grows_slowly() -> None:
    chunk = Chunk(6000, 24_000)
    assert chunk.addresses(tokens=4) == 1500
    chunk.failed(6000)
    assert chunk.pairs == 3000
    chunk.failed(6000)
    assert chunk.pairs == 3000, "one failure of many at once counts once"
    chunk.succeeded(3000)
    assert 3000 < chunk.pairs < 3300
    chunk.succeeded(100)
    assert chunk.pairs < 3300, "a small request proves nothing"
    chunk.stopped(800)
    assert chunk.pairs == 700
    for _ in range(200):
        chunk.succeeded(chunk.pairs)
    assert chunk.pairs == 24_000
    for _ in range(50):
        chunk.failed(chunk.pairs)
    assert chunk.addresses(tokens=4) == 1


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        (CONTEXT._replace(chain=2), WrongChain),
        (CONTEXT._replace(number=7), OtherBlock),
        (CONTEXT._replace(time=7), OtherBlock),
        (CONTEXT._replace(parent=bytes(32)), OtherBlock),
    ],
)
def test_every_part_of_the_context_is_compared(seen: Context, error: type[Exception]) -> None:
    context.check(CONTEXT, CONTEXT, number_in_band=True)
    with pytest.raises(error):
        context.check(seen, CONTEXT, number_in_band=True)


def test_where_the_number_is_another_chains() -> None:
    context.check(CONTEXT._replace(number=7, parent=bytes(32)), CONTEXT, number_in_band=False)
    for seen in (CONTEXT._replace(time=7), CONTEXT._replace(chain=7)):
        with pytest.raises((OtherBlock, WrongChain)):
            context.check(seen, CONTEXT, number_in_band=False)

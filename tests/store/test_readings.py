"""Readings come out of the store as they went in, whatever their size, and from either server."""

from __future__ import annotations

from chains.types import UINT256_END, Failure, Instrument, Reason
from indexer.model.claims import InstrumentSpec
from indexer.store import shards
from indexer.store.database import Database
from tests.store.world import ETH, ETHEREUM, USDT, Chain, Reader, claim, commit, open_run, plan, store, take

EDGES = [2**bits + by for bits in range(256) for by in (-1, 0, 1)] + [10**k - by for k in range(78) for by in (0, 1)]
AMOUNTS = sorted({*EDGES, UINT256_END - 1, 10_000 * 10_001})
WORDS = ["", "tab\there\nand\\N", "naïve ₿ 🪙", "a\x00b", "\ud800"]


async def test_every_amount_and_every_reason_comes_back_as_it_went_in(any_database: Database) -> None:
    said = [*AMOUNTS, *(Failure(Reason.REVERTED, words) for words in WORDS)]
    imported = await store(any_database, Reader([claim(line) for line in range(1, 1 + len(said))]))
    run = await open_run(any_database, imported.list_id)
    await plan(any_database, run, {(ETHEREUM, None): Chain(keys_per_shard=len(said))})
    lease = await take(any_database, run)
    assert lease is not None
    left = iter(said)
    await commit(any_database, lease, Chain(says=lambda lane, key: next(left)))
    async with any_database.acquire() as connection:
        rows = await connection.fetch("SELECT amount, reason, detail FROM ledger.readings ORDER BY line_no")
    assert [row["amount"] for row in rows if row["reason"] is None] == AMOUNTS
    assert [row["detail"] for row in rows if row["amount"] is None] == [*WORDS[:3], "a\ufffdb", "?"]


async def test_keys_come_as_columns_and_two_names_of_one_token_are_one_instrument(any_database: Database) -> None:
    other_name = InstrumentSpec("USDT", "USDT", ETHEREUM, USDT.instrument, 6, 18)
    foreign = InstrumentSpec("ADA", "ADA", ETHEREUM, Instrument("token:ada"), 6, 6)
    claims = [claim(3, 2, address="addré"), claim(4, 0), claim(5, 1, address="x"), claim(7, 3, address="z" * 200)]
    imported = await store(any_database, Reader(claims, specs=(ETH, USDT, other_name, foreign)))
    run = await open_run(any_database, imported.list_id)
    await plan(any_database, run, {(ETHEREUM, None): Chain(keys_per_shard=9)})
    lease = await take(any_database, run)
    assert lease is not None
    keys = await shards.load_keys(any_database, lease)
    assert keys.line_nos.tolist() == [3, 4, 5, 7]
    assert list(keys.keys) == [
        ("addré", USDT.instrument),
        (f"0x{4:040x}", ETH.instrument),
        ("x", USDT.instrument),
        ("z" * 200, foreign.instrument),
    ]
    assert set(keys.keys.instruments) == {ETH.instrument, USDT.instrument, foreign.instrument}

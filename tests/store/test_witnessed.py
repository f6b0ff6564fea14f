"""How much was asked twice: per asset, over its networks, exact, and only what two witnesses answered."""

from __future__ import annotations

from chains.types import BalanceKey, Failure, Reason
from indexer.model.result import Witnessed
from indexer.store import results
from indexer.store.database import Database
from tests.store.world import ETH, ETHEREUM, LTC, USDT, Chain, Reader, claim, open_run, plan, store, sweep


async def test_rows_of_two_witnesses_and_what_they_claim(database: Database) -> None:
    claims = [claim(1), claim(2), claim(3, 1, claimed=7), claim(4, 1, claimed=None), claim(5, 1, claimed=9)]
    stored = await store(database, Reader(claims, specs=(ETH, USDT, LTC)))
    run = await open_run(database, stored.list_id, quorum=2)

    def says(lane: int, key: BalanceKey) -> int | Failure:
        return Failure(Reason.REVERTED) if lane == 1 and key.address == claims[1].address else 5

    chains = {(ETHEREUM, None): Chain(lanes=2, says=says)}
    await plan(database, run, chains)
    await sweep(database, run, chains)
    report = await results.load_report(database, run.run_id, exceptions_max=9, chain_names={})
    assert report.witnessed == (Witnessed("ETH", 18, 1, 5), Witnessed("USDT", 18, 3, None))


async def test_amounts_are_raised_to_the_scale_of_the_asset(database: Database) -> None:
    stored = await store(database, Reader([claim(1, 1, claimed=7)]))
    run = await open_run(database, stored.list_id, quorum=2)
    chains = {(ETHEREUM, None): Chain(lanes=2)}
    await plan(database, run, chains)
    await sweep(database, run, chains)
    report = await results.load_report(database, run.run_id, exceptions_max=9, chain_names={})
    assert report.witnessed == (Witnessed("USDT", 18, 1, 7 * 10**12),)


async def test_a_run_of_one_witness_has_none(database: Database) -> None:
    stored = await store(database, Reader([claim(1)]))
    run = await open_run(database, stored.list_id)
    chains = {(ETHEREUM, None): Chain()}
    await plan(database, run, chains)
    await sweep(database, run, chains)
    report = await results.load_report(database, run.run_id, exceptions_max=9, chain_names={})
    assert report.witnessed == ()

"""Transfers between a claim and its later reading: followed once, kept with the reading, never made `verified`."""

from __future__ import annotations

import pytest

from chains.errors import ChainError, NoMethod, Transport
from chains.types import Failure, Liquidity, Reason
from indexer.model.result import Reconciled, RowStatus
from indexer.store import results
from indexer.store.database import Database
from tests.store.world import ETHEREUM, NOW, Held
from tests.work.following import CLAIMED, Following, Says, swept


async def test_rows_are_explained_to_the_last_unit_or_have_a_residue_and_stay_unpinned(database: Database) -> None:
    adapter = Following(lambda key, height: 7)
    world = await swept(database, adapter, claims=[3, 5, 1, None], says=lambda lane, key: 10)
    await world.reconciliation(names="a").run()
    report = await world.report()
    assert report.asset_totals[0].coverage.unpinned == 4
    assert report.asset_totals[0].coverage.verified == 0
    assert report.reconciled == (
        Reconciled(
            "ETH",
            ETHEREUM,
            18,
            rows=3,
            matching_rows=1,
            matching=3,
            differing_rows=2,
            short=2,
            over=2,
            both_rows=0,
            torn_rows=0,
        ),
    )
    rows = {row.line_no: (row.status, row.observed, row.explained, row.residue) for row in report.exceptions}
    unpinned = RowStatus.UNPINNED
    assert rows == {
        2: (unpinned, 10, 3, 0),
        3: (unpinned, 10, 3, 2),
        4: (unpinned, 10, 3, -2),
        5: (unpinned, 10, 3, None),
    }
    assert adapter.asked == [("a", CLAIMED, 100, 4)]


async def test_what_transfers_explain_is_the_first_to_be_left_out_of_the_exceptions(database: Database) -> None:
    world = await swept(database, Following(lambda key, height: 0), claims=[10, 10, 9], says=lambda lane, key: 10)
    await world.reconciliation(names="a").run()
    report = await results.load_report(database, world.run.run_id, exceptions_max=2, chain_names={})
    assert [(row.line_no, row.residue) for row in report.exceptions] == [(2, 0), (4, -1)]
    assert report.exceptions_count == 3


async def test_locked_coins_count_against_a_claim_above_what_is_explained(database: Database) -> None:
    says: Says = lambda lane, key: Held(10, ((Liquidity.STAKED, 4),))  # noqa: E731
    world = await swept(database, Following(lambda key, height: 3), claims=[11, 7, 6, 12], says=says)
    await world.reconciliation(names="a").run()
    report = await world.report()
    assert [(row.explained, row.residue) for row in report.exceptions] == [(7, 0), (7, 0), (7, -1), (7, 1)]
    assert [(part.amount, part.counted) for part in report.locked] == [(16, 0)]


async def test_each_witness_is_followed_to_its_own_block_and_they_must_agree(database: Database) -> None:
    changed = {100: 7, 101: 8}
    adapter = Following(lambda key, height: changed[height])
    world = await swept(database, adapter, claims=[3], lanes=2, says=lambda lane, key: 10 + lane)
    await world.reconciliation().run()
    (row,) = (await world.report()).exceptions
    assert (row.explained, row.residue) == (3, 0)
    assert sorted(adapter.asked) == [("a", CLAIMED, 100, 1), ("b", CLAIMED, 101, 1)]

    adapter = Following(lambda key, height: 7)
    world = await swept(database, adapter, claims=[3, 3], lanes=2, says=lambda lane, key: 10 + lane)
    await world.reconciliation().run()
    assert [row.explained for row in (await world.report()).exceptions] == [None, None]
    (part,) = (await world.report()).reconciled
    assert (part.rows, part.open_rows) == (2, 2)


async def test_a_key_that_cannot_be_followed_says_why_and_is_not_asked_again(database: Database) -> None:
    lost = Failure(Reason.REFUSED, "history is gone")
    adapter = Following(lambda key, height: lost if key.address.endswith("3") else 0)
    world = await swept(database, adapter, claims=[10, 10], says=lambda lane, key: 10)
    await world.reconciliation(names="a").run()
    first, second = (await world.report()).exceptions
    assert first.residue == 0
    assert second.explained is None
    assert second.reason.endswith("transfers since could not be followed: refused: history is gone")
    await world.reconciliation(names="a").run()
    assert len(adapter.asked) == 1


async def test_a_failing_network_is_asked_again_and_stays_open(database: Database) -> None:
    adapter = Following(lambda key, height: 0, errors={"a": Transport("down")})
    world = await swept(database, adapter, claims=[10], says=lambda lane, key: 10)
    work = world.reconciliation(names="a", passes_max=3)
    await work.run()
    assert len(adapter.asked) == 3
    assert world.slept == [5, 5]
    assert not await work.finished()
    adapter.errors.clear()
    await work.run()
    assert await work.finished()
    assert (await world.report()).exceptions[0].residue == 0


@pytest.mark.parametrize("refusal", [NoMethod(-32601, "no such method"), ChainError("HTTP 404, no such method")])
async def test_a_provider_that_cannot_list_transfers_is_not_waited_for(database: Database, refusal: ChainError) -> None:
    adapter = Following(lambda key, height: 0, errors={"a": refusal})
    world = await swept(database, adapter, claims=[10], says=lambda lane, key: 10)
    work = world.reconciliation(names="a")
    await work.run()
    assert await work.finished()
    assert "no such method" in (await world.report()).exceptions[0].reason


async def test_without_providers_nothing_is_made_up(database: Database) -> None:
    adapter = Following(lambda key, height: 0)
    world = await swept(database, adapter, claims=[10], says=lambda lane, key: 10)
    work = world.reconciliation(names=())
    await work.run()
    assert not await work.finished()
    assert (await world.report()).reconciled == ()


@pytest.mark.parametrize("claimed_at", [None, 100, 200])
async def test_live_rows_and_readings_not_after_the_claim_are_not_followed(
    database: Database, claimed_at: int | None
) -> None:
    adapter = Following(lambda key, height: 0)
    world = await swept(database, adapter, claims=[10], says=lambda lane, key: 10, claimed_at=claimed_at)
    work = world.reconciliation(names="a")
    assert await work.finished()
    await work.run()
    assert adapter.asked == []


async def test_a_key_without_a_reading_is_not_followed_and_a_frozen_run_takes_no_flows(database: Database) -> None:
    adapter = Following(lambda key, height: 0)
    says: Says = lambda lane, key: Failure(Reason.NO_CODE) if key.address.endswith("2") else 10  # noqa: E731
    world = await swept(database, adapter, claims=[10, 10], says=says)
    await world.reconciliation(names=()).run()
    totals, _ = await results.totals(database, world.run.run_id)
    await results.freeze(database, world.run.run_id, now=NOW, totals=totals, ratios=[])
    with pytest.raises(ExceptionGroup) as caught:
        await world.reconciliation(names="a").run()
    assert "is frozen" in str(caught.value.exceptions[0])
    assert adapter.asked == [("a", CLAIMED, 100, 1)]

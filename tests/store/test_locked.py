"""Locked coins: stored with their reading, compared like amounts, counted where the claim exceeds the liquid amount."""

from __future__ import annotations

import asyncpg
import pytest

from chains.types import BalanceKey, Failure, Liquidity, Reason
from indexer.model.result import LockedTotal, Report, RowStatus
from indexer.store import results, shards
from indexer.store.database import Database
from tests.store.world import ETHEREUM, NOW, Chain, Held, Reader, claim, commit, open_run, plan, store, sweep, take

STAKED = Held(5, ((Liquidity.STAKED, 3), (Liquidity.UNBONDING, 2)))
OTHER = Held(5, ((Liquidity.STAKED, 5),))
Says = int | Held | Failure


async def audited(db: Database, claims: list[int | None], *said: Says) -> Report:
    """One line for each claim; ``said`` is what each witness says of all of them."""
    imported = await store(db, Reader([claim(2 + number, claimed=each) for number, each in enumerate(claims)]))
    run = await open_run(db, imported.list_id, quorum=len(said), fresh=True)
    chain = Chain(lanes=len(said), says=lambda lane, key: said[lane])
    await plan(db, run, {(ETHEREUM, None): chain})
    await sweep(db, run, {(ETHEREUM, None): chain})
    return await results.load_report(db, run.run_id, exceptions_max=9, chain_names={})


@pytest.mark.parametrize(
    ("claimed", "status", "observed", "counted"),
    [
        (None, RowStatus.OBSERVED, 5, 0),
        (4, RowStatus.MISMATCH, 5, 0),
        (5, RowStatus.VERIFIED, 5, 0),
        (6, RowStatus.MISMATCH, 10, 3),
        (10, RowStatus.VERIFIED, 10, 3),
        (11, RowStatus.MISMATCH, 10, 3),
    ],
)
async def test_locked_coins_count_where_the_claim_exceeds_the_liquid_amount(
    database: Database, claimed: int | None, status: RowStatus, observed: int, counted: int
) -> None:
    report = await audited(database, [claimed], STAKED)
    (total,) = report.asset_totals
    assert getattr(total.coverage, status) == 1
    assert total.low == observed
    assert report.locked == (
        LockedTotal("ETH", 18, Liquidity.STAKED, rows=1, amount=3, counted=counted),
        LockedTotal("ETH", 18, Liquidity.UNBONDING, rows=1, amount=2, counted=2 if counted else 0),
    )
    if status is RowStatus.MISMATCH:
        (row,) = report.exceptions
        assert (row.observed, row.reason) == (observed, "liquid 5, staked 3, unbonding 2")


async def test_rows_are_summed_by_class_over_what_is_counted_and_what_is_not(database: Database) -> None:
    report = await audited(database, [5, 10, 11, 4], STAKED)
    assert report.locked == (
        LockedTotal("ETH", 18, Liquidity.STAKED, rows=4, amount=12, counted=6),
        LockedTotal("ETH", 18, Liquidity.UNBONDING, rows=4, amount=8, counted=4),
    )


async def test_without_locked_coins_nothing_is_said_of_them(database: Database) -> None:
    report = await audited(database, [5, 6], 5)
    assert report.locked == ()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (OTHER, "p0 says 5, p1 says 5"),
        (5, "p0 says 5, p1 says 5"),
        (Held(6, STAKED.locked), "p0 says 5, p1 says 6"),
        (Failure(Reason.NO_CODE), "p0 says 5, p1 says no-code"),
    ],
)
async def test_witnesses_who_differ_on_what_is_locked_dispute(database: Database, other: Says, words: str) -> None:
    report = await audited(database, [5], STAKED, other)
    (row,) = report.exceptions
    assert row.status is RowStatus.DISPUTED
    assert row.reason.startswith(words)


async def test_witnesses_who_agree_on_what_is_locked_verify(database: Database) -> None:
    report = await audited(database, [10], STAKED, STAKED)
    assert report.asset_totals[0].coverage.verified == 1
    assert [part.amount for part in report.locked] == [3, 2]


async def test_locked_coins_are_committed_with_their_shard_or_not_at_all(database: Database) -> None:
    imported = await store(database, Reader([claim(2)]))
    run = await open_run(database, imported.list_id)
    await plan(database, run, {(ETHEREUM, None): Chain()})
    stale = await take(database, run, lease_s=-1)
    fresh = await take(database, run)
    assert stale is not None
    assert fresh is not None
    with pytest.raises(shards.LeaseLost):
        await commit(database, stale, Chain(says=lambda lane, key: OTHER))
    await commit(database, fresh, Chain(says=lambda lane, key: STAKED))
    report = await results.load_report(database, run.run_id, exceptions_max=9, chain_names={})
    assert [(part.liquidity, part.amount) for part in report.locked] == [("staked", 3), ("unbonding", 2)]


async def test_locked_coins_are_in_the_digest_and_frozen_with_the_run(database: Database) -> None:
    digests = set()
    for said in (STAKED, OTHER, 5):
        imported = await store(database, Reader([claim(2, address="0xaa")], salt=repr(said)))
        run = await open_run(database, imported.list_id)

        def says(lane: int, key: BalanceKey, said: Says = said) -> Says:
            return said

        await plan(database, run, {(ETHEREUM, None): Chain(says=says)})
        await sweep(database, run, {(ETHEREUM, None): Chain(says=says)})
        digests.add(await results.readings_digest(database, run.run_id))
        totals, _ = await results.totals(database, run.run_id)
        await results.freeze(database, run.run_id, now=NOW, totals=totals, ratios=[])
    assert len(digests) == 3
    async with database.acquire() as connection:
        for change in (
            "INSERT INTO ledger.locked VALUES (1, 0, 0, 2, 'locked', 1)",
            "DELETE FROM ledger.locked",
            "INSERT INTO ledger.flows VALUES (1, 0, 0, 2, 1, 1, 1, NULL)",
        ):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(change)
        rows = await connection.fetch(
            "SELECT liquidity, locked_raw, counted_raw FROM assay.locked_balances ORDER BY 1, 2"
        )
    assert [tuple(row) for row in rows] == [("staked", 3, 0), ("staked", 5, 0), ("unbonding", 2, 0)]

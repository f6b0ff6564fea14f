"""A claim between two readings: an earlier run's and its own. Both must say the same of it, or the gap is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from chains.types import BalanceKey, Failure, Reason
from indexer.model.result import ExceptionRow, ReadingBefore, Reconciled
from indexer.store import before
from indexer.store.database import Database
from tests.store.world import ETHEREUM, NOW, at
from tests.work.following import CLAIMED, Following, World, swept

EARLY = 80


def index_of(key: BalanceKey) -> int:
    """Which of the claims, from 0: addresses are made of line numbers, and the first line is 2."""
    return int(key.address, 16) - 2


async def earlier(
    db: Database, amounts: list[int | Failure], *, height: int = EARLY, exchange: str = "Example", lanes: int = 1
) -> World:
    """A published run that read the same addresses, without any claimed height."""
    block = at(height)
    world = await swept(
        db,
        Following(),
        claims=[None] * len(amounts),
        says=lambda lane, key: amounts[index_of(key)],
        claimed_at=None,
        served=(block,) * lanes,
        exchange=exchange,
        lanes=lanes,
    )
    await world.freeze()
    return world


async def test_claims_are_explained_from_both_sides_or_the_gap_is_shown(database: Database) -> None:
    """Every mixture: moved before and after the claim, moved in no list, a claim that is right or not."""
    cases = list(product((-2, 0, 3), (-1, 0, 4), (-1, 0, 1), (0, 2)))
    held = 100
    first = await earlier(database, [held] * len(cases))
    listed = {(EARLY, i): moved + after for i, (moved, after, _, _) in enumerate(cases)}
    listed |= {(CLAIMED, i): after for i, (_, after, _, _) in enumerate(cases)}
    adapter = Following(between=lambda key, since, until: listed[since, index_of(key)])
    now = [held + sum(case[:3]) for case in cases]
    claims = [held + moved + wrong for moved, _, _, wrong in cases]
    world = await swept(database, adapter, claims=claims, says=lambda lane, key: now[index_of(key)])
    await world.reconciliation(names="a").run()
    report = await world.report()
    for row, (moved, _, unseen, wrong) in zip(report.exceptions, cases, strict=True):
        by_before = ReadingBefore(first.run.run_id, EARLY, explained=held + moved, residue=wrong)
        assert (row.before, row.gap) == (by_before, unseen), row
        assert (row.explained, row.residue) == (held + moved + unseen, wrong - unseen)
    whole = [(moved, wrong) for moved, _, unseen, wrong in cases if unseen == 0]
    right = [held + moved for moved, wrong in whole if wrong == 0]
    assert report.reconciled == (
        Reconciled(
            "ETH",
            ETHEREUM,
            18,
            rows=54,
            matching_rows=9,
            matching=sum(right),
            differing_rows=9,
            short=18,
            over=0,
            both_rows=18,
            torn_rows=36,
        ),
    )
    assert report.asset_totals[0].coverage.unpinned == 54
    assert report.asset_totals[0].low == 0


async def only_row(world: World) -> ExceptionRow:
    await world.reconciliation(names="a").run()
    (row,) = (await world.report()).exceptions
    return row


async def late(db: Database, adapter: Following | None = None, *, claimed_at: int = CLAIMED) -> World:
    return await swept(db, adapter or Following(), claims=[10], says=lambda lane, key: 10, claimed_at=claimed_at)


async def test_the_newest_reading_at_or_before_the_claim_is_taken(database: Database) -> None:
    for height in (70, CLAIMED - 1, CLAIMED + 1, 75):  # in the order of their runs
        await earlier(database, [10], height=height)
    row = await only_row(await late(database))
    assert row.before is not None
    assert row.before.height == CLAIMED - 1


async def test_a_reading_of_the_claimed_block_needs_no_further_transfers(database: Database) -> None:
    await earlier(database, [4], height=CLAIMED)
    adapter = Following(between=lambda key, since, until: 6)
    row = await only_row(await late(database, adapter))
    assert (row.explained, row.residue, row.gap) == (4, 6, 0)
    assert adapter.asked == [("a", CLAIMED, 100, 1)]


@pytest.mark.parametrize("claimed_at", [EARLY - 1, 100, 200])
async def test_only_claims_between_two_readings_are_tied(database: Database, claimed_at: int) -> None:
    await earlier(database, [10])
    adapter = Following()
    row = await only_row(await late(database, adapter, claimed_at=claimed_at))
    assert row.before is None
    assert len(adapter.asked) == (1 if claimed_at < EARLY else 0)


async def test_the_wanted_time_of_a_list_without_heights_counts_as_its_height(database: Database) -> None:
    await earlier(database, [3])
    adapter = Following(between=lambda key, since, until: {EARLY: 7, 95: 5}[since])
    world = await swept(database, adapter, claims=[5], says=lambda lane, key: 10, claimed_at=None, wanted=95)
    row = await only_row(world)
    assert (row.explained, row.residue, row.gap) == (5, 0, 0)
    assert adapter.asked == [("a", 95, 100, 1), ("a", EARLY, 100, 1)]


async def test_runs_of_other_exchanges_unfinished_and_older_ones_are_not_looked_through(database: Database) -> None:
    for height in range(50, 50 + before.RUNS_MAX):
        await earlier(database, [10], height=height)
    await earlier(database, [10], exchange="Other")
    await swept(database, Following(), claims=[None], says=lambda lane, key: 9, claimed_at=None, served=(at(EARLY),))
    row = await only_row(await late(database))
    assert row.before is not None
    assert row.before.height == 50 + before.RUNS_MAX - 1


async def test_no_reading_before_is_none(database: Database) -> None:
    """Not of a failure, not of an address that was in no earlier list, not of a block that its witnesses dispute."""
    failed = Failure(Reason.REFUSED, "no")
    await earlier(database, [failed])
    assert (await only_row(await late(database))).before is None
    block = at(EARLY)
    disputed = await swept(
        database, Following(), claims=[None], says=lambda lane, key: 10 + lane, claimed_at=None,
        served=(block, block), lanes=2,
    )  # fmt: skip
    await disputed.freeze()
    world = await swept(database, Following(), claims=[10, 11], says=lambda lane, key: 10)
    await world.reconciliation(names="a").run()
    assert [row.before for row in (await world.report()).exceptions] == [None, None]


async def test_a_reading_too_far_back_is_named_but_not_followed_from(database: Database) -> None:
    old = replace(at(EARLY), time=NOW - timedelta(days=8, seconds=1))
    world = await swept(
        database, Following(), claims=[None], says=lambda lane, key: 10, claimed_at=None, served=(old,)
    )  # fmt: skip
    await world.freeze()
    adapter = Following()
    row = await only_row(await late(database, adapter))
    assert row.before == ReadingBefore(world.run.run_id, EARLY, None, None)
    assert (row.residue, row.gap) == (0, None)
    said = f"the reading before, at {EARLY}, is not tied to it: it is more than 8 days older than the reading after"
    assert row.reason.endswith(said)
    assert len(adapter.asked) == 1


async def test_a_history_that_does_not_reach_back_leaves_the_reading_after_alone(database: Database) -> None:
    await earlier(database, [10])
    gone = Failure(Reason.REFUSED, "history is gone")
    adapter = Following(between=lambda key, since, until: gone if since == EARLY else 0)
    row = await only_row(await late(database, adapter))
    assert (row.residue, row.gap) == (0, None)
    assert row.reason.endswith("is not tied to it: refused: history is gone")


async def test_where_the_claim_cannot_be_followed_the_longer_way_is_not_tried(database: Database) -> None:
    await earlier(database, [10])
    adapter = Following(between=lambda key, since, until: Failure(Reason.REFUSED, "no"))
    row = await only_row(await late(database, adapter))
    assert row.explained is None
    assert adapter.asked == [("a", CLAIMED, 100, 1)]


async def test_every_witness_must_find_the_same_gap(database: Database) -> None:
    await earlier(database, [10])
    adapter = Following(between=lambda key, since, until: until - 100 if since == EARLY else 0)
    world = await swept(database, adapter, claims=[10], says=lambda lane, key: 10, lanes=2)
    await world.reconciliation().run()
    (row,) = (await world.report()).exceptions
    assert (row.residue, row.gap) == (0, None)
    assert row.reason.endswith("is not tied to it: witnesses list different transfers")


async def test_what_was_chosen_stays_whatever_is_published_meanwhile(database: Database) -> None:
    """Stopped between the two ways, another run ends, and the same command goes on from the reading it had chosen."""
    await earlier(database, [10])
    adapter = Following()
    world = await late(database, adapter)
    work = world.reconciliation(names="a")
    await before.seek_readings_before(database, world.run.run_id, ETHEREUM, days_max=8)
    await earlier(database, [99], height=CLAIMED)
    assert not await work.finished()
    row = await only_row(world)
    assert row.before is not None
    assert (row.before.height, row.gap) == (EARLY, 0)
    assert await work.finished()
    asked = list(adapter.asked)
    await work.run()
    assert adapter.asked == asked == [("a", CLAIMED, 100, 1), ("a", EARLY, 100, 1)]


async def test_a_published_run_takes_no_reading_before(database: Database) -> None:
    world = await late(database)
    await world.freeze()
    with pytest.raises(Exception, match="is frozen"):
        await before.seek_readings_before(database, world.run.run_id, ETHEREUM, days_max=8)

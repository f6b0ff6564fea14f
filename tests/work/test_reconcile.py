"""Transfers between a claim and its later reading: followed once, kept with the reading, never made `verified`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from chains.adapter import Rpc
from chains.errors import ChainError, NoMethod, Transport
from chains.types import BalanceKey, BlockRef, Failure, Flows, Liquidity, Reason
from indexer.model.config import Policy
from indexer.model.result import Reconciled, Report, RowStatus
from indexer.model.run import RunInfo
from indexer.store import results
from indexer.store.database import Database
from indexer.work.observer import Silent
from indexer.work.reconcile import Reconciliation
from tests.store.world import ETHEREUM, LITECOIN, NOW, Chain, Held, Reader, at, claim, open_run, plan, store, sweep
from tests.work.fakes import FakeRpc, TipAdapter, endpoint

CLAIMED, LATER, LATEST = 90, at(100), at(101)
Says = Callable[[int, BalanceKey], int | Held | Failure]


@dataclass
class Following(TipAdapter):
    """``says`` the net change of a key up to a height, or why it is not known; or fails as a whole."""

    says: Callable[[BalanceKey, int], int | Failure]
    errors: dict[str, ChainError] = field(default_factory=dict)
    asked: list[tuple[str, int, int, int]] = field(default_factory=list)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        raise AssertionError("only plans ask for it")

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        self.asked.append((rpc.provider, since, until.height, len(keys)))
        if error := self.errors.get(rpc.provider):
            raise error
        said = [self.says(key, until.height) for key in keys]
        return Flows(
            since,
            until,
            [each if isinstance(each, int) else None for each in said],
            {index: each for index, each in enumerate(said) if isinstance(each, Failure)},
        )


@dataclass
class World:
    db: Database
    run: RunInfo
    adapter: Following
    slept: list[float] = field(default_factory=list)

    def reconciliation(self, *, names: Sequence[str] = ("a", "b"), passes_max: int = 2) -> Reconciliation:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        lanes = tuple((endpoint(name, rpc=FakeRpc(name)),) for name in names)
        return Reconciliation(
            db=self.db,
            run_id=self.run.run_id,
            adapters={ETHEREUM: self.adapter, LITECOIN: TipAdapter()},  # type: ignore[dict-item]
            lanes={ETHEREUM: lanes},
            policy=Policy(passes_max=passes_max),
            observer=Silent(),
            stop=asyncio.Event(),
            sleep=sleep,
        )

    async def report(self) -> Report:
        return await results.load_report(self.db, self.run.run_id, exceptions_max=9, chain_names={})


async def swept(
    db: Database,
    adapter: Following,
    *,
    claims: Sequence[int | None],
    says: Says,
    lanes: int = 1,
    claimed_at: int | None = CLAIMED,
) -> World:
    lines = [claim(2 + n, claimed=each, height=claimed_at) for n, each in enumerate(claims)]
    run = await open_run(db, (await store(db, Reader(lines))).list_id)
    problem = "" if claimed_at is None else f"claimed at {claimed_at}, but this chain can only be read now"
    chain = Chain(
        served=(LATER, LATEST), problem=problem, lanes=lanes, says=says, keys_per_shard=None, live=claimed_at is None
    )
    chains = {(ETHEREUM, claimed_at): chain}
    await plan(db, run, chains)
    await sweep(db, run, chains)
    return World(db, run, adapter)


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


async def test_a_provider_that_cannot_list_transfers_is_not_waited_for(database: Database) -> None:
    adapter = Following(lambda key, height: 0, errors={"a": NoMethod(-32601, "no such method")})
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

"""A second source reads a sample once more: chosen once, resumed, and a difference is a dispute."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from chains.adapter import ChainAdapter, Rpc
from chains.errors import ChainError, Transport
from chains.types import BalanceKey, BlockRef, ChainId, Failure, Readings, Reason
from indexer.model.config import Policy
from indexer.model.run import RunInfo
from indexer.store import cross_checks, findings, results
from indexer.store.database import Database
from indexer.work.cross_check import CrossChecking
from indexer.work.endpoints import Endpoint, Lanes
from indexer.work.now_check import MOVED
from indexer.work.observer import Silent
from tests.store.world import ETHEREUM, Chain, Reader, claim, open_run, plan, store, sweep
from tests.work.fakes import FakeAdapter, FakeRpc, endpoint

POLICY = Policy(prove_top=2, prove_draws=3, prove_seed="seed")


@dataclass
class Second(FakeAdapter):
    """``says`` by address what another source reads; an error in place of an answer."""

    says: Mapping[str, int | None]
    fails: ChainError | None = None
    asked: list[list[str]] = field(default_factory=list)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: list[BalanceKey]) -> Readings:  # type: ignore[override]
        self.asked.append([key.address for key in keys])
        if self.fails is not None:
            raise self.fails
        amounts = [self.says[key.address] for key in keys]
        missing = {n: Failure(Reason.REFUSED, "history too long") for n, amount in enumerate(amounts) if amount is None}
        return Readings(block, amounts, missing)


@pytest.fixture
async def run(database: Database) -> RunInfo:
    """Ten lines of 1 to 10 units, read as claimed."""
    claims = [claim(line, address=f"a{line:02}", claimed=line) for line in range(1, 11)]
    opened = await open_run(database, (await store(database, Reader(claims))).list_id)
    chains = {(ETHEREUM, None): Chain(says=lambda lane, key: int(key.address[1:]))}
    await plan(database, opened, chains)
    await sweep(database, opened, chains)
    return opened


@dataclass
class NowRpc(FakeRpc):
    """An index that knows only now; ``says`` by address."""

    says: Mapping[str, int] = field(default_factory=dict)

    async def newest(self) -> int:
        return self.tip

    async def hash_at(self, height: int) -> str:
        return self.block(height).hash

    async def held(self, keys: Sequence[BalanceKey], *, since: BlockRef) -> list[int | Failure]:
        return [self.says[key.address] for key in keys]


def checking(db: Database, run: RunInfo, second: Second, *endpoints: Endpoint, stop: bool = False) -> CrossChecking:
    adapter = cast(ChainAdapter, second)
    checkers = {ETHEREUM: endpoints or (endpoint("second", operator="other"),)}
    lanes: Mapping[ChainId, Lanes] = {ETHEREUM: ((endpoint("node"),),)}
    return CrossChecking(db, run, lambda _: adapter, lanes, checkers, POLICY, Silent(), lambda: stop)


def honest(**changed: int | None) -> dict[str, int | None]:
    return {f"a{line:02}": line for line in range(1, 11)} | changed


async def statuses(db: Database, run: RunInfo) -> dict[int, str]:
    async with db.acquire() as connection:
        rows = await connection.fetch("SELECT line_no, status FROM ledger.row_results WHERE run_id = $1", run.run_id)
    return {row["line_no"]: row["status"] for row in rows}


async def notes(db: Database, run: RunInfo) -> list[str]:
    async with db.acquire() as connection:
        found = await findings.load_findings(connection, run_id=run.run_id)
    return [f"{each.severity.value}: {each.detail}" for each in found if each.kind == "cross-check"]


async def test_agreement_changes_no_row_and_is_told(database: Database, run: RunInfo) -> None:
    second = Second(honest())
    await checking(database, run, second).check()
    (asked,) = second.asked
    assert {"a10", "a09"} <= set(asked)
    assert 3 <= len(asked) <= 5
    assert set((await statuses(database, run)).values()) == {"verified"}
    (said,) = await notes(database, run)
    assert said.startswith(f"note: {ETHEREUM}: {len(asked)} of {len(asked)} chosen rows")
    assert said.endswith("from second of other: 0 differ (seed seed)")


async def test_a_difference_is_a_dispute_with_both_amounts(database: Database, run: RunInfo) -> None:
    await checking(database, run, Second(honest(a10=9))).check()
    found = await statuses(database, run)
    assert [line for line, status in found.items() if status == "disputed"] == [10]
    report = await results.load_report(database, run.run_id, exceptions_max=10, chain_names={})
    (disputed,) = report.exceptions
    assert disputed.reason == "p0 says 10, second says 9"
    (total,), _ = await results.totals(database, run.run_id)
    assert not total.coverage.complete


async def test_the_sample_is_chosen_once_and_answered_once(database: Database, run: RunInfo) -> None:
    stopped = Second(honest())
    await checking(database, run, stopped, stop=True).check()
    assert stopped.asked == []
    assert not await cross_checks.all_checked(database, run.run_id)
    first, again = Second(honest()), Second(honest(a10=1))
    await checking(database, run, first).check()
    assert await cross_checks.all_checked(database, run.run_id)
    await checking(database, run, again).check()
    assert again.asked == []
    assert len(await notes(database, run)) == 1


async def test_nobody_who_answers_fails_no_run_but_is_told(database: Database, run: RunInfo) -> None:
    await checking(database, run, Second(honest(), fails=Transport("down"))).check()
    assert set((await statuses(database, run)).values()) == {"verified"}
    (said,) = await notes(database, run)
    assert said.startswith(f"warning: {ETHEREUM}: 0 of ")
    assert await cross_checks.all_checked(database, run.run_id)


async def test_a_row_that_the_second_source_cannot_answer_is_not_checked(database: Database, run: RunInfo) -> None:
    await checking(database, run, Second(honest(a10=None))).check()
    async with database.acquire() as connection:
        row = await connection.fetchrow("SELECT amount, reason FROM ledger.cross_checks WHERE line_no = 10")
    assert row is not None
    assert (row["amount"], row["reason"]) == (None, "history too long")
    assert (await statuses(database, run))[10] == "verified"


async def test_two_at_once_answer_a_line_once(database: Database, run: RunInfo) -> None:
    await asyncio.gather(*(checking(database, run, Second(honest(a10=value))).check() for value in (10, 9)))
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM ledger.cross_checks WHERE line_no = 10") == 1


async def test_an_index_that_knows_only_now_disputes_what_a_node_says_still(database: Database, run: RunInfo) -> None:
    says = {f"a{line:02}": line for line in range(1, 11)} | {"a10": 9, "a09": 8}
    index = endpoint("scan", operator="op", rpc=NowRpc("scan", says=says), related_to=(run.exchange,))
    moved = Second(honest(a09=8))  # between the run's reading and the node's next one
    await checking(database, run, moved, index).check()
    found = await statuses(database, run)
    assert [line for line, status in found.items() if status == "disputed"] == [10]
    async with database.acquire() as connection:
        row = await connection.fetchrow("SELECT amount, reason FROM ledger.cross_checks WHERE line_no = 9")
        told = [each for each in await findings.load_findings(connection, run_id=run.run_id) if "scan" in each.detail]
    assert row is not None
    assert (row["amount"], row["reason"]) == (None, MOVED)
    assert {each.kind for each in told} == {"cross-check", "related-party", "independence"}, "the reader's own operator"
    assert any("later, between two readings, from scan of op: 1 differ" in each.detail for each in told)

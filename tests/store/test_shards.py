"""Leases: one worker a shard, no late writer, no lost work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from chains.types import BlockRef, Failure, Reason
from indexer.model.run import RunInfo
from indexer.store import results, shards
from indexer.store.database import Database, DatabaseUnavailable
from indexer.store.locks import AlreadyRunning, single_writer
from tests.store.world import ETHEREUM, NOW, Chain, Reader, at, claim, commit, open_run, plan, store, sweep, take

CHAIN = Chain(keys_per_shard=2)


async def planned(db: Database, *, lines: int = 6, lanes: int = 1) -> RunInfo:
    imported = await store(db, Reader([claim(line) for line in range(2, 2 + lines)]))
    run = await open_run(db, imported.list_id)
    await plan(db, run, {(ETHEREUM, None): Chain(keys_per_shard=2, lanes=lanes)})
    return run


async def test_workers_at_the_same_time_never_get_the_same_shard(any_database: Database) -> None:
    run = await planned(any_database, lines=20)
    leases = await asyncio.gather(*(take(any_database, run) for _ in range(12)))
    assert sorted(lease.shard_no for lease in leases if lease) == list(range(10))


async def test_a_stale_lease_commits_nothing_and_the_new_holder_does(any_database: Database) -> None:
    run = await planned(any_database, lines=2)
    stale = await take(any_database, run, lease_s=-1)
    fresh = await take(any_database, run)
    assert stale is not None
    assert fresh is not None
    assert (fresh.shard_no, fresh.fence) == (stale.shard_no, stale.fence + 1)
    assert not await shards.heartbeat(any_database, stale, 60)
    with pytest.raises(shards.LeaseLost):
        await commit(any_database, stale, Chain(says=lambda lane, key: 666))
    await shards.release_shard(any_database, stale, "late")
    assert await shards.heartbeat(any_database, fresh, 60)
    await commit(any_database, fresh, CHAIN)
    with pytest.raises(shards.LeaseLost):
        await commit(any_database, fresh, CHAIN)
    (row,) = await shards.progress(any_database, run.run_id)
    assert (row.shards_done, row.keys_done, row.last_problem) == (1, 2, "")
    (total,), _ = await results.totals(any_database, run.run_id)
    assert (total.low, total.coverage.verified) == (10, 2)


async def test_two_holders_who_commit_at_once_write_once(database: Database) -> None:
    run = await planned(database, lines=2)
    lease = await take(database, run)
    assert lease is not None
    done = await asyncio.gather(*(commit(database, lease, CHAIN) for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["LeaseLost", "LeaseLost", "LeaseLost", "NoneType"]
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM ledger.readings") == 2


async def test_a_failed_shard_goes_last_and_waits_for_the_next_pass(database: Database) -> None:
    run = await planned(database)
    first = await take(database, run, attempts_below=1)
    assert first is not None
    await shards.release_shard(database, first, "p0: 503\x00")
    (row,) = await shards.progress(database, run.run_id)
    assert row.last_problem == "p0: 503\ufffd"
    order = [lease.shard_no for _ in range(3) if (lease := await take(database, run, attempts_below=1))]
    assert order == [1, 2]
    again = await take(database, run, attempts_below=2)
    assert again is not None
    assert again.shard_no == first.shard_no
    report = await results.load_report(database, run.run_id, exceptions_max=1, chain_names={})
    assert report.exceptions[0].reason == "not read yet: p0: 503\ufffd"


async def test_the_next_sweep_takes_back_what_a_killed_one_held(database: Database) -> None:
    run = await planned(database)
    held = [await take(database, run) for _ in range(3)]
    assert held[0] is not None
    assert await take(database, run) is None
    await shards.release_shard(database, held[0], "failed")
    await shards.reclaim(database, run.run_id)
    taken = [lease.shard_no for _ in range(4) if (lease := await take(database, run, attempts_below=1))]
    assert taken == [0, 1, 2]
    assert held[1] is not None
    with pytest.raises(shards.LeaseLost):
        await commit(database, held[1], CHAIN)


async def test_each_lane_reads_every_key_for_itself_and_is_named(database: Database) -> None:
    run = await planned(database, lanes=2)
    for lane in (0, 1):
        while lease := await take(database, run, lane=lane):
            await commit(database, lease, Chain(says=lambda lane, key: 5 + lane))
    report = await results.load_report(database, run.run_id, exceptions_max=1, chain_names={})
    assert [(use.provider, use.operator, use.readings) for use in report.providers] == [
        ("p0", "o0", 6),
        ("p1", "o1", 6),
    ]
    assert report.asset_totals[0].coverage.disputed == 6
    assert report.exceptions[0].reason == "p0 says 5, p1 says 6"


async def test_failures_keep_their_words(database: Database) -> None:
    run = await planned(database, lines=2)
    lease = await take(database, run)
    assert lease is not None
    await commit(database, lease, Chain(says=lambda lane, key: Failure(Reason.REVERTED, "tab\there\\N")))
    report = await results.load_report(database, run.run_id, exceptions_max=1, chain_names={})
    assert report.exceptions[0].reason == "reverted: tab\there\\N"
    assert report.asset_totals[0].low == 0
    assert report.asset_totals[0].high == 10


async def test_a_connection_lost_in_the_middle_of_a_commit_writes_nothing_and_the_shard_is_read_again(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 22. The COPY is under way when the server ends the session."""
    run = await planned(any_database, lines=2)
    lease = await take(any_database, run)
    assert lease is not None

    async def cut(rows: Iterator[bytes]) -> AsyncIterator[bytes]:
        data = b"".join(rows)
        yield data[: len(data) // 2]
        async with any_database.acquire() as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'COPY%' AND datname = current_database()"
            )
        yield data[len(data) // 2 :]

    with monkeypatch.context() as patched:
        patched.setattr(shards, "_pieces", cut)
        with pytest.raises(DatabaseUnavailable):
            await commit(any_database, lease, CHAIN)
    async with any_database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM ledger.readings") == 0
    await commit(any_database, lease, CHAIN)
    (total,), _ = await results.totals(any_database, run.run_id)
    assert total.coverage.verified == 2


async def test_a_second_writer_is_refused_until_the_first_is_gone(any_database: Database) -> None:
    """Fault 24."""
    async with single_writer(any_database, "Example"):
        with pytest.raises(AlreadyRunning, match="Example"):
            async with single_writer(any_database, "Example"):
                pytest.fail("two writers")
        async with single_writer(any_database, "Other"):
            pass
    async with single_writer(any_database, "Example"):
        pass


async def test_the_block_that_served_a_reading_is_kept(database: Database) -> None:
    run = await planned(database, lines=2)
    lease = await take(database, run)
    assert lease is not None
    await commit(database, lease, Chain(served=(BlockRef(101, "0xbb"),)))
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT height, hash FROM ledger.blocks")
    assert [tuple(row) for row in rows] == [(101, "0xbb")]


async def test_witnesses_who_differ_at_different_blocks_of_a_live_chain_contradict_nobody(database: Database) -> None:
    imported = await store(database, Reader([claim(2)]))
    for second, status in ((at(121), "unpinned"), (at(120), "disputed")):
        run = await open_run(database, imported.list_id, fresh=True)
        chain = Chain(live=True, lanes=2, served=(at(120), second), says=lambda lane, key: 5 + lane)
        await plan(database, run, {(ETHEREUM, None): chain})
        await sweep(database, run, {(ETHEREUM, None): chain})
        (total,), _ = await results.totals(database, run.run_id)
        assert getattr(total.coverage, status) == 1
        await results.freeze(database, run.run_id, now=NOW, totals=[total], ratios=[])


async def test_the_planner_knows_what_was_read(database: Database) -> None:
    run = await planned(database)
    await sweep(database, run, {(ETHEREUM, None): Chain()})
    await shards.analyze(database, run.run_id)
    async with database.acquire() as connection:
        known = await connection.fetchval(
            "SELECT reltuples FROM pg_class WHERE oid = $1::text::regclass", f"ledger.readings_{run.run_id}"
        )
        assert known == await connection.fetchval("SELECT count(*) FROM ledger.readings") > 0

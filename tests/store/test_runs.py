"""Runs: found again, pinned once, cut without loss, and closed for good."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from chains.types import BlockRef, Failure, Reason
from indexer.core.conclude import owed_but_unlisted, reserve_ratios
from indexer.model.findings import Finding, Severity
from indexer.model.liabilities import Commitment, Liability, LiabilityStatement
from indexer.model.result import RowStatus
from indexer.model.run import Pin, RunInfo, RunState
from indexer.store import results, runs, shards, statements
from indexer.store.database import Database
from indexer.store.findings import add_findings
from tests.store.world import (
    BLOCK,
    ETH,
    ETHEREUM,
    LITECOIN,
    NOW,
    USDT,
    Chain,
    Reader,
    at,
    claim,
    commit,
    open_run,
    plan,
    rejected,
    store,
    sweep,
    take,
)

STATEMENT = LiabilityStatement(
    "ab", NOW, Commitment("merkle-sum", "0x1"), (Liability("ETH", 18, 10, 1, "Safe"), Liability("BTC", 8, 3, 0)), ()
)


async def freeze(db: Database, run: RunInfo) -> None:
    assets, _ = await results.totals(db, run.run_id)
    owed = (await results.owed(db, run.run_id)).liabilities
    whole = [*assets, *owed_but_unlisted(assets, owed)]
    await results.freeze(db, run.run_id, now=NOW, totals=whole, ratios=reserve_ratios(whole, owed))


async def test_the_same_request_finds_its_unfinished_run_then_its_frozen_one(database: Database) -> None:
    imported = await store(database, Reader([claim(2)]))
    first = await open_run(database, imported.list_id)
    assert first.state is RunState.PLANNING
    assert await open_run(database, imported.list_id, now=NOW + timedelta(days=1)) == first
    assert (await open_run(database, imported.list_id, as_of=NOW)).run_id != first.run_id
    chains = {(ETHEREUM, None): Chain()}
    await plan(database, first, chains)
    await sweep(database, first, chains)
    await freeze(database, first)
    frozen = await open_run(database, imported.list_id)
    assert (frozen.run_id, frozen.state, frozen.frozen) == (first.run_id, RunState.FROZEN, NOW)
    fresh = await open_run(database, imported.list_id, fresh=True)
    assert fresh.run_id != first.run_id
    assert (await open_run(database, imported.list_id)).run_id == fresh.run_id
    assert (await runs.latest_run(database, None)) == fresh == await runs.latest_run(database, "Example")
    assert await runs.latest_run(database, "Nobody") is None
    assert {run.run_id for run in await runs.list_runs(database)} >= {first.run_id, fresh.run_id}
    with pytest.raises(LookupError):
        await runs.get_run(database, 10**6)


async def test_two_commands_at_once_open_one_run(database: Database) -> None:
    imported = await store(database, Reader([claim(2)]))
    opened = await asyncio.gather(*(open_run(database, imported.list_id) for _ in range(4)))
    assert len({run.run_id for run in opened}) == 1


async def test_what_is_audited_is_known_by_its_bytes(database: Database) -> None:
    reader = Reader([claim(2)])
    imported = await store(database, reader)
    statement_id = await statements.import_statement(database, exchange="Example", name="s", statement=STATEMENT)
    assert statement_id == await statements.import_statement(
        database, exchange="Example", name="s", statement=STATEMENT
    )
    restated = await statements.import_statement(
        database, exchange="Example", name="s", statement=replace(STATEMENT, sha256="cd")
    )
    assert restated != statement_id
    run = await open_run(database, imported.list_id, statement_id=statement_id)
    request = {"exchange": "Example", "list_sha256": reader.summary.sha256}
    assert not await runs.is_audited(database, **request, statement_sha256="ab")
    chains = {(ETHEREUM, None): Chain()}
    await plan(database, run, chains)
    await sweep(database, run, chains)
    await freeze(database, run)
    assert await runs.is_audited(database, **request, statement_sha256="ab")
    assert not await runs.is_audited(database, **request, statement_sha256="cd")
    assert not await runs.is_audited(database, **request, statement_sha256=None)


async def test_groups_and_shards_hold_every_claim_once(any_database: Database) -> None:
    claims = [claim(line, line % 4, height=(line % 3) or None) for line in range(2, 60)]
    claims += [claim(60, 0, address=f"0x{4:040x}"), claim(61, 1, claimed=None)]
    imported = await store(any_database, Reader(claims, [rejected(62, 0)]))
    run = await open_run(any_database, imported.list_id, quorum=2)
    groups = await runs.claim_groups(any_database, run.run_id)
    assert {(group.chain, group.height) for group in groups} == {
        (chain, height) for chain in (ETHEREUM, LITECOIN) for height in (None, 1, 2)
    }
    chains = {(group.chain, group.height): Chain(keys_per_shard=4, lanes=2) for group in groups}
    await plan(any_database, run, chains)
    await plan(any_database, run, chains)
    assert (await runs.get_run(any_database, run.run_id)).state is RunState.SWEEPING
    expected = {each.line_no: each for each in claims if each.instrument_no != 3 and each.line_no != 60}
    assert sum(group.keys for group in groups) == len(expected)
    for lane in (0, 1):
        seen: list[int] = []
        for chain in (ETHEREUM, LITECOIN):
            while lease := await take(any_database, run, chain, lane):
                keys = await shards.load_keys(any_database, lease)
                assert len(keys.keys) <= 4
                assert list(keys.line_nos) == sorted(keys.line_nos)
                for line, key in zip(keys.line_nos, keys.keys, strict=True):
                    assert (key.address, lease.pin.height_claimed) == (expected[line].address, expected[line].height)
                seen += keys.line_nos.tolist()
        assert sorted(seen) == sorted(expected)


async def test_one_shard_carries_a_whole_pin_where_the_chain_wants_that(database: Database) -> None:
    imported = await store(database, Reader([claim(line) for line in range(2, 12)]))
    run = await open_run(database, imported.list_id)
    await plan(database, run, {(ETHEREUM, None): Chain(keys_per_shard=None)})
    (row,) = await shards.progress(database, run.run_id)
    assert (row.shards, row.keys, row.shards_done, row.keys_done) == (1, 10, 0, 0)


async def test_a_pin_without_a_block_is_tried_again_and_one_with_a_block_stays(database: Database) -> None:
    imported = await store(database, Reader([claim(2)]))
    run = await open_run(database, imported.list_id)
    missing = Pin(0, ETHEREUM, None, None, live=False, problem="no provider")
    await runs.save_pin(database, run.run_id, missing, 2, 1)
    await runs.start_sweep(database, run.run_id)
    assert (await runs.get_run(database, run.run_id)).state is RunState.PLANNING
    assert await runs.pins(database, run.run_id) == [missing]
    found = replace(missing, block=BLOCK, problem="")
    await runs.save_pin(database, run.run_id, found, 2, 1)
    await runs.save_pin(database, run.run_id, found, 2, 1)
    assert await runs.pins(database, run.run_id) == [found]
    assert len(await shards.progress(database, run.run_id)) == 1
    with pytest.raises(AssertionError, match="another one"):
        await runs.save_pin(database, run.run_id, replace(found, block=at(101)), 2, 1)


async def test_an_excluded_instrument_is_never_read_and_says_why(database: Database) -> None:
    imported = await store(database, Reader([claim(2, 0), claim(3, 1), claim(4, 1)]))
    run = await open_run(database, imported.list_id)
    await runs.exclude_instrument(database, run.run_id, USDT, "18 decimals on chain")
    chains = {(ETHEREUM, None): Chain()}
    await plan(database, run, chains)
    with pytest.raises(AssertionError, match="already cut"):
        await runs.exclude_instrument(database, run.run_id, ETH, "too late")
    await sweep(database, run, chains)
    report = await results.load_report(database, run.run_id, exceptions_max=9, chain_names={})
    assert [(row.line_no, row.status, row.reason) for row in report.exceptions] == [
        (3, RowStatus.UNAVAILABLE, "18 decimals on chain"),
        (4, RowStatus.UNAVAILABLE, "18 decimals on chain"),
    ]
    await freeze(database, run)


async def test_a_reorganised_pin_voids_what_was_read_under_it(database: Database) -> None:
    imported = await store(database, Reader([claim(2), claim(3), claim(4)]))
    run = await open_run(database, imported.list_id)
    chains = {(ETHEREUM, None): Chain()}
    await plan(database, run, chains)
    done = await take(database, run)
    assert done is not None
    await commit(database, done, Chain(says=lambda lane, key: 4))
    late = await take(database, run)
    assert late is not None
    pin = await runs.void_pin(database, run.run_id, 0, "reorganised", block=at(100), keys_per_shard=2, lanes=1)
    assert (pin.pin_no, pin.block) == (1, at(100))
    assert await runs.pins(database, run.run_id) == [pin]
    with pytest.raises(shards.LeaseLost):
        await commit(database, late, chains[ETHEREUM, None])
    (row,) = await shards.progress(database, run.run_id)
    assert (row.shards, row.shards_done) == (2, 0)
    await sweep(database, run, chains)
    (total,), _ = await results.totals(database, run.run_id)
    assert (total.low, total.coverage.verified) == (15, 3)
    async with database.acquire() as connection:
        kept = await connection.fetchval("SELECT count(*) FROM ledger.readings WHERE run_id = $1", run.run_id)
    assert kept == 5
    await freeze(database, run)


async def test_a_run_with_anything_unread_cannot_be_published(database: Database) -> None:
    imported = await store(database, Reader([claim(2), claim(3, 2)]))
    run = await open_run(database, imported.list_id)
    with pytest.raises(results.NotFinished, match="2 groups without a block"):
        await freeze(database, run)
    chains = {(ETHEREUM, None): Chain(), (LITECOIN, None): Chain()}
    await plan(database, run, chains)
    with pytest.raises(results.NotFinished, match="2 shards unread"):
        await freeze(database, run)
    await sweep(database, run, chains)
    with pytest.raises(results.NotFinished, match="not those of the readings"):
        await results.freeze(database, run.run_id, now=NOW, totals=[], ratios=[])
    await freeze(database, run)
    await freeze(database, run)


async def test_a_published_run_is_closed_to_everybody(any_database: Database) -> None:
    db = any_database
    imported = await store(db, Reader([claim(2), claim(3, claimed=4)]))
    statement_id = await statements.import_statement(db, exchange="Example", name="s", statement=STATEMENT)
    run = await open_run(db, imported.list_id, statement_id=statement_id)
    chains = {(ETHEREUM, None): Chain(keys_per_shard=1)}
    await plan(db, run, chains)
    await sweep(db, run, chains)
    before = await results.load_report(db, run.run_id, exceptions_max=9, chain_names={})
    await freeze(db, run)
    after = await results.load_report(db, run.run_id, exceptions_max=9, chain_names={})
    assert replace(after, state=before.state, asset_totals=before.asset_totals) == before
    assert sorted(after.asset_totals, key=lambda total: total.asset) == sorted(
        before.asset_totals, key=lambda total: total.asset
    )
    assert after.readings_digest == await results.readings_digest(db, run.run_id)
    assert [(ratio.asset, ratio.low_ppm) for ratio in after.ratios] == [("ETH", 1_000_000), ("BTC", 0)]
    for raising in (
        runs.save_pin(db, run.run_id, Pin(9, LITECOIN, None, BLOCK, live=False), 2, 1),
        runs.void_pin(db, run.run_id, 0, "reorganised", block=at(100), keys_per_shard=2, lanes=1),
        runs.exclude_instrument(db, run.run_id, ETH, "no"),
    ):
        with pytest.raises(runs.RunFrozen):
            await raising
    await runs.start_sweep(db, run.run_id)
    with pytest.raises(asyncpg.RestrictViolationError):
        await add_findings(db, run_id=run.run_id, findings=[Finding(Severity.NOTE, "late", "too late")])
    changes = [
        f"{verb} {table}{rest}"
        for table in ("ledger.readings", f"ledger.readings_{run.run_id}")
        for verb, rest in (
            ("UPDATE", " SET amount = 1"),
            ("DELETE FROM", ""),
            ("TRUNCATE", ""),
            ("INSERT INTO", f" SELECT {run.run_id}, 0, 0, provider_id, 1, 9, 9, NULL, NULL FROM ledger.providers"),
        )
    ]
    for table in ("asset_totals", "network_totals", "reserve_ratios", "runs", "pins", "shards", "findings", "lists"):
        changes += [f"DELETE FROM ledger.{table}", f"TRUNCATE ledger.{table} CASCADE"]
    changes += [
        "UPDATE ledger.runs SET state = 'sweeping', frozen = NULL, readings_digest = NULL",
        "UPDATE ledger.asset_totals SET low = low + 1",
        "UPDATE ledger.shards SET state = 'open'",
        "UPDATE ledger.pins SET hash = '0x'",
    ]
    for change in changes:
        async with db.acquire() as connection:
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(change)


async def test_a_reading_written_twice_stops_the_run_from_being_published(database: Database) -> None:
    imported = await store(database, Reader([claim(2), claim(3)]))
    run = await open_run(database, imported.list_id)
    chains = {(ETHEREUM, None): Chain()}
    await plan(database, run, chains)
    await sweep(database, run, chains)
    async with database.acquire() as connection:
        await connection.execute(f"INSERT INTO ledger.readings_{run.run_id} SELECT * FROM ledger.readings LIMIT 1")
    with pytest.raises((asyncpg.UniqueViolationError, AssertionError)):
        await freeze(database, run)


async def test_the_digest_knows_what_was_read_and_not_who_said_so(database: Database) -> None:
    imported = await store(database, Reader([claim(2), claim(3), claim(4)]))
    digests = []
    for size, says in ((1, 5), (3, 5), (2, 6), (2, None)):
        run = await open_run(database, imported.list_id, fresh=True)
        chain = Chain(
            keys_per_shard=size,
            says=lambda lane, key, says=says: Failure(Reason.NO_CODE, "any words") if says is None else says,  # type: ignore[misc]
        )
        await plan(database, run, {(ETHEREUM, None): chain})
        await sweep(database, run, {(ETHEREUM, None): chain})
        digests.append(await results.readings_digest(database, run.run_id))
        await freeze(database, run)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


async def test_a_later_block_served_by_a_live_chain_counts_and_an_older_one_does_not(database: Database) -> None:
    imported = await store(database, Reader([claim(2)]))
    for served, status in ((at(120), "verified"), (BlockRef(99, "0x63"), "unpinned")):
        run = await open_run(database, imported.list_id, fresh=True)
        chains = {(ETHEREUM, None): Chain(live=True, served=(served,))}
        await plan(database, run, chains)
        await sweep(database, run, chains)
        (total,), _ = await results.totals(database, run.run_id)
        assert getattr(total.coverage, status) == 1
        await freeze(database, run)

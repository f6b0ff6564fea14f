"""Proofs in the store: kept whole, closed with the run, and what they do to the status of a row."""

from __future__ import annotations

from dataclasses import replace

import asyncpg
import pytest

from chains.proofs import Learned
from chains.types import Address, BalanceKey, ChainId, Failure, Instrument, Reason
from indexer.model.findings import Finding, Severity
from indexer.model.proofs import Evidence, ProofSample, ProofState, ProvenChunk, RowOutcome
from indexer.model.run import Pin, RunInfo
from indexer.store import proofs, results, runs
from indexer.store.database import Database
from indexer.store.results import NotFinished
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
    open_run,
    plan,
    rejected,
    store,
    sweep,
)

COIN, TOKEN = Instrument("slip44:60"), Instrument("erc20:0xdac1")
SAMPLE = ProofSample(0, COIN, "ETH", 18, 3, 15, "5eed", draws=7, pool=5, top=(2, 3), drawn=(4,))
GIVEN = Evidence("alpha", "Alpha Ltd", b"\x01proof")
PROVEN = RowOutcome(2, ProofState.PROVEN, 5, GIVEN)
UNKNOWN = RowOutcome(3, ProofState.NOT_PROVABLE, reason="no known slot")
LIED = RowOutcome(4, ProofState.CONTRADICTION, reason="the header does not hash")
TABLES = ("slot_rules", "proof_samples", "proofs", "proof_outcomes")


async def swept(db: Database, chain: Chain | None = None) -> RunInfo:
    imported = await store(db, Reader([claim(2), claim(3), claim(4), claim(5, 1)], [rejected(6)]))
    run = await open_run(db, imported.list_id)
    chains: dict[tuple[ChainId, int | None], Chain] = {(ETHEREUM, None): chain or Chain()}
    await plan(db, run, chains)
    await sweep(db, run, chains)
    return run


async def pin_of(db: Database, run: RunInfo) -> Pin:
    (pin,) = await runs.pins(db, run.run_id)
    return pin


async def keep(db: Database, run: RunInfo, *outcomes: RowOutcome) -> None:
    await proofs.save_chunk(db, run.run_id, await pin_of(db, run), ProvenChunk(outcomes, ()))


async def freeze(db: Database, run: RunInfo) -> None:
    assets, _ = await results.totals(db, run.run_id)
    await results.freeze(db, run.run_id, now=NOW, totals=assets, ratios=[])


async def statuses(db: Database, run: RunInfo) -> dict[int, tuple[str, str]]:
    async with db.acquire() as connection:
        rows = await connection.fetch(
            "SELECT line_no, status, reason FROM ledger.row_results WHERE run_id = $1 AND list_id = $2",
            run.run_id,
            run.list_id,
        )
    return {row["line_no"]: (row["status"], row["reason"]) for row in rows}


async def test_populations_are_what_is_read(database: Database) -> None:
    claims = [claim(2), claim(3, 1), claim(4, claimed=None), claim(5, height=9), claim(7, address=f"0x{2:040x}")]
    run = await open_run(database, (await store(database, Reader([*claims, claim(8, 2)], [rejected(9, 0)]))).list_id)
    await plan(database, run, {(ETHEREUM, None): Chain(), (ETHEREUM, 9): Chain(at(9)), (LITECOIN, None): Chain()})
    found = {
        (pin.chain, pin.height_claimed): await proofs.populations(database, run.run_id, run.list_id, pin)
        for pin in await runs.pins(database, run.run_id)
    }
    token, coin = found[ETHEREUM, None]
    assert (coin.instrument, coin.asset, coin.decimals) == (ETH.instrument, "ETH", 18)
    assert (coin.line_nos, coin.claims) == ((2, 4), (5, None)), "no duplicate, no rejected line, no other height"
    assert (token.instrument, token.line_nos) == (USDT.instrument, (3,))
    assert [each.line_nos for each in found[ETHEREUM, 9]] == [(5,)]


async def test_what_was_chosen_waits_for_its_outcome_and_is_not_asked_twice(database: Database) -> None:
    lie = Failure(Reason.REVERTED, "")
    run = await swept(database, Chain(says=lambda lane, key: lie if key.address.endswith("3") else 5))
    assert not await proofs.all_proven(database, run.run_id), "nothing was chosen yet"
    await proofs.save_samples(database, run.run_id, [SAMPLE])
    assert await proofs.sampled_pins(database, run.run_id) == {0}
    pending = await proofs.pending_rows(database, run.run_id, 0)
    assert [(row.line_no, row.reading) for row in pending] == [(2, 5), (3, None), (4, 5)]
    assert pending[0].key == BalanceKey(Address(f"0x{2:040x}"), COIN)
    with pytest.raises(NotFinished, match="3 rows were chosen"):
        await freeze(database, run)
    await keep(database, run, PROVEN, UNKNOWN)
    assert [row.line_no for row in await proofs.pending_rows(database, run.run_id, 0)] == [4]
    assert not await proofs.all_proven(database, run.run_id)
    with pytest.raises(asyncpg.UniqueViolationError):
        await keep(database, run, LIED, PROVEN)
    await keep(database, run, LIED)
    assert await proofs.all_proven(database, run.run_id)
    (kept,) = await proofs.load_evidence(database, run.run_id)
    assert (kept.chain, kept.block_hash, kept.provider, kept.evidence) == (ETHEREUM, BLOCK.hash, "alpha", b"\x01proof")
    assert kept.proven == {pending[0].key: 5}
    await freeze(database, run)


async def test_samples_and_outcomes_of_a_void_pin_no_longer_count(database: Database) -> None:
    run = await swept(database)
    await proofs.save_samples(database, run.run_id, [SAMPLE])
    await keep(database, run, replace(PROVEN, amount=6), UNKNOWN, LIED)
    assert (await statuses(database, run))[2][0] == "disputed"
    await runs.void_pin(database, run.run_id, 0, "reorganised", block=at(100), keys_per_shard=2, lanes=1)
    await sweep(database, run, {(ETHEREUM, None): Chain(at(100))})
    assert not await proofs.all_proven(database, run.run_id)
    assert await proofs.load_evidence(database, run.run_id) == []
    assert (await statuses(database, run))[2] == ("verified", "")
    report = await results.load_report(database, run.run_id, exceptions_max=9, chain_names={})
    assert report.proofs == ()


async def test_proven_otherwise_is_a_dispute_that_carries_both(database: Database) -> None:
    run = await swept(database)
    await proofs.save_samples(database, run.run_id, [SAMPLE])
    await keep(database, run, replace(PROVEN, amount=4), UNKNOWN, LIED)
    assert await statuses(database, run) == {
        2: ("disputed", "read as 5, proven to be 4"),
        3: ("verified", ""),
        4: ("verified", ""),
        5: ("verified", ""),
        6: ("rejected", "bad-address: no address"),
    }
    await freeze(database, run)
    report = await results.load_report(database, run.run_id, exceptions_max=9, chain_names={})
    assert report.exceptions[0].reason == "p0 says 5, proven by alpha to be 4"
    (total, _) = report.asset_totals
    assert (total.low, total.high, total.coverage.disputed) == (10, 15, 1)
    (summary,) = report.proofs
    assert (summary.rows, summary.claimed, summary.sampled_rows, summary.sampled) == (3, 15, 3, 15)
    assert (summary.proven_rows, summary.proven, summary.differing_rows, summary.contradicted_rows) == (0, 0, 1, 1)
    assert (summary.not_provable, summary.drawn_unproven, summary.pending_rows) == ((("no known slot", 1),), 1, 0)


async def test_witnesses_that_differ_are_shown_beside_the_proof(database: Database) -> None:
    run = await swept(database, Chain(lanes=2, says=lambda lane, key: 5 + lane))
    await proofs.save_samples(database, run.run_id, [SAMPLE])
    await keep(database, run, PROVEN, UNKNOWN, LIED)
    found = await statuses(database, run)
    assert found[2] == ("disputed", "witnesses say 5 and 6, proven to be 5")
    assert found[3] == ("disputed", "witnesses say 5 and 6")
    assert [row.reading for row in await proofs.pending_rows(database, run.run_id, 0)] == []
    report = await results.load_report(database, run.run_id, exceptions_max=1, chain_names={})
    assert report.exceptions[0].reason == "p0 says 5, p1 says 6, proven by alpha to be 5"
    assert (report.proofs[0].proven_rows, report.proofs[0].differing_rows) == (0, 1)


async def test_rules_are_history_and_the_newest_counts(database: Database) -> None:
    async def said() -> str | None:
        return await proofs.slot_rule(database, ETHEREUM, TOKEN)

    async def learn(rule: str | None, reason: str = "") -> None:
        learned = Learned(rule, reason)
        await proofs.save_rule(database, ETHEREUM, TOKEN, learned, block=BLOCK, provider="alpha", operator="Alpha Ltd")

    assert await said() is None
    await learn("slot 0")
    assert await said() == "slot 0"
    await learn("slot 1")
    assert await said() == "slot 1"
    await learn(None, "rebasing")
    assert await said() is None
    assert await proofs.slot_rule(database, LITECOIN, TOKEN) is None


async def test_nothing_of_it_changes_and_a_published_run_takes_no_more(any_database: Database) -> None:
    db = any_database
    run = await swept(db)
    await proofs.save_samples(db, run.run_id, [SAMPLE])
    finding = Finding(Severity.EXCEPTION, "proof-contradiction", "alpha lies", 4)
    await proofs.save_chunk(db, run.run_id, await pin_of(db, run), ProvenChunk((PROVEN, UNKNOWN, LIED), (finding,)))
    await proofs.save_rule(db, ETHEREUM, TOKEN, Learned("r"), block=BLOCK, provider="alpha", operator="Alpha Ltd")
    async with db.acquire() as connection:
        for table in TABLES:
            for change in ("UPDATE ledger.{} SET {} = {}", "DELETE FROM ledger.{}", "TRUNCATE ledger.{} CASCADE"):
                column = "chain" if table == "slot_rules" else "run_id"
                with pytest.raises(asyncpg.RestrictViolationError):
                    await connection.execute(change.format(table, column, column))
    await freeze(db, run)
    assert finding in (await results.load_report(db, run.run_id, exceptions_max=9, chain_names={})).findings
    with pytest.raises(asyncpg.RestrictViolationError):
        await proofs.save_samples(db, run.run_id, [replace(SAMPLE, instrument=TOKEN)])
    for more in (replace(PROVEN, line_no=5), replace(UNKNOWN, line_no=5)):
        with pytest.raises(asyncpg.RestrictViolationError):
            await keep(db, run, more)


@pytest.mark.parametrize(
    "row",
    [
        replace(PROVEN, evidence=None),
        replace(PROVEN, amount=None),
        replace(PROVEN, reason="why"),
        replace(UNKNOWN, reason=None),
        replace(UNKNOWN, reason=""),
        replace(UNKNOWN, amount=0),
        replace(LIED, amount=5, evidence=GIVEN),
    ],
)
async def test_an_amount_without_a_proof_is_no_outcome(database: Database, row: RowOutcome) -> None:
    run = await swept(database)
    with pytest.raises(asyncpg.CheckViolationError):
        await keep(database, run, row)


@pytest.mark.parametrize(
    "sample",
    [
        replace(SAMPLE, unproven="no proofs"),
        replace(SAMPLE, drawn=(3,)),
        replace(SAMPLE, rows=2),
        replace(SAMPLE, pool=16),
        replace(SAMPLE, seed=""),
    ],
)
async def test_a_sample_that_cannot_be_is_refused(database: Database, sample: ProofSample) -> None:
    run = await swept(database)
    with pytest.raises(asyncpg.CheckViolationError):
        await proofs.save_samples(database, run.run_id, [sample])


async def test_analysts_see_outcomes_of_published_runs(database: Database) -> None:
    run = await swept(database)
    await proofs.save_samples(database, run.run_id, [SAMPLE])
    await keep(database, run, PROVEN, UNKNOWN, LIED)
    sql = "SELECT line_no, claimed_raw, proven_raw, block_hash, outcome, reason, provider FROM assay.proofs ORDER BY 1"
    async with database.acquire() as connection:
        assert await connection.fetch(sql) == []
        await freeze(database, run)
        assert [tuple(row) for row in await connection.fetch(sql)] == [
            (2, 5, 5, BLOCK.hash, "proven", None, "alpha"),
            (3, 5, None, BLOCK.hash, "not-provable", "no known slot", None),
            (4, 5, None, BLOCK.hash, "contradiction", "the header does not hash", None),
        ]
        (drawn,) = await connection.fetch("SELECT asset, seed, draws, pool_raw, top_lines FROM assay.proof_samples")
        assert tuple(drawn) == ("ETH", "5eed", 7, 5, [2, 3])

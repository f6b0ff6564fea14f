"""What a run has not read and not proven: said by its report, network by network, for as long as it is so."""

from __future__ import annotations

from dataclasses import replace

from chains.types import ChainId, Instrument
from indexer.model.liabilities import Commitment, Liability, LiabilityStatement
from indexer.model.proofs import ProofSample, ProofState, ProvenChunk, RowOutcome
from indexer.model.run import Pin, RunInfo
from indexer.store import proofs, results, runs, shards, statements
from indexer.store.database import Database
from tests.store.world import ETHEREUM, LITECOIN, NOW, Chain, Reader, at, claim, open_run, plan, store, sweep, take

SAMPLE = ProofSample(0, Instrument("slip44:60"), "ETH", 18, 2, 10, "5eed", draws=0, pool=0, top=(2, 3))


async def opened(db: Database) -> RunInfo:
    """Two lines of Ethereum, one more of another height, one of Litecoin; nothing is planned."""
    claims = [claim(2), claim(3), claim(4, height=9), claim(5, 2)]
    return await open_run(db, (await store(db, Reader(claims))).list_id)


async def warned(db: Database, run: RunInfo, *provable: ChainId) -> list[tuple[str, str]]:
    report = await results.load_report(
        db, run.run_id, exceptions_max=9, chain_names={}, proofs_owed=lambda chain: chain in provable
    )
    return [(found.kind, found.detail) for found in report.findings]


async def test_every_network_and_height_says_why_it_is_not_read(database: Database) -> None:
    run = await opened(database)
    assert await warned(database, run) == [
        ("unread", f"{LITECOIN}: not planned yet"),
        ("unread", f"{ETHEREUM}: not planned yet"),
    ], "both heights of Ethereum say the same"
    await runs.save_pin(database, run.run_id, Pin(0, LITECOIN, None, None, live=False, problem="no provider"), None, 1)
    await plan(database, run, {(ETHEREUM, 9): Chain(at(9)), (ETHEREUM, None): Chain(lanes=2)})
    lease = await take(database, run)
    assert lease is not None
    await shards.release_shard(database, lease, "node: 503")
    assert await warned(database, run, ETHEREUM) == [
        ("unread", f"{LITECOIN}: not read: no provider"),
        ("unread", f"{ETHEREUM}: not read to the end: node: 503"),
        ("proofs-missing", f"{ETHEREUM}: no proof was made: not read to the end: node: 503"),
        ("unread", f"{ETHEREUM}: not read to the end"),
        ("proofs-missing", f"{ETHEREUM}: no proof was made: not read to the end"),
    ]


async def test_a_pin_is_read_when_every_witness_has_read_it_all(database: Database) -> None:
    run = await opened(database)
    chains = {(ETHEREUM, 9): Chain(at(9)), (ETHEREUM, None): Chain(lanes=2)}
    await plan(database, run, chains)
    assert await runs.read_pins(database, run.run_id) == []
    await sweep(
        database, run, {(ETHEREUM, 9): chains[ETHEREUM, 9], (ETHEREUM, None): replace(chains[ETHEREUM, None], lanes=1)}
    )
    (read,) = await runs.read_pins(database, run.run_id)
    assert read.height_claimed == 9, "the other one has a second witness"
    await sweep(database, run, chains)
    assert len(await runs.read_pins(database, run.run_id)) == 2, "Litecoin has no pin, and keeps nobody waiting"
    await runs.void_pin(database, run.run_id, read.pin_no, "gone", block=at(9), keys_per_shard=2, lanes=1)
    assert [pin.height_claimed for pin in await runs.read_pins(database, run.run_id)] == [None]


async def test_what_is_read_may_still_lack_proofs(database: Database) -> None:
    run = await open_run(database, (await store(database, Reader([claim(2), claim(3)]))).list_id)
    chains = {(ETHEREUM, None): Chain()}
    await plan(database, run, chains)
    await sweep(database, run, chains)
    assert await warned(database, run) == []
    assert await warned(database, run, ETHEREUM) == [
        ("proofs-missing", f"{ETHEREUM}: no proof was made: nothing was chosen yet")
    ]
    await proofs.save_samples(database, run.run_id, [SAMPLE])
    await keep(database, run, RowOutcome(2, ProofState.NOT_PROVABLE, reason="no slot"))
    pending = ("proofs-missing", f"{ETHEREUM}: chosen rows of ETH are still to be proven")
    unproven = ("proofs-missing", f"{ETHEREUM}: chosen rows of ETH have no proof: no slot")
    assert await warned(database, run, ETHEREUM) == [pending, unproven]
    await keep(database, run, RowOutcome(3, ProofState.NOT_PROVABLE, reason="no slot"))
    assets, _ = await results.totals(database, run.run_id)
    await results.freeze(database, run.run_id, now=NOW, totals=assets, ratios=[])
    assert await warned(database, run, ETHEREUM) == [unproven], "a published run keeps saying so"


async def test_contradictions_are_listed_before_whatever_was_not_read(database: Database) -> None:
    claims = [claim(2, 2), claim(3, 2), claim(4, claimed=6), claim(5)]
    run = await open_run(database, (await store(database, Reader(claims))).list_id)
    chains = {(ETHEREUM, None): Chain()}
    await plan(database, run, chains)
    await sweep(database, run, chains)
    report = await results.load_report(database, run.run_id, exceptions_max=2, chain_names={})
    assert [(row.line_no, row.status) for row in report.exceptions] == [(4, "mismatch"), (2, "unavailable")]
    assert report.exceptions_count == 3
    assert [(cause.status, cause.chain, cause.reason, cause.rows, cause.first_line) for cause in report.causes] == [
        ("mismatch", ETHEREUM, "", 1, 4),
        ("unavailable", LITECOIN, "not planned yet", 2, 2),
    ]


async def test_a_run_says_of_which_moments_its_ratios_are_before_it_is_finished(database: Database) -> None:
    statement = LiabilityStatement("ab", None, Commitment("", ""), (Liability("ETH", 18, 5, 0),), ())
    statement_id = await statements.import_statement(database, exchange="Example", name="s", statement=statement)
    list_id = (await store(database, Reader([claim(2), claim(3, 2)]))).list_id
    run = await open_run(database, list_id, statement_id=statement_id)
    await plan(database, run, {(ETHEREUM, None): Chain()})
    assert "as-of-unknown" in [kind for kind, _ in await warned(database, run)]


async def keep(db: Database, run: RunInfo, outcome: RowOutcome) -> None:
    (pin,) = await runs.pins(db, run.run_id)
    await proofs.save_chunk(db, run.run_id, pin, ProvenChunk((outcome,), ()))

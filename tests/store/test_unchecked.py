"""Where nobody checks one operator's word, the report says so, once a network, until somebody does."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from chains.adapter import ChainAdapter
from chains.errors import ChainError, Transport
from chains.types import ChainId, Instrument
from indexer.model.config import Policy
from indexer.model.proofs import Evidence, ProofSample, ProofState, ProvenChunk, RowOutcome
from indexer.model.run import RunInfo
from indexer.store import proofs, results, runs
from indexer.store.database import Database
from indexer.work.cross_check import CrossChecking
from indexer.work.observer import Silent
from tests.store.test_cross_checks import Second
from tests.store.world import ETHEREUM, LITECOIN, NOW, Chain, Reader, at, claim, open_run, plan, store, sweep
from tests.work.fakes import endpoint

POLICY = Policy(prove_top=2, prove_draws=0, prove_seed="seed")
SAID = ": each row rests on one operator's word: none was read again by another, none was proven"


async def swept(db: Database, policy: Policy = POLICY, *, lanes: int = 1) -> RunInfo:
    """Two heights of one network."""
    claims = [claim(line, height=9 if line > 3 else None, claimed=5) for line in range(2, 6)]
    text = msgspec.json.encode(policy).decode()
    run = await open_run(db, (await store(db, Reader(claims))).list_id, policy=text, quorum=lanes)
    chains: dict[tuple[ChainId, int | None], Chain] = {
        (ETHEREUM, None): Chain(lanes=lanes),
        (ETHEREUM, 9): Chain(at(9), lanes=lanes),
    }
    await plan(db, run, chains)
    await sweep(db, run, chains)
    return run


async def warnings(db: Database, run: RunInfo) -> list[str]:
    report = await results.load_report(db, run.run_id, exceptions_max=9, chain_names={})
    return [f"{each.severity.value}: {each.detail}" for each in report.findings if each.kind == "unchecked"]


async def check(db: Database, run: RunInfo, operator: str, fails: ChainError | None = None) -> None:
    second = cast(ChainAdapter, Second({f"0x{line:040x}": 5 for line in range(2, 6)}, fails))
    checkers = {ETHEREUM: (endpoint("second", operator=operator),)}
    await CrossChecking(db, run, lambda _: second, {}, checkers, POLICY, Silent(), lambda: False).check()


async def test_silence_is_told_once_a_network(database: Database) -> None:
    run = await swept(database)
    assert await warnings(database, run) == [f"warning: {ETHEREUM}{SAID}"]
    assets, _ = await results.totals(database, run.run_id)
    await results.freeze(database, run.run_id, now=NOW, totals=assets, ratios=[])
    assert await warnings(database, run) == [f"warning: {ETHEREUM}{SAID}"]


@pytest.mark.parametrize(
    ("operator", "fails", "told"), [("other", None, 0), ("other", Transport("down"), 1), ("o0", None, 1)]
)
async def test_only_another_operator_that_answers_is_a_check(
    database: Database, operator: str, fails: ChainError | None, told: int
) -> None:
    run = await swept(database)
    await check(database, run, operator, fails)
    assert len(await warnings(database, run)) == told


async def test_two_witnesses_check_one_another(database: Database) -> None:
    assert await warnings(database, await swept(database, lanes=2)) == []


async def test_where_policy_asks_for_no_sample_nothing_is_missing(database: Database) -> None:
    assert await warnings(database, await swept(database, Policy(prove_top=0, prove_draws=0))) == []


@pytest.mark.parametrize("state", ProofState)
async def test_a_proof_is_a_check(database: Database, state: ProofState) -> None:
    run = await swept(database)
    sample = ProofSample(0, Instrument("slip44:60"), "ETH", 18, 2, 10, "5eed", draws=0, pool=0, top=(2,), drawn=())
    await proofs.save_samples(database, run.run_id, [sample])
    outcome = RowOutcome(2, state, reason="why")
    if state is ProofState.PROVEN:
        outcome = RowOutcome(2, state, 5, Evidence("alpha", "Alpha Ltd", b"proof"))
    pin = next(pin for pin in await runs.pins(database, run.run_id) if pin.pin_no == 0)
    await proofs.save_chunk(database, run.run_id, pin, ProvenChunk((outcome,), ()))
    assert len(await warnings(database, run)) == (state is ProofState.NOT_PROVABLE)


async def test_what_nobody_read_rests_on_nobody(database: Database) -> None:
    run = await open_run(
        database, (await store(database, Reader([claim(2)]))).list_id, policy=msgspec.json.encode(POLICY).decode()
    )
    await plan(database, run, {(ETHEREUM, None): Chain(), (LITECOIN, None): Chain()})
    assert await warnings(database, run) == []

"""Verdicts on signatures in the store: chunks, their end, what the chain adds, and what all of it comes to in value."""

from __future__ import annotations

import asyncpg
import pytest

from chains.controllers import Signer
from chains.ownership.types import OwnershipResult, Verdict
from chains.types import Failure, Reason
from indexer.model.control import ControlOutcome, Held, OpenRow, Said
from indexer.model.run import RunInfo
from indexer.store import ownership, results, runs
from indexer.store.database import Database
from tests.store.world import APT, ETH, ETHEREUM, NOW, USDT, Chain, Reader, at, claim, open_run, plan, store, sweep

OWNED = OwnershipResult(Verdict.OWNED, "evm/eip191-keccak", "leads to this address")
OPEN = OwnershipResult(
    Verdict.OWNER_SIGNED, "evm/eip191-keccak", "both signed", "owners", (Signer("0xa"), Signer("0xb"))
)
BAD = OwnershipResult(Verdict.BAD_SIGNATURE, "evm", "another address\t\\ \x00")
UNSIGNED = OwnershipResult(Verdict.UNSIGNED, "", "no signature is published")
COUNTS = (Verdict.OWNED, Verdict.OWNER_SIGNED)


async def run_of(db: Database, *claims_: object) -> RunInfo:
    lines = claims_ or (claim(2), claim(3), claim(4, 1, claimed=7), claim(5), claim(6, 3, address="0x6", claimed=9))
    stored = await store(db, Reader(lines, specs=(ETH, USDT, ETH, APT)))  # type: ignore[arg-type]
    return await open_run(db, stored.list_id)


async def summary(db: Database, run: RunInfo) -> dict[tuple[str, Verdict | None], Held]:
    found = await results.load_ownership(db, run)
    assert found is not None
    return {(part.asset, part.verdict): part for part in found.held}


async def test_chunks_are_whole_and_the_last_line_is_where_a_killed_check_goes_on(any_database: Database) -> None:
    run = await run_of(any_database)
    assert await ownership.check_state(any_database, run.run_id) == ownership.CheckState(False, 0)
    await ownership.save_verdicts(any_database, run.run_id, [(2, OWNED), (3, BAD)], ["hello"])
    with pytest.raises(asyncpg.UniqueViolationError):
        await ownership.save_verdicts(any_database, run.run_id, [(4, OWNED), (3, OWNED)], ["never"])
    assert await ownership.check_state(any_database, run.run_id) == ownership.CheckState(False, 3)
    assert await results.load_ownership(any_database, run) is None
    await ownership.save_verdicts(any_database, run.run_id, [(4, UNSIGNED)], ["hello", "other"])
    await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    assert (await ownership.check_state(any_database, run.run_id)).done
    found = await results.load_ownership(any_database, run)
    assert found is not None
    assert (found.judged, found.counts, found.messages) == (True, COUNTS, ("hello", "other"))
    report = await results.load_report(any_database, run.run_id, exceptions_max=9, chain_names={})
    assert [(each.kind, each.line_no) for each in report.findings if each.kind != "unread"] == [("bad-signature", 3)]


async def test_an_ended_check_takes_and_gives_up_nothing(any_database: Database) -> None:
    run = await run_of(any_database)
    await ownership.save_verdicts(any_database, run.run_id, [(2, OWNED)], [])
    await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    with pytest.raises(asyncpg.RestrictViolationError):
        await ownership.save_verdicts(any_database, run.run_id, [(3, OWNED)], [])
    with pytest.raises(asyncpg.RestrictViolationError):
        await ownership.forget_unfinished(any_database, run.run_id)
    with pytest.raises(asyncpg.UniqueViolationError):
        await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    async with any_database.acquire() as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("UPDATE ledger.signature_verdicts SET verdict = 'unsigned'")


async def test_verdicts_of_another_file_can_be_forgotten_before_the_end(any_database: Database) -> None:
    run = await run_of(any_database)
    await ownership.save_verdicts(any_database, run.run_id, [(2, OWNED)], ["m"])
    await ownership.forget_unfinished(any_database, run.run_id)
    assert await ownership.check_state(any_database, run.run_id) == ownership.CheckState(False, 0)


async def test_sums_by_verdict_are_in_value_and_only_resolved_rows_are_observed(any_database: Database) -> None:
    run = await run_of(any_database)
    says = Chain(says=lambda _, key: Failure(Reason.REVERTED) if key.address.endswith("5") else 5)
    await plan(any_database, run, {(ETHEREUM, None): says})
    await sweep(any_database, run, {(ETHEREUM, None): says})
    rows = [(2, OWNED), (3, BAD), (4, OPEN), (5, OWNED), (6, UNSIGNED)]
    await ownership.save_verdicts(any_database, run.run_id, rows, [])
    await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    assert await summary(any_database, run) == {
        ("APT", Verdict.UNSIGNED): Held("APT", Verdict.UNSIGNED, 1, 0, 9, counts=False),
        ("ETH", Verdict.BAD_SIGNATURE): Held("ETH", Verdict.BAD_SIGNATURE, 1, 5, 5, counts=False),
        ("ETH", Verdict.OWNED): Held("ETH", Verdict.OWNED, 2, 5, 10, counts=True),
        ("USDT", Verdict.OWNER_SIGNED): Held("USDT", Verdict.OWNER_SIGNED, 1, 5 * 10**12, 5 * 10**12, counts=True),
    }
    totals, _ = await results.totals(any_database, run.run_id)
    held = (await summary(any_database, run)).values()
    assert {each.asset: each.low for each in totals} == {
        asset: sum(part.low for part in held if part.asset == asset) for asset in ("APT", "ETH", "USDT")
    }


async def test_a_list_without_signatures_is_not_judged_and_all_of_it_counts(any_database: Database) -> None:
    run = await run_of(any_database)
    await ownership.save_verdicts(any_database, run.run_id, [(line, UNSIGNED) for line in (2, 3, 4, 5, 6)], [])
    await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    found = await results.load_ownership(any_database, run)
    assert found is not None
    assert not found.judged
    assert all(part.counts for part in found.held)
    report = await results.load_report(any_database, run.run_id, exceptions_max=9, chain_names={})
    assert [each.kind for each in report.findings if each.kind != "unread"] == ["no-signatures"]


async def test_rows_without_a_verdict_never_count(any_database: Database) -> None:
    run = await run_of(any_database)
    await ownership.save_verdicts(any_database, run.run_id, [(2, OWNED)], [])
    await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    found = await summary(any_database, run)
    assert (found["ETH", None].rows, found["ETH", None].counts) == (2, False)


@pytest.mark.parametrize("signed", [Verdict.OWNED, Verdict.OWNER_SIGNED])
@pytest.mark.parametrize(
    ("said", "verdict", "kinds"),
    [
        (Said.CONFIRMED, Verdict.OWNED, []),
        (Said.TOO_FEW, Verdict.OWNER_SIGNED, []),
        (Said.OTHERS, Verdict.BAD_SIGNATURE, ["owner-contradicted"]),
        (Said.HIDDEN, Verdict.OWNER_SIGNED, ["owner-hidden"]),
        (Said.DISPUTED, Verdict.OWNER_SIGNED, []),
        (Said.UNREAD, Verdict.OWNER_SIGNED, []),
    ],
)
async def test_what_the_chain_says_settles_the_row(
    any_database: Database, said: Said, verdict: Verdict, kinds: list[str], signed: Verdict
) -> None:
    run = await run_of(any_database)
    await plan(any_database, run, {(ETHEREUM, None): Chain()})
    judged = OPEN._replace(verdict=signed)  # a key can lead to the address, and have been exchanged since
    await ownership.save_verdicts(any_database, run.run_id, [(2, OWNED), (4, judged)], [])
    await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    (pin,) = await runs.pins(any_database, run.run_id)
    assert await ownership.open_rows(any_database, run.run_id, pin) == [
        OpenRow(4, f"0x{4:040x}", (Signer("0xa"), Signer("0xb")))  # type: ignore[arg-type]
    ]
    await ownership.save_outcomes(any_database, run.run_id, pin, [ControlOutcome(4, said, "because", "p0")])
    assert await ownership.open_rows(any_database, run.run_id, pin) == []
    found = await results.load_ownership(any_database, run)
    assert found is not None
    assert (found.said, found.open_rows) == ({said: 1}, 0)
    assert [part.verdict for part in found.held if part.asset == "USDT"] == [verdict]
    report = await results.load_report(any_database, run.run_id, exceptions_max=9, chain_names={})
    assert [each.kind for each in report.findings if each.kind != "unread"] == kinds


async def test_a_void_pin_takes_its_answers_with_it(any_database: Database) -> None:
    run = await run_of(any_database)
    await plan(any_database, run, {(ETHEREUM, None): Chain()})
    await ownership.save_verdicts(any_database, run.run_id, [(4, OPEN)], [])
    await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    (pin,) = await runs.pins(any_database, run.run_id)
    await ownership.save_outcomes(any_database, run.run_id, pin, [ControlOutcome(4, Said.CONFIRMED, "yes", "p0")])
    await runs.void_pin(any_database, run.run_id, pin.pin_no, "gone", block=at(99), keys_per_shard=2, lanes=1)
    found = await results.load_ownership(any_database, run)
    assert found is not None
    assert (found.said, found.open_rows) == ({}, 1)
    assert [part.verdict for part in found.held if part.asset == "USDT"] == [Verdict.OWNER_SIGNED]


async def test_a_published_run_has_its_verdicts_for_analysts_and_takes_no_more(any_database: Database) -> None:
    run = await run_of(any_database, claim(2), claim(3))
    chains = {(ETHEREUM, None): Chain()}
    await plan(any_database, run, chains)
    await sweep(any_database, run, chains)
    await ownership.save_verdicts(any_database, run.run_id, [(2, OPEN), (3, BAD)], [])
    totals, _ = await results.totals(any_database, run.run_id)
    with pytest.raises(results.NotFinished, match="signatures"):
        await results.freeze(any_database, run.run_id, now=NOW, totals=totals, ratios=[])
    await ownership.finish_check(any_database, run.run_id, counts=COUNTS)
    (pin,) = await runs.pins(any_database, run.run_id)
    await results.freeze(any_database, run.run_id, now=NOW, totals=totals, ratios=[])
    with pytest.raises(asyncpg.RestrictViolationError):
        await ownership.save_outcomes(any_database, run.run_id, pin, [ControlOutcome(2, Said.CONFIRMED, "yes", "p0")])
    async with any_database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT line_no, asset, address, verdict, counts, on_chain FROM assay.ownership ORDER BY line_no"
        )
    assert [tuple(row) for row in rows] == [
        (2, "ETH", f"0x{2:040x}", "owner-signed", True, None),
        (3, "ETH", f"0x{3:040x}", "bad signature", False, None),
    ]

"""Verdicts beside statements: one a set of files, never changed, read back as they were, shown to analysts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from indexer.core.conclude import reserve_ratios
from indexer.model.commitments import Backing
from indexer.model.liabilities import Commitment, Liability, LiabilityStatement, Source
from indexer.model.verdict import CommittedTotal
from indexer.store import commitments, results, statements
from indexer.store.database import Database
from tests.store.world import ETHEREUM, LITECOIN, NOW, Chain, Reader, claim, open_run, plan, store, sweep
from tests.unit.reports import check

OWED = (Liability("ETH", 18, 10, 1, "Safe"), Liability("ETH", 18, 4, 0, source=Source.INSURANCE_FUND))
STATEMENT = LiabilityStatement("ab", NOW, Commitment("merkle-sum", "0x12", (Source.CUSTOMER,)), OWED, ())
CHECK = check(
    CommittedTotal("ETH", 10, 18),
    CommittedTotal("?\x00odd", -(2**90), None),
    valid=False,
    root_published=None,
    not_proven=("one", "two"),
)
CODE = "assay test"


async def keep(db: Database, statement: LiabilityStatement = STATEMENT) -> tuple[int, int]:
    statement_id = await statements.import_statement(db, exchange="Example", name="s", statement=statement)
    return statement_id, await commitments.keep_verdict(db, statement_id=statement_id, check=CHECK, code_version=CODE)


async def test_a_verdict_is_kept_once_and_read_back_as_it_was(any_database: Database) -> None:
    db = any_database
    statement_id, verdict_id = await keep(db)
    assert await keep(db) == (statement_id, verdict_id)
    assert await commitments.find_verdict(db, statement_id=statement_id, files_sha256=CHECK.files_sha256) == verdict_id
    assert await commitments.find_verdict(db, statement_id=statement_id, files_sha256="other") is None
    imported = await store(db, Reader([claim(2)]))
    run = await open_run(db, imported.list_id, statement_id=statement_id, verdict_id=verdict_id)
    owed = await results.owed(db, run.run_id)
    assert (owed.liabilities, owed.commitment, owed.as_of) == (OWED, STATEMENT.commitment, NOW)
    odd = CHECK.verdict.totals[1]._replace(asset="?�odd")
    verdict = replace(CHECK.verdict, totals=(CHECK.verdict.totals[0], odd))
    assert owed.check == replace(CHECK, verdict=verdict)
    assert owed.backing == {"ETH": Backing.FAILED}
    without = await open_run(db, imported.list_id, statement_id=statement_id)
    assert (without.run_id != run.run_id, without.verdict_id) == (True, None)


async def test_verdicts_cannot_be_changed(database: Database) -> None:
    await keep(database)
    for sql in (
        "UPDATE ledger.commitment_verdicts SET valid = true",
        "DELETE FROM ledger.commitment_totals",
        "TRUNCATE ledger.commitment_verdicts CASCADE",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with database.acquire() as connection:
                await connection.execute(sql)


async def test_other_statements_of_the_month_stand_beside_each_other(database: Database) -> None:
    first, _ = await keep(database)
    again = replace(STATEMENT, sha256="cd", as_of=NOW + timedelta(seconds=1), liabilities=OWED[:1])
    second, _ = await keep(database, again)
    await keep(database, replace(STATEMENT, sha256="ef", as_of=NOW + timedelta(days=40)))
    await keep(database, replace(STATEMENT, sha256="00", as_of=None))
    (other,) = await commitments.restated(database, first)
    assert (other.sha256, other.liabilities) == ("cd", OWED[:1])
    (other,) = await commitments.restated(database, second)
    assert (other.sha256, other.liabilities) == ("ab", OWED)
    assert await commitments.restated(database, None) == ()
    async with database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT statement_sha256, publication, source, committed FROM assay.liabilities "
            "ORDER BY statement_id, source"
        )
    assert [tuple(row) for row in rows[:3]] == [
        ("ab", 1, "customer", True),
        ("ab", 1, "insurance-fund", False),
        ("cd", 2, "customer", True),
    ]
    assert rows[-1]["publication"] is None


async def test_a_frozen_ratio_keeps_what_backed_it_and_analysts_see_it(any_database: Database) -> None:
    db = any_database
    statement_id, verdict_id = await keep(db)
    imported = await store(db, Reader([claim(2)]))
    run = await open_run(db, imported.list_id, statement_id=statement_id, verdict_id=verdict_id)
    chains = {(ETHEREUM, None): Chain(), (LITECOIN, None): Chain()}
    await plan(db, run, chains)
    await sweep(db, run, chains)
    assets, _ = await results.totals(db, run.run_id)
    owed = await results.owed(db, run.run_id)
    ratios = reserve_ratios(assets, owed.liabilities, owed.backing)
    await results.freeze(db, run.run_id, now=NOW, totals=assets, ratios=ratios)
    shown = await results.load_report(db, run.run_id, exceptions_max=5, chain_names={})
    assert [ratio.backing for ratio in shown.ratios] == [Backing.FAILED]
    async with db.acquire() as connection:
        (row,) = await connection.fetch("SELECT backing, liabilities_as_of, balances_to FROM assay.reserve_ratios")
        (verdict,) = await connection.fetch("SELECT valid, anchored, not_proven FROM assay.commitments")
    assert (row["backing"], row["liabilities_as_of"]) == ("commitment failed", NOW)
    assert tuple(verdict) == (False, "unanchored", ["one", "two"])

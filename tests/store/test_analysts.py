"""Promise 9: analysts see the views, only published figures in most of them, and can change nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from indexer.core.conclude import reserve_ratios
from indexer.model.liabilities import Commitment, Liability, LiabilityStatement
from indexer.store import results, statements
from indexer.store.database import Database
from tests.store.world import (
    BLOCK,
    ETHEREUM,
    LITECOIN,
    NOW,
    Chain,
    Reader,
    claim,
    open_run,
    plan,
    rejected,
    store,
    sweep,
)

VIEWS = (
    "snapshots",
    "reserve_claims",
    "balances",
    "locked_balances",
    "asset_totals",
    "reserve_ratios",
    "findings",
    "proofs",
    "proof_samples",
    "cross_checks",
    "ownership",
    "liabilities",
    "commitments",
    "commitment_totals",
)


@pytest_asyncio.fixture
async def analyst(any_database: Database) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(any_database.dsn)
    await connection.execute("SET ROLE assay_analyst")
    yield connection
    await connection.close()


async def test_the_readmes_queries_are_answered(analyst: asyncpg.Connection[asyncpg.Record]) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    queries = [line.strip() for line in readme.splitlines() if line.startswith("    SELECT ")]
    assert queries
    for query in queries:
        assert await analyst.fetch(query) == []


async def objects(db: Database, sql: str) -> list[str]:
    async with db.acquire() as connection:
        return [row[0] for row in await connection.fetch(sql)]


async def test_the_role_reads_every_view_and_nothing_else(
    any_database: Database, analyst: asyncpg.Connection[asyncpg.Record]
) -> None:
    await open_run(any_database, (await store(any_database, Reader([claim(2)]))).list_id)
    for view in VIEWS:
        await analyst.fetch(f"SELECT * FROM assay.{view}")
    relations = await objects(
        any_database,
        "SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname IN ('ledger', 'assay', 'public') AND relkind IN ('r', 'p', 'v', 'm')",
    )
    assert len(relations) > 20
    others = set(relations) - {f"assay.{view}" for view in VIEWS}
    assert "ledger.readings_1" in others
    for relation in others:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await analyst.fetch(f"SELECT * FROM {relation}")
    refused = (
        asyncpg.InsufficientPrivilegeError,
        asyncpg.WrongObjectTypeError,
        asyncpg.ObjectNotInPrerequisiteStateError,  # a view that cannot be written by anybody
    )
    for relation in relations:
        for write in ("DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}", "INSERT INTO {} DEFAULT VALUES"):
            with pytest.raises(refused):
                await analyst.execute(write.format(relation))


async def test_the_role_can_call_and_create_nothing(
    any_database: Database, analyst: asyncpg.Connection[asyncpg.Record]
) -> None:
    functions = await objects(
        any_database,
        "SELECT format('%I.%I(%s)', nspname, proname, (SELECT string_agg('NULL', ',') FROM unnest(proargtypes))) "
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname IN ('ledger', 'assay')",
    )
    assert any(function.startswith("ledger.finish_shard(") for function in functions)
    for function in functions:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await analyst.execute(f"SELECT {function}")
    for create in ("TABLE assay.t (i int)", "TABLE ledger.t (i int)", "TABLE public.t (i int)", "SCHEMA s", "ROLE r"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await analyst.execute(f"CREATE {create}")


async def test_views_show_published_figures_under_the_names_analysts_know(
    any_database: Database, analyst: asyncpg.Connection[asyncpg.Record]
) -> None:
    db = any_database
    claims = [claim(2), claim(3, 1, claimed=9), claim(4, 3), claim(5, address=f"0x{2:040x}")]
    imported = await store(db, Reader(claims, [rejected(6)]))
    owed = LiabilityStatement("ab", NOW, Commitment("none", ""), (Liability("ETH", 18, 10, 0),), ())
    statement_id = await statements.import_statement(db, exchange="Example", name="s", statement=owed)
    run = await open_run(db, imported.list_id, statement_id=statement_id)
    chains = {(ETHEREUM, None): Chain(), (LITECOIN, None): Chain()}
    await plan(db, run, chains)
    await sweep(db, run, chains)
    for view in ("balances", "asset_totals", "reserve_ratios"):
        assert await analyst.fetch(f"SELECT * FROM assay.{view}") == []
    assets, _ = await results.totals(db, run.run_id)
    ratios = reserve_ratios(assets, owed.liabilities)
    await results.freeze(db, run.run_id, now=NOW, totals=assets, ratios=ratios)
    rows = await analyst.fetch(
        "SELECT run_id, blockchain, token_address, address, balance_raw, decimals, block_number, block_hash, "
        "block_time, status FROM assay.balances ORDER BY line_no"
    )
    assert [tuple(row) for row in rows] == [
        (run.run_id, ETHEREUM, "slip44:60", f"0x{2:040x}", 5, 18, 100, BLOCK.hash, NOW, "verified"),
        (run.run_id, ETHEREUM, "erc20:0xdac1", f"0x{3:040x}", 5, 6, 100, BLOCK.hash, NOW, "mismatch"),
        (run.run_id, None, None, f"0x{4:040x}", None, 8, None, None, None, "unsupported"),
    ]
    rows = await analyst.fetch("SELECT asset, blockchain, low, high, complete FROM assay.asset_totals ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == [
        ("APT", None, 0, 5, False),
        ("ETH", ETHEREUM, 5, 5, True),
        ("ETH", None, 5, 5, True),
        ("USDT", ETHEREUM, 5 * 10**12, 5 * 10**12, True),
        ("USDT", None, 5 * 10**12, 5 * 10**12, True),
    ]
    rows = await analyst.fetch("SELECT asset, low_ppm, high_ppm, complete FROM assay.reserve_ratios")
    assert [tuple(row) for row in rows] == [("ETH", 500_000, 500_000, True)]
    rows = await analyst.fetch("SELECT line_no, duplicate_of, rejected FROM assay.reserve_claims ORDER BY 1")
    assert [tuple(row) for row in rows] == [
        (2, None, None), (3, None, None), (4, None, None), (5, 2, None), (6, None, "bad-address"),
    ]  # fmt: skip
    assert await analyst.fetchval("SELECT published_at FROM assay.snapshots") == NOW
    assert await analyst.fetchval("SELECT count(*) FROM assay.findings WHERE kind = 'duplicate'") == 1

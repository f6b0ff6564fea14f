"""Migrations: once, in order, the same on every server; and a schema that refuses what cannot be true."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from unittest.mock import patch

import asyncpg
import pytest

from indexer.store import migrate as migrating
from indexer.store.database import Database
from indexer.store.migrate import SchemaMismatch, migrate, migrations, schema_status
from tests.postgres import Server

_FOLLOWED = """
INSERT INTO ledger.lists (exchange, name, sha256, config_digest, format, size, lines, accepted, rejected, duplicates)
    VALUES ('Example', 'list', 'a', 'b', 'plain', 1, 0, 0, 0, 0);
INSERT INTO ledger.runs (exchange, list_id, as_of, state, quorum, policy, code_version, created)
    SELECT 'Example', list_id, now(), 'sweeping', 1, '{}', 'assay 0', now() FROM ledger.lists;
INSERT INTO ledger.pins (run_id, pin_no, chain, height_claimed, height, hash, live, lanes, problem)
    SELECT run_id, 0, 'solana:x', 90, 100, 'aa', false, 1, 'late' FROM ledger.runs;
INSERT INTO ledger.flows (run_id, pin_no, lane, line_no, provider_id, amount, explained)
    SELECT run_id, 0, 0, 2, 1, 5, 5 FROM ledger.runs;
"""


async def test_an_empty_database_is_migrated_once_even_by_two_at_a_time(any_server: Server) -> None:
    dsn = await any_server.new_database(migrated=False)
    one, two = await Database.connect(dsn), await Database.connect(dsn)
    applied = await asyncio.gather(migrate(one), migrate(two))
    assert sorted(applied) == [[], [each.number for each in migrations()]]
    assert await migrate(one) == []
    status = await schema_status(two)
    assert status.applied == tuple(each.number for each in migrations())
    assert status.pending == ()
    assert status.size_bytes > 0
    assert status.analysts
    await one.close()
    await two.close()


async def test_a_status_of_an_empty_database_lists_what_is_pending(server: Server) -> None:
    db = await Database.connect(await server.new_database(migrated=False))
    assert (await schema_status(db)).applied == ()
    await db.close()


async def test_a_failing_migration_leaves_nothing(server: Server) -> None:
    db = await Database.connect(await server.new_database(migrated=False))
    broken = (*migrations(), migrating.Migration(99, "0099_broken.sql", "0", "CREATE TABLE left (i int); SELECT 1/0"))
    with patch.object(migrating, "migrations", lambda: broken), pytest.raises(asyncpg.PostgresError):
        await migrate(db)
    assert (await schema_status(db)).applied == ()
    await db.close()


async def test_flows_that_were_followed_before_keep_the_height_they_were_followed_from(server: Server) -> None:
    """Migration 0008 gives them one, in a database that takes no change to what was followed."""
    db = await Database.connect(await server.new_database(migrated=False))
    old = tuple(each for each in migrations() if each.number < 8)
    no_views = migrating.Migration(0, "views.sql", "0", "SELECT 1")
    with patch.object(migrating, "migrations", lambda: old), patch.object(migrating, "views", lambda: no_views):
        await migrate(db)
    async with db.acquire() as connection:
        await connection.execute(_FOLLOWED)
    await migrate(db)
    async with db.acquire() as connection:
        assert await connection.fetchval("SELECT since FROM ledger.flows") == 90
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("UPDATE ledger.flows SET since = 91")
    await db.close()


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (lambda real: real[:1], "upgrade"),
        (lambda real: (replace(real[0], sha256="0"), *real[1:]), "other content"),
    ],
)
async def test_a_schema_of_another_version_is_refused(database: Database, ours: object, said: str) -> None:
    assert callable(ours)
    known = ours(migrations())
    with patch.object(migrating, "migrations", lambda: known), pytest.raises(SchemaMismatch, match=said):
        await migrate(database)


async def _now_with(more: str, db: Database) -> list[int]:
    real = migrating.views()
    changed = replace(real, sql=f"{real.sql}; {more}", sha256=more)
    with patch.object(migrating, "views", lambda: changed):
        return await migrate(db)


async def test_views_that_changed_are_made_anew_and_analysts_still_read_them(database: Database) -> None:
    assert await _now_with("CREATE VIEW assay.one AS SELECT 1 AS i", database) == []
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL ROLE assay_analyst")
        assert await connection.fetchval("SELECT i FROM assay.one") == 1
        assert await connection.fetchval("SELECT count(*) FROM assay.snapshots") == 0
    await migrate(database)
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT to_regclass('assay.one')") is None


async def test_a_view_of_somebody_elses_on_ours_is_not_dropped_but_named(database: Database) -> None:
    async with database.acquire() as connection:
        await connection.execute("CREATE VIEW public.theirs AS SELECT run_id FROM assay.snapshots")
    with pytest.raises(SchemaMismatch, match="theirs"):
        await _now_with("SELECT 1", database)
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM public.theirs") == 0


async def test_without_the_right_to_make_roles_there_are_no_analysts_but_all_else_works(any_server: Server) -> None:
    dsn = await any_server.new_database(migrated=False)
    name = dsn.split("?")[0].rsplit("/", 1)[1]
    await any_server.execute(f"CREATE ROLE owner_{name} LOGIN PASSWORD 'plain'")
    await any_server.execute(f"ALTER DATABASE {name} OWNER TO owner_{name}")
    at = dsn.index("@")
    db = await Database.connect(f"postgresql://owner_{name}:plain{dsn[at:]}")
    assert await migrate(db) == [each.number for each in migrations()]
    await db.close()

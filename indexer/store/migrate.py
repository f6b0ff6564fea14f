"""Numbered migrations, each applied once, in order; the views, made anew when they change; the role of the analysts."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import asyncpg

from indexer.store.database import Database, DatabaseUnavailable
from indexer.store.locks import lock_number

if TYPE_CHECKING:
    from indexer.store.database import Connection

_HISTORY = """
CREATE TABLE IF NOT EXISTS public.assay_migrations (
    number int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied timestamptz NOT NULL DEFAULT now()
)"""
_VIEWS = "CREATE TABLE IF NOT EXISTS public.assay_views (sha256 text NOT NULL, made timestamptz NOT NULL DEFAULT now())"
_OUR_VIEWS = """
SELECT string_agg(format('%I.%I', schemaname, viewname), ', ') FROM pg_views WHERE schemaname IN ('assay', 'ledger')"""
_ANALYSTS = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'assay_analyst') THEN
        CREATE ROLE assay_analyst NOLOGIN;
    END IF;
    GRANT USAGE ON SCHEMA assay TO assay_analyst;
    GRANT SELECT ON ALL TABLES IN SCHEMA assay TO assay_analyst;
END $$"""
_CAN_READ = """
SELECT EXISTS (SELECT FROM pg_roles r JOIN pg_namespace n ON n.nspname = 'assay'
    WHERE r.rolname = 'assay_analyst' AND has_schema_privilege(r.oid, n.oid, 'USAGE'))"""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sha256: str
    sql: str


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    applied: tuple[int, ...]
    pending: tuple[int, ...]
    server_version: str
    size_bytes: int
    analysts: bool  # whether there is a role assay_analyst that may read the views


class SchemaMismatch(DatabaseUnavailable):
    """The database was made by another version of this program, or by other SQL under the same number."""


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration this program carries, by number."""
    found = []
    for entry in files("indexer.store").joinpath("migrations").iterdir():
        if entry.name.endswith(".sql"):
            sql = entry.read_text(encoding="utf-8")
            number = int(entry.name.split("_")[0])
            found.append(Migration(number, entry.name, hashlib.sha256(sql.encode()).hexdigest(), sql))
    return tuple(sorted(found, key=lambda each: each.number))


@cache
def views() -> Migration:
    """Every view, as one script on top of all migrations."""
    sql = files("indexer.store").joinpath("views.sql").read_text(encoding="utf-8")
    return Migration(0, "views.sql", hashlib.sha256(sql.encode()).hexdigest(), sql)


async def migrate(db: Database) -> list[int]:
    """Apply what is pending, in one transaction; returns the numbers. Safe to call at once from several processes.

    Raises SchemaMismatch.
    """
    async with db.acquire() as connection:
        if not await _pending(connection) and await _views_stand(connection):
            return []
    async with db.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", lock_number("migrate"))
        await connection.execute(_HISTORY)
        pending = await _pending(connection)
        for each in pending:
            await connection.execute(each.sql)
            await connection.execute(
                "INSERT INTO public.assay_migrations (number, name, sha256) VALUES ($1, $2, $3)",
                each.number,
                each.name,
                each.sha256,
            )
        if not await _views_stand(connection):
            await _make_views(connection)
        await _let_analysts_read(connection)
    await db.recycle()
    return [each.number for each in pending]


async def schema_status(db: Database) -> SchemaStatus:
    """What is applied and pending, and on what server."""
    async with db.acquire() as connection:
        pending = tuple(each.number for each in await _pending(connection))
        version: str = await connection.fetchval("SHOW server_version")
        size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
        analysts: bool = await connection.fetchval(_CAN_READ)
    applied = tuple(each.number for each in migrations() if each.number not in pending)
    return SchemaStatus(applied=applied, pending=pending, server_version=version, size_bytes=size, analysts=analysts)


async def _pending(connection: Connection) -> list[Migration]:
    if await connection.fetchval("SELECT to_regclass('public.assay_migrations')") is None:
        return list(migrations())
    rows = await connection.fetch("SELECT number, name, sha256 FROM public.assay_migrations")
    known = {each.number: each for each in migrations()}
    for row in rows:
        ours = known.pop(row["number"], None)
        if ours is None:
            raise SchemaMismatch(f"the database has migration {row['name']}, which this version does not know: upgrade")
        if ours.sha256 != row["sha256"]:
            raise SchemaMismatch(f"migration {row['name']} was applied with other content than this version carries")
    return list(known.values())


async def _views_stand(connection: Connection) -> bool:
    if await connection.fetchval("SELECT to_regclass('public.assay_views')") is None:
        return False
    return bool(await connection.fetchval("SELECT sha256 = $1 FROM public.assay_views", views().sha256))


async def _make_views(connection: Connection) -> None:
    """Drop every view of ours, and make those of this version. Raises SchemaMismatch where others build on them."""
    if old := await connection.fetchval(_OUR_VIEWS):
        try:
            await connection.execute(f"DROP VIEW {old}")
        except asyncpg.DependentObjectsStillExistError as error:
            said = f"the views of Assay have changed, and objects of your own depend on them: {error.detail}"
            raise SchemaMismatch(f"{said}; drop those, migrate, and make them again") from None
    await connection.execute(views().sql)
    await connection.execute(_VIEWS)
    await connection.execute("DELETE FROM public.assay_views")
    await connection.execute("INSERT INTO public.assay_views (sha256) VALUES ($1)", views().sha256)


async def _let_analysts_read(connection: Connection) -> None:
    """A group role for the views. A server on which we may not create roles has none: `schema_status` says so.

    Roles belong to the whole server, so another database may be making the same one right now: then once more.
    """
    for _ in range(2):
        with suppress(asyncpg.InsufficientPrivilegeError, asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            async with connection.transaction():
                await connection.execute(_ANALYSTS)
            return

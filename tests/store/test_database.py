"""What goes in and comes out: integers, UTC, and no secret."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from indexer.store.database import Database, DatabaseUnavailable
from tests.postgres import Server


async def test_numeric_is_int_whatever_its_size(any_database: Database) -> None:
    async with any_database.acquire() as connection:
        huge = 10**100 + 1
        assert await connection.fetchval("SELECT $1::numeric + 1", huge) == huge + 1
        assert await connection.fetchval("SELECT 5::ledger.base_units") == 5


@pytest.mark.parametrize("fraction", ["1.5", "'NaN'::numeric", "'Infinity'::numeric", "1.0"])
async def test_what_is_no_integer_is_refused(database: Database, fraction: str) -> None:
    async with database.acquire() as connection:
        with pytest.raises(ValueError, match="invalid literal"):
            await connection.fetchval(f"SELECT {fraction}::numeric")


@pytest.mark.parametrize("value", [1.0, Decimal(1), True, "1"])
async def test_only_int_goes_in(database: Database, value: object) -> None:
    async with database.acquire() as connection:
        with pytest.raises(asyncpg.DataError, match="amounts are int"):
            await connection.fetchval("SELECT $1::numeric", value)


async def test_times_are_utc_and_the_program_is_named(database: Database) -> None:
    async with database.acquire() as connection:
        assert await connection.fetchval("SHOW timezone") == "UTC"
        assert await connection.fetchval("SHOW application_name") == "assay"
        when: datetime = await connection.fetchval("SELECT '2026-01-01 00:00+03'::timestamptz")
        assert when == datetime(2025, 12, 31, 21, tzinfo=UTC)


@pytest.mark.parametrize("dsn", [
    "postgresql://u:canary%2Fcanary@127.0.0.1:1/db",
    "postgresql://u:canary%2Fcanary@/db?host=/nowhere",
    "mysql://u:canary%2Fcanary@/db",
    "postgresql://u:canary%2Fcanary@/db?port=canary/canary",
])  # fmt: skip
async def test_no_failure_to_connect_tells_the_password(dsn: str) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        await Database.connect(dsn)
    assert "canary/canary" not in str(caught.value)
    assert "canary%2Fcanary" not in str(caught.value)


async def test_a_wrong_password_is_not_told_either(server: Server) -> None:
    start, end = server.dsn.index(":", 13) + 1, server.dsn.index("@")
    with pytest.raises(DatabaseUnavailable) as caught:
        await Database.connect(f"{server.dsn[:start]}canary{server.dsn[end:]}")
    assert "canary" not in str(caught.value)


async def test_a_handle_prints_no_secret(database: Database) -> None:
    assert database.dsn not in f"{database!r}"


async def test_a_connection_cut_in_use_is_the_database_lost_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.acquire() as connection:
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            async with database.acquire() as other:
                await other.execute("SELECT pg_terminate_backend($1)", pid)
            await connection.fetchval("SELECT 1")
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_our_own_mistakes_are_not_called_an_outage(database: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with database.acquire():
            raise FileNotFoundError("a list that is not there")
    with pytest.raises(asyncpg.UndefinedTableError):
        async with database.acquire() as connection:
            await connection.fetchval("SELECT FROM nothing")

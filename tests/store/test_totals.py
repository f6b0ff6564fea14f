"""Promise 2, held by the database itself: a total that is not what it says cannot be stored."""

from __future__ import annotations

from decimal import Decimal

import asyncpg
import pytest

from indexer.store.database import Database
from tests.store.world import Reader, claim, open_run, store

GOOD: dict[str, object] = {
    "asset": "ETH", "scale": 18, "claimed": 5, "low": 5, "high": 5, "complete": True, "verified": 1, "mismatch": 0,
    "observed": 0, "disputed": 0, "unpinned": 0, "unavailable": 0, "unsupported": 0, "rejected": 0, "duplicates": 0,
}  # fmt: skip
COUNTS = ("verified", "mismatch", "observed", "disputed", "unpinned", "unavailable", "unsupported", "rejected")


async def insert(db: Database, total: dict[str, object]) -> None:
    run = await open_run(db, (await store(db, Reader([claim(2)]))).list_id)
    columns = ["run_id", *total]
    values = ", ".join("NULL" if value is None else f"'{value}'" for value in (run.run_id, *total.values()))
    async with db.acquire() as connection:
        await connection.execute(f"INSERT INTO ledger.asset_totals ({', '.join(columns)}) VALUES ({values})")


async def test_a_whole_total_and_an_honest_interval_are_stored(any_database: Database) -> None:
    await insert(any_database, GOOD)
    await insert(any_database, GOOD | {"asset": "B", "complete": False, "rejected": 1, "high": 9})
    await insert(any_database, GOOD | {"asset": "C", "complete": False, "rejected": 1, "high": None, "claimed": None})


@pytest.mark.parametrize(
    "wrong",
    [
        *({name: None} for name in (*COUNTS, "duplicates", "complete", "low")),
        *({name: -1} for name in (*COUNTS, "duplicates", "low", "high", "claimed", "scale")),
        *({name: 1} for name in COUNTS[3:]),  # complete with an unresolved row
        {"complete": False},  # incomplete without one
        {"high": 6},
        {"high": None},
        {"low": 6},
        {"complete": False, "disputed": 1, "high": 4},
        {"verified": 0},  # an amount from no rows
        *({name: value} for name in ("low", "high", "claimed") for value in ("NaN", "Infinity", Decimal("0.5"))),
    ],
)
async def test_a_total_that_says_more_than_it_knows_is_refused(database: Database, wrong: dict[str, object]) -> None:
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.NotNullViolationError)):
        await insert(database, GOOD | wrong)


@pytest.mark.parametrize("column", [*COUNTS, "duplicates", "complete", "low"])
async def test_no_part_of_the_coverage_can_be_left_out(database: Database, column: str) -> None:
    with pytest.raises(asyncpg.NotNullViolationError):
        await insert(database, {name: value for name, value in GOOD.items() if name != column})


async def test_a_ratio_needs_its_total(database: Database) -> None:
    run = await open_run(database, (await store(database, Reader([claim(2)]))).list_id)
    async with database.acquire() as connection:
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(
                "INSERT INTO ledger.reserve_ratios VALUES ($1, 0, 'ETH', 18, 1, 0, 1, 1, 1, 1)", run.run_id
            )


@pytest.mark.parametrize(
    ("amount", "reason", "detail"),
    [
        ("'NaN'", "NULL", "NULL"),
        ("-1", "NULL", "NULL"),
        (str(2**256), "NULL", "NULL"),
        ("'Infinity'", "NULL", "NULL"),
        ("NULL", "NULL", "NULL"),
        ("0", "'reverted'", "''"),
        ("0", "NULL", "'words'"),
        ("NULL", "'reverted'", "NULL"),
    ],
)
async def test_a_reading_is_a_uint256_or_a_reason(
    any_database: Database, amount: str, reason: str, detail: str
) -> None:
    run = await open_run(any_database, (await store(any_database, Reader([claim(2)]))).list_id)
    table = f"ledger.readings_{run.run_id}"
    async with any_database.acquire() as connection:
        await connection.execute(f"INSERT INTO {table} VALUES ({run.run_id}, 0, 0, 1, 1, 2, {2**256 - 1})")
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.NumericValueOutOfRangeError)):
            await connection.execute(
                f"INSERT INTO {table} VALUES ({run.run_id}, 0, 0, 1, 1, 2, {amount}, {reason}, {detail})"
            )

"""One writer at a time, across processes and machines."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from indexer.store.database import Database, connect_alone


class AlreadyRunning(RuntimeError):
    """Another process holds this lock."""


def lock_number(key: str) -> int:
    """The signed 64-bit number PostgreSQL locks by."""
    return int.from_bytes(hashlib.sha256(f"assay:{key}".encode()).digest()[:8], "big", signed=True)


@asynccontextmanager
async def single_writer(db: Database, key: str) -> AsyncIterator[None]:
    """Hold the lock ``key`` for the block, on a connection of its own: it ends with the process, however that ends.

    Raises AlreadyRunning at once when it is held.
    """
    connection = await connect_alone(db.dsn)
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock_number(key)):
            raise AlreadyRunning(f"another process is already working on {key!r}")
        yield
    finally:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # the server may be gone
            await connection.close(timeout=5)

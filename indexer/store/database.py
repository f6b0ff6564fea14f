"""The pool, and the one place where numeric becomes int and a lost server becomes DatabaseUnavailable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

import asyncpg

from indexer.store.embedded import DatabaseUnavailable, embedded_server

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]

POOL_MAX = 12
_CLOSE_S = 10
_CONNECT_S = 20
_SETTINGS = {"application_name": "assay", "timezone": "UTC", "client_encoding": "UTF8"}
_LOST = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,  # what a connection says that is lost in the middle of a COPY
)
_NO_SERVER = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)

__all__ = ["Database", "DatabaseUnavailable", "connect_alone", "open_database", "without_secrets"]


def without_secrets(text: str, dsn: str) -> str:
    """The text without the connection string and without its password."""
    password = (urlsplit(dsn).password if "://" in dsn else None) or ""
    for secret in (dsn, password, unquote(password)):
        if secret:
            text = text.replace(secret, "***")
    return text


def unavailable(error: BaseException, dsn: str) -> DatabaseUnavailable:
    said = without_secrets(f"{type(error).__name__}: {error}", dsn)
    return DatabaseUnavailable(f"the database cannot be used: {said}")


class Database:
    """A pool of connections. Amounts (numeric) go in and come out as int; times are aware UTC."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], dsn: str) -> None:
        self._pool = pool
        self.dsn = dsn

    def __repr__(self) -> str:
        return "Database(***)"

    @classmethod
    async def connect(cls, dsn: str) -> Database:
        """Raises DatabaseUnavailable; no message contains the password."""
        try:
            pool = await asyncpg.create_pool(
                dsn, min_size=1, max_size=POOL_MAX, init=_prepare, timeout=_CONNECT_S, server_settings=_SETTINGS
            )
        except _NO_SERVER as error:
            raise unavailable(error, dsn) from None
        return cls(pool, dsn)

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_S)
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """A connection for a while. Raises DatabaseUnavailable when the server is lost, or its disk is full."""
        try:
            connection = await self._pool.acquire()
        except _NO_SERVER as error:
            raise unavailable(error, self.dsn) from None
        try:
            yield connection
        except _LOST as error:
            raise unavailable(error, self.dsn) from error
        except asyncpg.InterfaceError as error:
            if not _is_gone(connection):
                raise
            raise unavailable(error, self.dsn) from error
        finally:
            with suppress(asyncpg.InterfaceError, *_LOST):  # what a lost server left has nothing to give back
                await self._pool.release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: all of it or nothing."""
        async with self.acquire() as connection, connection.transaction():
            yield connection

    async def recycle(self) -> None:
        """Forget every cached statement and type; needed after the schema has changed."""
        await self._pool.expire_connections()


@asynccontextmanager
async def open_database(*, dsn: str | None, data_dir: Path) -> AsyncIterator[Database]:
    """A migrated database: the one at ``dsn``, else the embedded server of ``data_dir``, up while it is used."""
    from indexer.store.migrate import migrate  # noqa: PLC0415 - migrate speaks of Database

    if dsn is None:
        async with embedded_server(data_dir) as embedded, open_database(dsn=embedded, data_dir=data_dir) as database:
            yield database
        return
    database = await Database.connect(dsn)
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()


async def connect_alone(dsn: str) -> asyncpg.Connection[asyncpg.Record]:
    """A connection outside the pool. Raises DatabaseUnavailable."""
    try:
        return await asyncpg.connect(dsn, timeout=_CONNECT_S, server_settings=_SETTINGS)
    except _NO_SERVER as error:
        raise unavailable(error, dsn) from None


def _is_gone(connection: Connection) -> bool:
    """Closed, or taken back by the pool because its server went away."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """int() refuses fractions and NaN."""
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=_numeric_text, decoder=int, format="text")


def _numeric_text(value: object) -> str:
    if type(value) is not int:
        raise TypeError(f"amounts are int, not {type(value).__name__}")
    return str(value)

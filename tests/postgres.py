"""Real PostgreSQL servers for tests: the wheel's, those installed on this machine, and the one of ASSAY_TEST_DSN.

Each test gets a database of its own, cloned from a migrated template. Servers are thrown away with their directory.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

from indexer.store.binaries import wheel_binaries
from indexer.store.database import Database
from indexer.store.embedded import embedded_server
from indexer.store.migrate import migrate

_TEMPLATE = "assay_template"
_numbers = count()


def servers() -> dict[str, Path | str]:
    """Every server to test on: directories of binaries, or a connection string."""
    found: dict[str, Path | str] = {"wheel-18": wheel_binaries(18)}
    for installed in sorted(Path("/usr/lib/postgresql").glob("*/bin")):
        if (installed / "initdb").is_file() and int(installed.parent.name) >= 15:
            found[f"system-{installed.parent.name}"] = installed
    if given := os.environ.get("ASSAY_TEST_DSN"):
        found["given"] = given
    return found


@contextmanager
def open_directory() -> Iterator[Path]:
    """A temporary directory that the server's unprivileged user may enter; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="assay-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Server:
    dsn: str

    def dsn_of(self, name: str) -> str:
        return urlunsplit(urlsplit(self.dsn)._replace(path=f"/{name}"))

    async def execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def new_database(self, *, migrated: bool = True) -> str:
        """Its connection string. Dropping takes a second, so databases go with the server (or at the very end)."""
        name = f"assay_test_{os.getpid()}_{next(_numbers)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template0'}")
        return self.dsn_of(name)


async def _serve(name: str) -> AsyncIterator[Server]:
    where = servers()[name]
    if isinstance(where, str):
        server = Server(where)
        await _make_template(server)
        yield server
        connection = await asyncpg.connect(server.dsn)
        ours = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE $1", f"assay_test_{os.getpid()}_%"
        )
        for each in (_TEMPLATE, *(row["datname"] for row in ours)):
            await connection.execute(f"DROP DATABASE {each}")
        await connection.close()
        return
    with open_directory() as folder:
        async with embedded_server(folder / "pg", binaries=where) as dsn:
            server = Server(dsn)
            await _make_template(server)
            yield server


async def _make_template(server: Server) -> None:
    await server.execute(f"DROP DATABASE IF EXISTS {_TEMPLATE}")
    await server.execute(f"CREATE DATABASE {_TEMPLATE}")
    db = await Database.connect(server.dsn_of(_TEMPLATE))
    await migrate(db)
    await db.close()


@pytest_asyncio.fixture(scope="session")
async def server() -> AsyncIterator[Server]:
    """The server that every installation has."""
    async for each in _serve("wheel-18"):
        yield each


@pytest_asyncio.fixture(scope="session", params=list(servers()))
async def any_server(request: pytest.FixtureRequest, server: Server) -> AsyncIterator[Server]:
    """Every server there is, one after the other."""
    if request.param == "wheel-18":
        yield server
        return
    async for each in _serve(request.param):
        yield each


@pytest_asyncio.fixture
async def database(server: Server) -> AsyncIterator[Database]:
    """An empty, migrated database."""
    db = await Database.connect(await server.new_database())
    yield db
    await db.close()


@pytest_asyncio.fixture
async def any_database(any_server: Server) -> AsyncIterator[Database]:
    """An empty, migrated database on every server there is."""
    db = await Database.connect(await any_server.new_database())
    yield db
    await db.close()

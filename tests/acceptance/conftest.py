"""A desk of its own for every test, over one server for all of them."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from indexer.store.embedded import embedded_server
from tests.acceptance.world import Office


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """A directory that the server's user can enter when we are root, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="assay-test-") as name:
        home = Path(name)
        home.chmod(0o755)
        yield home


@pytest.fixture(scope="session")
async def server(server_home: Path) -> AsyncIterator[str]:
    async with embedded_server(server_home / "shared") as dsn:
        yield dsn


@pytest.fixture
async def office(server: str, tmp_path: Path) -> AsyncIterator[Office]:
    """An office whose database is new and empty."""
    name = f"office_{uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield Office(tmp_path, dsn=server.replace("/postgres?", f"/{name}?"))
    finally:
        await connection.close()

"""A desk of its own for every test, over one server for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.world import Office
from tests.postgres import Server, open_directory


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """A directory for embedded servers of a test's own."""
    with open_directory() as folder:
        yield folder


@pytest.fixture
async def office(server: Server, tmp_path: Path) -> Office:
    """An office whose database is new and empty."""
    return Office(tmp_path, dsn=await server.new_database(migrated=False))

"""Many tasks at once, ended together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from indexer.store.database import DatabaseUnavailable


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A TaskGroup that says in one sentence when the database is gone. Raises DatabaseUnavailable."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as several:
        # When the database goes, every worker says so, or trips over its broken connection: one sentence is enough.
        lost = several.subgroup(DatabaseUnavailable)
        if lost is None:
            raise
        raise DatabaseUnavailable(str(_first(lost))) from None


def _first(group: BaseExceptionGroup[DatabaseUnavailable]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

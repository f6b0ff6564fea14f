"""What a chain family keeps between runs, for itself: bytes, by chain, operator and name."""

from __future__ import annotations

from dataclasses import dataclass

from chains.types import ChainId
from indexer.store.database import Database

_LOAD = "SELECT value FROM ledger.memories WHERE chain = $1 AND operator = $2 AND name = $3"
_SAVE = """
INSERT INTO ledger.memories (chain, operator, name, value) VALUES ($1, $2, $3, $4)
ON CONFLICT (chain, operator, name) DO UPDATE SET value = excluded.value, kept = now()
"""


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """Implements chains.adapter.Memory for one witness of one chain."""

    db: Database
    chain: ChainId
    operator: str

    async def load(self, name: str) -> bytes | None:
        async with self.db.acquire() as connection:
            value: bytes | None = await connection.fetchval(_LOAD, self.chain, self.operator, name)
            return value

    async def save(self, name: str, value: bytes) -> None:
        async with self.db.acquire() as connection:
            await connection.execute(_SAVE, self.chain, self.operator, name, value)

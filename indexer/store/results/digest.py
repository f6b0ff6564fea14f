"""One number for everything a run has read, equal for equal content however it was produced."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from indexer.store.database import Database

if TYPE_CHECKING:
    from indexer.store.database import Connection

# Neither who said it nor when: another honest witness must come to the same digest.
_CANONICAL = """
SELECT d.lane, d.line_no, d.amount, d.reason, p.hash
FROM ledger.readings d JOIN ledger.pins p USING (run_id, pin_no)
WHERE d.run_id = $1 AND p.voided IS NULL
ORDER BY d.lane, d.line_no, d.amount, d.reason
"""
_LOCKED = """
SELECT k.lane, k.line_no, k.class, k.amount
FROM ledger.locked k JOIN ledger.pins p USING (run_id, pin_no)
WHERE k.run_id = $1 AND p.voided IS NULL
ORDER BY k.lane, k.line_no, k.class
"""


async def readings_digest(db: Database, run_id: int) -> str:
    """SHA-256 over (lane, line, amount, reason, hash of the pinned block) of every reading that counts, in order, and
    then (lane, line, class, amount) of everything locked.
    """
    async with db.acquire() as connection:
        return await digest_of(connection, run_id)


async def digest_of(connection: Connection, run_id: int) -> str:
    digest = hashlib.sha256()

    async def take(data: bytes) -> None:
        digest.update(data)

    await connection.copy_from_query(_CANONICAL, run_id, output=take)
    await connection.copy_from_query(_LOCKED, run_id, output=take)
    return digest.hexdigest()

"""What a run's reserves are compared with, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from indexer.core.commitments import backings
from indexer.model.commitments import Backing, CommitmentCheck
from indexer.model.liabilities import Commitment, Liability, Source
from indexer.store.commitments import check_of, liabilities_of
from indexer.store.database import Database

if TYPE_CHECKING:
    from indexer.store.database import Connection

_STATEMENT = """
SELECT s.statement_id, s.sha256, s.as_of, s.scheme, s.root, s.covers
FROM ledger.runs r JOIN ledger.statements s USING (statement_id) WHERE r.run_id = $1
"""


@dataclass(frozen=True, slots=True)
class Owed:
    """The statement of a run; every field is empty where the run has none."""

    statement_id: int | None
    sha256: str | None
    as_of: datetime | None
    commitment: Commitment | None
    liabilities: tuple[Liability, ...]
    check: CommitmentCheck | None

    @property
    def backing(self) -> dict[str, Backing]:
        return backings(self.liabilities, self.commitment, self.check)


async def owed(db: Database, run_id: int) -> Owed:
    async with db.acquire() as connection:
        return await owed_of(connection, run_id)


async def owed_of(connection: Connection, run_id: int) -> Owed:
    row = await connection.fetchrow(_STATEMENT, run_id)
    if row is None:
        return Owed(None, None, None, None, (), None)
    check = await check_of(connection, run_id)
    return Owed(
        statement_id=row["statement_id"],
        sha256=row["sha256"],
        as_of=row["as_of"],
        commitment=Commitment(row["scheme"], row["root"], tuple(map(Source, row["covers"]))),
        liabilities=tuple(await liabilities_of(connection, row["statement_id"], check)),
        check=check,
    )

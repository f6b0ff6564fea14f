"""Verdicts about commitments, kept beside the statement they are about: written once, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from indexer.core.commitments import committed_liabilities
from indexer.model.commitments import CommitmentCheck, Restated
from indexer.model.liabilities import Liability, Source
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven, Rejected
from indexer.store.database import Database
from indexer.store.text import plain

if TYPE_CHECKING:
    from indexer.store.database import Connection

_FIND = "SELECT verdict_id FROM ledger.commitment_verdicts WHERE statement_id = $1 AND files_sha256 = $2"
_INSERT = """
INSERT INTO ledger.commitment_verdicts (statement_id, files_sha256, files, scheme, version, root_found, root_published,
    anchored, leaves, valid, proven, not_proven, rejected_count, rejected_where, rejected_reason, code_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (statement_id, files_sha256) DO NOTHING RETURNING verdict_id
"""
_INSERT_TOTALS = """
INSERT INTO ledger.commitment_totals (verdict_id, position, published, asset, scale, amount)
SELECT $1, n, published, asset, scale, amount
FROM unnest($2::text[], $3::text[], $4::int[], $5::numeric[]) WITH ORDINALITY AS t (published, asset, scale, amount, n)
"""
_LOAD = "SELECT v.* FROM ledger.runs r JOIN ledger.commitment_verdicts v USING (verdict_id) WHERE r.run_id = $1"
_LOAD_TOTALS = """
SELECT published, asset, scale, amount FROM ledger.commitment_totals WHERE verdict_id = $1 ORDER BY position
"""
_LIABILITIES = """
SELECT asset, scale, amount, attested, custodian, source FROM ledger.liabilities
WHERE statement_id = $1 ORDER BY position
"""
_SAME_MONTH = """
SELECT o.statement_id, o.name, o.sha256, o.as_of, o.imported, o.scheme, o.root
FROM ledger.statements s JOIN ledger.statements o ON o.exchange = s.exchange AND o.statement_id <> s.statement_id
    AND date_trunc('month', o.as_of AT TIME ZONE 'UTC') = date_trunc('month', s.as_of AT TIME ZONE 'UTC')
WHERE s.statement_id = $1 ORDER BY o.statement_id
"""


async def find_verdict(db: Database, *, statement_id: int, files_sha256: str) -> int | None:
    """The verdict about these very files beside this statement."""
    async with db.acquire() as connection:
        found: int | None = await connection.fetchval(_FIND, statement_id, files_sha256)
        return found


async def keep_verdict(db: Database, *, statement_id: int, check: CommitmentCheck, code_version: str) -> int:
    """The number of the verdict; the first one about these files beside this statement stays."""
    async with db.transaction() as connection:
        row = _row(check)
        verdict_id: int | None = await connection.fetchval(_INSERT, statement_id, *row, plain(code_version))
        if verdict_id is None:
            known: int = await connection.fetchval(_FIND, statement_id, check.files_sha256)
            return known
        totals = check.verdict.totals
        await connection.execute(
            _INSERT_TOTALS,
            verdict_id,
            [plain(total.asset) for total in totals],
            list(check.assets),
            [total.scale for total in totals],
            [total.amount for total in totals],
        )
        return verdict_id


async def check_of(connection: Connection, run_id: int) -> CommitmentCheck | None:
    """What the run's commitment came to, without the given users' own amounts; None where no files were given."""
    row = await connection.fetchrow(_LOAD, run_id)
    if row is None:
        return None
    totals = await connection.fetch(_LOAD_TOTALS, row["verdict_id"])
    return CommitmentCheck(
        files=row["files"],
        files_sha256=row["files_sha256"],
        verdict=_verdict(row, totals),
        assets=tuple(total["asset"] for total in totals),
    )


async def liabilities_of(
    connection: Connection, statement_id: int | None, check: CommitmentCheck | None
) -> list[Liability]:
    """What the statement says is owed, in its order; where it states nothing, what its commitment proves."""
    if statement_id is None:
        return []
    stated = await _stated(connection, statement_id)
    return committed_liabilities(check) if not stated and check is not None else stated


async def restated(db: Database, statement_id: int | None) -> tuple[Restated, ...]:
    async with db.acquire() as connection:
        return await restated_of(connection, statement_id)


async def restated_of(connection: Connection, statement_id: int | None) -> tuple[Restated, ...]:
    """The exchange's other statements for the same calendar month (UTC), as known now, oldest first."""
    if statement_id is None:
        return ()
    return tuple(
        [
            Restated(
                name=row["name"],
                sha256=row["sha256"],
                as_of=row["as_of"],
                imported=row["imported"],
                scheme=row["scheme"],
                root=row["root"],
                liabilities=tuple(await _stated(connection, row["statement_id"])),
            )
            for row in await connection.fetch(_SAME_MONTH, statement_id)
        ]
    )


async def _stated(connection: Connection, statement_id: int) -> list[Liability]:
    rows = await connection.fetch(_LIABILITIES, statement_id)
    return [Liability(**{**row, "source": Source(row["source"])}) for row in rows]


def _row(check: CommitmentCheck) -> tuple[object, ...]:
    verdict = check.verdict
    return (
        check.files_sha256,
        check.files,
        verdict.scheme,
        verdict.version,
        verdict.root_found,
        None if verdict.root_published is None else plain(verdict.root_published),
        str(verdict.anchored),
        verdict.leaves,
        verdict.valid,
        [str(word) for word in verdict.proven],
        list(verdict.not_proven),
        verdict.rejected_count,
        [plain(each.where) for each in verdict.rejected],
        [plain(each.reason) for each in verdict.rejected],
    )


def _verdict(row: asyncpg.Record, totals: Sequence[asyncpg.Record]) -> LiabilityVerdict:
    return LiabilityVerdict(
        scheme=row["scheme"],
        version=row["version"],
        root_found=row["root_found"],
        root_published=row["root_published"],
        totals=tuple(CommittedTotal(total["published"], total["amount"], total["scale"]) for total in totals),
        leaves=row["leaves"],
        valid=row["valid"],
        proven=tuple(Proven(word) for word in row["proven"]),
        not_proven=tuple(row["not_proven"]),
        rejected=tuple(map(Rejected, row["rejected_where"], row["rejected_reason"])),
        rejected_count=row["rejected_count"],
    )

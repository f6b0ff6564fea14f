"""Statements of liabilities. A different file for the same time is kept beside the first: restatements stay visible."""

from __future__ import annotations

from indexer.model.liabilities import LiabilityStatement
from indexer.store.database import Database
from indexer.store.findings import insert_findings
from indexer.store.text import plain

_INSERT = """
INSERT INTO ledger.statements (exchange, name, sha256, as_of, scheme, root, covers)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (exchange, sha256) DO NOTHING RETURNING statement_id
"""
_FIND = "SELECT statement_id FROM ledger.statements WHERE exchange = $1 AND sha256 = $2"
_INSERT_LIABILITIES = """
INSERT INTO ledger.liabilities (statement_id, position, asset, scale, amount, attested, custodian, source)
SELECT $1, n, asset, scale, amount, attested, custodian, source
FROM unnest($2::text[], $3::int[], $4::numeric[], $5::numeric[], $6::text[], $7::text[])
    WITH ORDINALITY AS l (asset, scale, amount, attested, custodian, source, n)
"""


async def find_statement(db: Database, *, exchange: str, sha256: str) -> int | None:
    """The number of the statement with these very bytes, of this exchange."""
    async with db.acquire() as connection:
        found: int | None = await connection.fetchval(_FIND, exchange, sha256)
        return found


async def import_statement(db: Database, *, exchange: str, name: str, statement: LiabilityStatement) -> int:
    """The number of the statement; the same bytes of the same exchange are stored once."""
    async with db.transaction() as connection:
        statement_id: int | None = await connection.fetchval(
            _INSERT,
            exchange,
            plain(name),
            statement.sha256,
            statement.as_of,
            plain(statement.commitment.scheme),
            plain(statement.commitment.root),
            [str(source) for source in statement.commitment.covers],
        )
        if statement_id is None:
            known: int = await connection.fetchval(_FIND, exchange, statement.sha256)
            return known
        rows = statement.liabilities
        await connection.execute(
            _INSERT_LIABILITIES,
            statement_id,
            [row.asset for row in rows],
            [row.scale for row in rows],
            [row.amount for row in rows],
            [row.attested for row in rows],
            [plain(row.custodian) for row in rows],
            [str(row.source) for row in rows],
        )
        await insert_findings(connection, statement.findings, statement_id=statement_id)
        return statement_id

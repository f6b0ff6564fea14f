"""What an auditor must see, kept beside the list, statement or run it was found in. Said once, however often found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from indexer.model.findings import Finding, Severity
from indexer.store.database import Database
from indexer.store.text import plain

if TYPE_CHECKING:
    from indexer.store.database import Connection

_INSERT = """
INSERT INTO ledger.findings (list_id, statement_id, run_id, severity, kind, detail, line_no)
SELECT $1, $2, $3, f.severity, f.kind, f.detail, f.line_no
FROM unnest($4::text[], $5::text[], $6::text[], $7::int[]) WITH ORDINALITY AS f (severity, kind, detail, line_no, n)
ORDER BY f.n
ON CONFLICT DO NOTHING
"""
_LOAD = """
SELECT severity, kind, detail, line_no FROM ledger.findings
WHERE list_id = $1 OR statement_id = $2 OR run_id = $3 ORDER BY finding_id
"""


async def add_findings(
    db: Database, *, findings: Iterable[Finding], run_id: int | None = None, list_id: int | None = None
) -> None:
    """Keep findings of a run or of a list (exactly one). A frozen run takes none."""
    async with db.transaction() as connection:
        await insert_findings(connection, findings, run_id=run_id, list_id=list_id)


async def insert_findings(
    connection: Connection,
    findings: Iterable[Finding],
    *,
    list_id: int | None = None,
    statement_id: int | None = None,
    run_id: int | None = None,
) -> None:
    found = list(findings)
    if found:
        columns = (
            [each.severity.value for each in found],
            [each.kind for each in found],
            [plain(each.detail) for each in found],
            [each.line_no for each in found],
        )
        await connection.execute(_INSERT, list_id, statement_id, run_id, *columns)


async def load_findings(
    connection: Connection, *, list_id: int | None = None, statement_id: int | None = None, run_id: int | None = None
) -> tuple[Finding, ...]:
    """In the order they were found, of everything that is named."""
    rows = await connection.fetch(_LOAD, list_id, statement_id, run_id)
    return tuple(Finding(Severity(row["severity"]), row["kind"], row["detail"], row["line_no"]) for row in rows)

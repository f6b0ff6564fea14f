"""Exceptions by cause: what a list of rows, cut somewhere, cannot show of a network that was not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.model.result import ExceptionCause, RowStatus
from indexer.model.run import RunInfo

if TYPE_CHECKING:
    from indexer.store.database import Connection

CAUSES_MAX = 200
# What differs does so by another amount in each row.
_CAUSES = """
SELECT status, chain, reason, count(*)::int AS rows, min(line_no) AS first_line
FROM (
    SELECT status, chain, line_no, CASE WHEN status IN ('mismatch', 'disputed') THEN '' ELSE reason END AS reason
    FROM ledger.row_results WHERE run_id = $1 AND list_id = $2 AND status NOT IN ('verified', 'observed')
) e
GROUP BY status, chain, reason
ORDER BY status NOT IN ('mismatch', 'disputed'), rows DESC, first_line LIMIT $3
"""


async def causes_of(connection: Connection, run: RunInfo) -> tuple[ExceptionCause, ...]:
    """At most CAUSES_MAX of them: reasons may hold words of a node that are new in each row."""
    rows = await connection.fetch(_CAUSES, run.run_id, run.list_id, CAUSES_MAX)
    return tuple(ExceptionCause(**{**row, "status": RowStatus(row["status"])}) for row in rows)

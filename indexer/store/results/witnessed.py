"""How much of a run was asked twice: a single wrong provider is caught on those rows, and only on those."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.core.amounts import rescale
from indexer.model.result import Witnessed
from indexer.model.run import RunInfo

if TYPE_CHECKING:
    from indexer.store.database import Connection

# Each reading of a row is of another lane, and lanes never share an operator.
_ASKED_TWICE = """
SELECT i.asset, i.decimals, i.scale, count(*)::int AS rows, sum(l.claimed) AS claimed, count(l.claimed)::int AS claims
FROM ledger.witnessed w
JOIN ledger.lines l ON l.list_id = $2 AND l.line_no = w.line_no
JOIN ledger.instruments i ON i.list_id = l.list_id AND i.instrument_no = l.instrument_no
WHERE w.run_id = $1 AND w.amounts >= 2
GROUP BY i.asset, i.instrument_no, i.decimals, i.scale ORDER BY i.asset, i.instrument_no
"""


async def witnessed_of(connection: Connection, run: RunInfo) -> tuple[Witnessed, ...]:
    """One record per asset, in alphabetical order; empty for a run of one witness."""
    if run.quorum < 2:
        return ()
    found: dict[str, Witnessed] = {}
    for row in await connection.fetch(_ASKED_TWICE, run.run_id, run.list_id):
        claimed = None
        if row["claims"] == row["rows"]:
            claimed = rescale(row["claimed"], decimals=row["decimals"], scale=row["scale"])
        part = Witnessed(row["asset"], row["scale"], row["rows"], claimed)
        found[part.asset] = _plus(found[part.asset], part) if part.asset in found else part
    return tuple(found.values())


def _plus(one: Witnessed, other: Witnessed) -> Witnessed:
    claimed = None if one.claimed is None or other.claimed is None else one.claimed + other.claimed
    return Witnessed(one.asset, one.scale, one.rows + other.rows, claimed)

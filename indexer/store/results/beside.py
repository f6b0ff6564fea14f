"""What stands beside the totals: locked coins by class, and what transfers explain of rows read later than claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.types import Liquidity
from indexer.core.amounts import rescale
from indexer.model.result import LockedTotal, Reconciled
from indexer.model.run import RunInfo

if TYPE_CHECKING:
    from indexer.store.database import Connection

_ANY_LOCKED = "SELECT EXISTS (SELECT FROM ledger.locked WHERE run_id = $1)"
_LOCKED = """
SELECT asset, class, decimals, scale, count(*)::int AS rows, sum(amount) AS amount, sum(counted) AS counted
FROM ledger.row_locked WHERE run_id = $1
GROUP BY asset, class, instrument_no, decimals, scale ORDER BY asset, class, instrument_no
"""
_FOLLOWED_PINS = "SELECT DISTINCT pin_no FROM ledger.flows WHERE run_id = $1"
_RECONCILED = """
WITH s AS MATERIALIZED (
    SELECT *, COALESCE(explained_before = explained, true) AS whole
    FROM ledger.row_results WHERE run_id = $1 AND list_id = $2
)
SELECT asset, chain, decimals, scale, count(*)::int AS rows,
    (count(*) FILTER (WHERE whole AND residue = 0))::int AS matching_rows,
    COALESCE(sum(claimed) FILTER (WHERE whole AND residue = 0), 0) AS matching,
    (count(*) FILTER (WHERE whole AND residue <> 0))::int AS differing_rows,
    COALESCE(sum(residue) FILTER (WHERE whole AND residue > 0), 0) AS short,
    COALESCE(-sum(residue) FILTER (WHERE whole AND residue < 0), 0) AS over,
    (count(*) FILTER (WHERE explained_before = explained))::int AS both_rows,
    (count(*) FILTER (WHERE NOT whole))::int AS torn_rows
FROM s WHERE status = 'unpinned' AND claimed IS NOT NULL AND pin_no = ANY($3::int[])
GROUP BY asset, chain, instrument_no, decimals, scale ORDER BY asset, chain, instrument_no
"""
_AMOUNTS = ("matching", "short", "over")


async def locked_of(connection: Connection, run: RunInfo) -> tuple[LockedTotal, ...]:
    """One record per asset and class, in that order."""
    if not await connection.fetchval(_ANY_LOCKED, run.run_id):
        return ()
    found: dict[tuple[str, str], LockedTotal] = {}
    for row in await connection.fetch(_LOCKED, run.run_id):
        amount, counted = (
            rescale(row[name], decimals=row["decimals"], scale=row["scale"]) for name in ("amount", "counted")
        )
        part = LockedTotal(row["asset"], row["scale"], Liquidity(row["class"]), row["rows"], amount, counted)
        before = found.get((part.asset, part.liquidity))
        found[part.asset, part.liquidity] = part if before is None else before.plus(part)
    return tuple(found.values())


async def reconciled_of(connection: Connection, run: RunInfo) -> tuple[Reconciled, ...]:
    """One record per asset and network whose transfers were followed."""
    pins = [row["pin_no"] for row in await connection.fetch(_FOLLOWED_PINS, run.run_id)]
    if not pins:
        return ()
    found: dict[tuple[str, str], Reconciled] = {}
    for row in await connection.fetch(_RECONCILED, run.run_id, run.list_id, pins):
        fields = {name: value for name, value in row.items() if name != "decimals"}
        fields |= {name: rescale(row[name], decimals=row["decimals"], scale=row["scale"]) for name in _AMOUNTS}
        part = Reconciled(**fields)
        before = found.get((part.asset, part.chain))
        found[part.asset, part.chain] = part if before is None else before.plus(part)
    return tuple(found.values())

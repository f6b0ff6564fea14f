"""What the verdicts of a run come to, in rows and in value."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from chains.ownership.types import Verdict
from indexer.model.control import Held, OwnershipSummary, Said
from indexer.model.result import RESOLVED
from indexer.model.run import RunInfo
from indexer.store.database import Database
from indexer.store.results.totals import plus, scaled

if TYPE_CHECKING:
    from indexer.store.database import Connection

_CHECK = "SELECT signed > 0 AS judged, counts FROM ledger.signature_checks WHERE run_id = $1"
_MESSAGES = "SELECT message FROM ledger.signed_messages WHERE run_id = $1 ORDER BY position"
# One row per instrument, status and verdict; the sums are those of totals._SUMS, cut once more. Results are worked out
# first, as in the view row_locked.
_SUMS = """
WITH r AS MATERIALIZED (
    SELECT line_no, instrument_no, status, claimed, observed
    FROM ledger.row_results WHERE run_id = $1 AND list_id = $2 AND instrument_no IS NOT NULL
)
SELECT i.asset, i.decimals, i.scale, s.status, s.verdict, s.rows, s.claimed, s.unreadable, s.observed
FROM (
    SELECT r.instrument_no, r.status, o.verdict, count(*) AS rows, sum(r.claimed) AS claimed,
        count(*) - count(r.claimed) AS unreadable, sum(r.observed) AS observed
    FROM r LEFT JOIN ledger.row_ownership o ON o.run_id = $1 AND o.line_no = r.line_no
    GROUP BY r.instrument_no, r.status, o.verdict
) s
JOIN ledger.instruments i ON i.list_id = $2 AND i.instrument_no = s.instrument_no
ORDER BY i.asset, s.verdict NULLS LAST
"""
_SAID = """
SELECT c.said, count(*) AS rows FROM ledger.control_outcomes c JOIN ledger.pins p USING (run_id, pin_no)
WHERE c.run_id = $1 AND p.voided IS NULL GROUP BY c.said ORDER BY c.said
"""
_OPEN = """
SELECT count(*) FROM ledger.signature_verdicts v
JOIN ledger.runs r USING (run_id)
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = v.line_no AND l.duplicate_of IS NULL
WHERE v.run_id = $1 AND v.missing <> '' AND NOT EXISTS (
    SELECT FROM ledger.control_outcomes c JOIN ledger.pins p USING (run_id, pin_no)
    WHERE c.run_id = v.run_id AND c.line_no = v.line_no AND p.voided IS NULL
)
"""


async def load_ownership(db: Database, run: RunInfo) -> OwnershipSummary | None:
    async with db.acquire() as connection:
        return await ownership_of(connection, run)


async def ownership_of(connection: Connection, run: RunInfo) -> OwnershipSummary | None:
    """None where the signatures of the run are not checked to the end."""
    check = await connection.fetchrow(_CHECK, run.run_id)
    if check is None:
        return None
    counts = tuple(map(Verdict, check["counts"]))
    rows = await connection.fetch(_SUMS, run.run_id, run.list_id)
    scales: dict[str, int] = {}
    for row in rows:
        if row["scale"] is not None:
            scales[row["asset"]] = max(row["scale"], scales.get(row["asset"], 0))
    sums: defaultdict[tuple[str, str | None], _Sum] = defaultdict(_Sum)
    for row in rows:
        sums[row["asset"], row["verdict"]].add(row, scales.get(row["asset"]))
    return OwnershipSummary(
        judged=check["judged"],
        counts=counts,
        messages=tuple(row["message"] for row in await connection.fetch(_MESSAGES, run.run_id)),
        held=tuple(
            part.held(asset, verdict, counts=not check["judged"] or verdict in counts)
            for (asset, verdict), part in sums.items()
        ),
        scales=scales,
        said={Said(row["said"]): row["rows"] for row in await connection.fetch(_SAID, run.run_id)},
        open_rows=await connection.fetchval(_OPEN, run.run_id),
    )


@dataclass(slots=True)
class _Sum:
    """``unresolved`` is None from the first unresolved row on that claims no readable amount."""

    rows: int = 0
    low: int = 0
    unresolved: int | None = 0

    def add(self, row: asyncpg.Record, scale: int | None) -> None:
        self.rows += row["rows"]
        if row["status"] in RESOLVED:
            observed = scaled(row["observed"], row, scale)
            assert observed is not None, "what was read has decimals"
            self.low += observed
        else:
            self.unresolved = plus(self.unresolved, None if row["unreadable"] else scaled(row["claimed"], row, scale))

    def held(self, asset: str, verdict: str | None, *, counts: bool) -> Held:
        known = None if verdict is None else Verdict(verdict)
        return Held(asset, known, self.rows, self.low, plus(self.low, self.unresolved), counts)

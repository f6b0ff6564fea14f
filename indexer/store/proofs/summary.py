"""How much of a run is proven, by network, height and instrument."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import asyncpg

from indexer.model.proofs import ProofState, ProofSummary

if TYPE_CHECKING:
    from indexer.store.database import Connection

_SAMPLES = """
SELECT s.pin_no, p.chain, p.height, s.asset, s.instrument, s.decimals, s.rows, s.claimed, s.seed, s.draws, s.pool,
    s.unproven, s.top_lines || s.drawn_lines AS chosen
FROM ledger.proof_samples s JOIN ledger.pins p USING (run_id, pin_no)
WHERE s.run_id = $1 AND p.voided IS NULL AND s.rows > 0
ORDER BY p.chain, s.asset, s.instrument, p.height
"""
# One row per sampled line. What all witnesses read is compared here as in ledger.row_results.
_LINES = """
SELECT s.pin_no, s.instrument, l.claimed, q.outcome, q.amount, q.reason,
    chosen.line_no = ANY(s.drawn_lines) AS drawn, q.amount <> w.low OR w.low <> w.high AS differs
FROM ledger.proof_samples s
JOIN ledger.runs r USING (run_id)
CROSS JOIN LATERAL unnest(s.top_lines || s.drawn_lines) AS chosen (line_no)
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = chosen.line_no
LEFT JOIN ledger.proof_outcomes q
    ON q.run_id = s.run_id AND q.pin_no = s.pin_no AND q.line_no = chosen.line_no
LEFT JOIN (
    SELECT pin_no, line_no, min(amount) AS low, max(amount) AS high FROM ledger.readings
    WHERE run_id = $1 AND line_no = ANY($2::int[]) GROUP BY pin_no, line_no
) w ON w.pin_no = s.pin_no AND w.line_no = chosen.line_no
WHERE s.run_id = $1
"""


async def summaries_of(connection: Connection, run_id: int) -> tuple[ProofSummary, ...]:
    """Of every instrument with claimed amounts under a pin that stands."""
    samples = await connection.fetch(_SAMPLES, run_id)
    chosen = [line_no for row in samples for line_no in row["chosen"]]
    lines: defaultdict[tuple[int, str], list[asyncpg.Record]] = defaultdict(list)
    if chosen:
        for row in await connection.fetch(_LINES, run_id, chosen):
            lines[row["pin_no"], row["instrument"]].append(row)
    return tuple(_summary(row, lines[row["pin_no"], row["instrument"]]) for row in samples)


def _summary(sample: asyncpg.Record, lines: list[asyncpg.Record]) -> ProofSummary:
    proven = [row for row in lines if row["outcome"] == ProofState.PROVEN]
    agreeing = [row for row in proven if not row["differs"]]
    reasons: defaultdict[str, int] = defaultdict(int)
    for row in lines:
        if row["outcome"] == ProofState.NOT_PROVABLE:
            reasons[row["reason"]] += 1
    fields = {name: value for name, value in sample.items() if name not in ("pin_no", "chosen")}
    return ProofSummary(
        **fields,
        sampled_rows=len(lines),
        sampled=sum(row["claimed"] for row in lines),
        proven_rows=len(agreeing),
        proven=sum(row["amount"] for row in agreeing),
        differing_rows=len(proven) - len(agreeing),
        contradicted_rows=sum(row["outcome"] == ProofState.CONTRADICTION for row in lines),
        drawn_unproven=sum(row["drawn"] and row["outcome"] != ProofState.PROVEN for row in lines),
        not_provable=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
    )

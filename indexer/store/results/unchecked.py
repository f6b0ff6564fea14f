"""Networks of which no row was heard from two operators, or proven, where policy wants a sample of them to be.

Silence would look like agreement. It is told of the run as it stands, so that whoever answers later takes it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.model.findings import Finding, Severity
from indexer.model.run import RunInfo

if TYPE_CHECKING:
    from indexer.store.database import Connection

_UNCHECKED = """
SELECT p.chain
FROM (
    SELECT pin_no, lane, provider_id FROM ledger.readings
    WHERE run_id = $1 AND amount IS NOT NULL GROUP BY pin_no, lane, provider_id
) d
JOIN ledger.pins p ON p.run_id = $1 AND p.pin_no = d.pin_no AND p.voided IS NULL
JOIN ledger.providers v USING (provider_id)
JOIN ledger.runs r ON r.run_id = $1
WHERE (r.policy::jsonb -> 'prove_top')::int + (r.policy::jsonb -> 'prove_draws')::int > 0
GROUP BY p.chain
HAVING max(d.lane) = 0
    AND NOT EXISTS (
        SELECT FROM ledger.proof_outcomes q JOIN ledger.pins o USING (run_id, pin_no)
        WHERE q.run_id = $1 AND o.chain = p.chain AND o.voided IS NULL AND q.outcome <> 'not-provable'
    )
    AND NOT EXISTS (
        SELECT FROM ledger.cross_checks c JOIN ledger.pins o USING (run_id, pin_no)
        WHERE c.run_id = $1 AND o.chain = p.chain AND o.voided IS NULL AND c.operator <> ALL (array_agg(v.operator))
    )
ORDER BY p.chain
"""


async def unchecked_of(connection: Connection, run: RunInfo) -> tuple[Finding, ...]:
    """One warning a network."""
    rows = await connection.fetch(_UNCHECKED, run.run_id)
    return tuple(
        Finding(
            Severity.WARNING,
            "unchecked",
            f"{row['chain']}: each row rests on one operator's word: none was read again by another, none was proven",
        )
        for row in rows
    )

"""Readings before a claimed height: what earlier published runs of the same exchange read of the same holdings."""

from __future__ import annotations

from chains.types import ChainId
from indexer.store.database import Database

RUNS_MAX = 3
"""So many earlier runs are looked through, those that read the network last before the height."""

_UNSOUGHT = """
SELECT p.pin_no, COALESCE(p.height_claimed, p.height_wanted) AS since
FROM ledger.pins p
WHERE p.run_id = $1 AND p.chain = $2 AND p.voided IS NULL AND NOT p.before_sought
    AND p.height > COALESCE(p.height_claimed, p.height_wanted)
ORDER BY p.pin_no
"""
_EARLIER_RUNS = """
SELECT o.run_id, o.list_id
FROM ledger.runs r
JOIN ledger.runs o ON o.exchange = r.exchange AND o.run_id <> r.run_id AND o.state = 'frozen'
CROSS JOIN LATERAL (
    SELECT max(b.height) AS height FROM ledger.blocks b WHERE b.run_id = o.run_id AND b.chain = $2 AND b.height <= $3
) b
WHERE r.run_id = $1 AND b.height IS NOT NULL
ORDER BY b.height DESC, o.run_id DESC LIMIT $4
"""
# Witnesses that said different amounts of one block leave no reading of it. A line keeps the first reading it is given,
# and runs are gone through from the newest on.
_KEEP = """
INSERT INTO ledger.readings_before (run_id, pin_no, line_no, of_run, height, time, amount, operators, reason)
SELECT DISTINCT ON (e.line_no) $1, $2::int, e.line_no, $5, e.height, e.time, e.amount, e.operators,
    CASE WHEN e.time < now.time - make_interval(days => $7)
        THEN 'it is more than ' || $7 || ' days older than the reading after' END
FROM (
    SELECT m.line_no, b.height, min(COALESCE(b.time, o.frozen)) AS time, min(d.amount) AS amount,
        string_agg(DISTINCT v.operator, ', ' ORDER BY v.operator) AS operators
    FROM ledger.runs r
    JOIN ledger.pins p ON p.run_id = r.run_id AND p.pin_no = $2
    JOIN ledger.lines m ON m.list_id = r.list_id AND m.duplicate_of IS NULL
        AND m.height IS NOT DISTINCT FROM p.height_claimed
    JOIN ledger.instruments i ON i.list_id = m.list_id AND i.instrument_no = m.instrument_no AND i.chain = $3
    JOIN ledger.runs o ON o.run_id = $5
    JOIN ledger.instruments j ON j.list_id = $6 AND j.chain = i.chain AND j.instrument = i.instrument
    JOIN ledger.lines l ON l.list_id = $6 AND l.instrument_no = j.instrument_no AND l.address = m.address
    JOIN ledger.readings d ON d.run_id = $5 AND d.line_no = l.line_no AND d.amount IS NOT NULL
    JOIN ledger.pins q ON q.run_id = d.run_id AND q.pin_no = d.pin_no AND q.voided IS NULL
    JOIN ledger.blocks b ON b.block_id = d.block_id AND b.height <= $4
    JOIN ledger.providers v ON v.provider_id = d.provider_id
    WHERE r.run_id = $1
    GROUP BY m.line_no, b.height
    HAVING min(d.amount) = max(d.amount)
) e
CROSS JOIN (
    SELECT COALESCE(p.time, r.created) AS time FROM ledger.pins p JOIN ledger.runs r USING (run_id)
    WHERE p.run_id = $1 AND p.pin_no = $2
) now
ORDER BY e.line_no, e.height DESC
ON CONFLICT DO NOTHING
"""
# Two whole lists are joined by address, whatever the planner knows of them: row by row it would be quadratic.
_BY_HASH = "SET LOCAL enable_nestloop = off"
_SOUGHT = "UPDATE ledger.pins SET before_sought = true WHERE run_id = $1 AND pin_no = $2"


async def seek_readings_before(db: Database, run_id: int, chain: ChainId, *, days_max: int) -> None:
    """Choose, once for each pin of a claim that is earlier than its readings, the readings before the claim.

    Later runs cannot change the choice: what is published names them. Readings more than ``days_max`` before the pinned
    block are kept with that reason, and not followed from.
    """
    async with db.acquire() as connection:
        pins = await connection.fetch(_UNSOUGHT, run_id, chain)
    for pin in pins:
        async with db.transaction() as connection:
            await connection.execute(_BY_HASH)
            for earlier in await connection.fetch(_EARLIER_RUNS, run_id, chain, pin["since"], RUNS_MAX):
                await connection.execute(
                    _KEEP, run_id, pin["pin_no"], chain, pin["since"], earlier["run_id"], earlier["list_id"], days_max
                )
            await connection.execute(_SOUGHT, run_id, pin["pin_no"])


async def all_sought(db: Database, run_id: int, chain: ChainId) -> bool:
    """Whether every pin has been looked for readings before it that should be."""
    async with db.acquire() as connection:
        return not await connection.fetch(_UNSOUGHT, run_id, chain)

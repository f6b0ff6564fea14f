"""What there is to choose from, and what was chosen to be proven."""

from __future__ import annotations

from collections.abc import Sequence

from chains.types import Instrument
from indexer.model.proofs import Population, ProofSample
from indexer.model.run import Pin
from indexer.store.database import Database
from indexer.store.text import plain

_FETCH = 50_000  # rows in memory beside the columns
# The same lines as are cut into shards (see runs.pinning._CUT).
_INSTRUMENTS = """
SELECT i.instrument, min(i.asset) AS asset, min(i.decimals) AS decimals, array_agg(i.instrument_no) AS numbers
FROM ledger.runs r
JOIN ledger.list_groups g USING (list_id)
JOIN ledger.instruments i USING (list_id, instrument_no)
LEFT JOIN ledger.exclusions x USING (run_id, instrument_no)
WHERE r.run_id = $1 AND i.chain = $2 AND g.height IS NOT DISTINCT FROM $3 AND i.unsupported IS NULL AND x.reason IS NULL
GROUP BY i.instrument ORDER BY i.instrument
"""
_CLAIMS = """
SELECT l.line_no, l.claimed
FROM ledger.lines l
WHERE l.list_id = $1 AND l.instrument_no = ANY($2::int[]) AND l.height IS NOT DISTINCT FROM $3
    AND l.duplicate_of IS NULL AND l.rejected IS NULL
ORDER BY l.line_no
"""
_SAVE = """
INSERT INTO ledger.proof_samples
    (run_id, pin_no, instrument, asset, decimals, rows, claimed, seed, draws, pool, top_lines, drawn_lines, unproven)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_OPEN = """
SELECT EXISTS (
    SELECT FROM ledger.pins p
    WHERE p.run_id = $1 AND p.voided IS NULL AND p.hash IS NOT NULL
        AND NOT EXISTS (SELECT FROM ledger.proof_samples s WHERE s.run_id = p.run_id AND s.pin_no = p.pin_no)
        AND EXISTS (SELECT FROM ledger.shards h WHERE h.run_id = p.run_id AND h.pin_no = p.pin_no)
) OR EXISTS (
    SELECT FROM ledger.proof_samples s
    JOIN ledger.pins p ON p.run_id = s.run_id AND p.pin_no = s.pin_no AND p.voided IS NULL
    CROSS JOIN LATERAL unnest(s.top_lines || s.drawn_lines) AS chosen (line_no)
    WHERE s.run_id = $1 AND NOT EXISTS (
        SELECT FROM ledger.proof_outcomes q
        WHERE q.run_id = s.run_id AND q.pin_no = s.pin_no AND q.line_no = chosen.line_no
    )
)
"""


async def populations(db: Database, run_id: int, list_id: int, pin: Pin) -> list[Population]:
    """The claims that are read under this pin, by instrument."""
    found = []
    async with db.transaction() as connection:
        for row in await connection.fetch(_INSTRUMENTS, run_id, pin.chain, pin.height_claimed):
            line_nos: list[int] = []
            claims: list[int | None] = []
            cursor = connection.cursor(_CLAIMS, list_id, row["numbers"], pin.height_claimed, prefetch=_FETCH)
            async for line_no, claimed in cursor:
                line_nos.append(line_no)
                claims.append(claimed)
            found.append(
                Population(Instrument(row["instrument"]), row["asset"], row["decimals"], tuple(line_nos), tuple(claims))
            )
    return found


async def sampled_pins(db: Database, run_id: int) -> set[int]:
    """The pins whose samples are drawn."""
    async with db.acquire() as connection:
        rows = await connection.fetch("SELECT DISTINCT pin_no FROM ledger.proof_samples WHERE run_id = $1", run_id)
        return {row["pin_no"] for row in rows}


async def save_samples(db: Database, run_id: int, samples: Sequence[ProofSample]) -> None:
    """Keep the samples of a pin, all of them or none."""
    async with db.transaction() as connection:
        await connection.executemany(_SAVE, [_row(run_id, each) for each in samples])


async def all_proven(db: Database, run_id: int) -> bool:
    """Whether every pin that stands has its samples, and every chosen line its outcome."""
    async with db.acquire() as connection:
        is_open: bool = await connection.fetchval(_OPEN, run_id)
        return not is_open


def _row(run_id: int, each: ProofSample) -> tuple[object, ...]:
    return (
        run_id, each.pin_no, each.instrument, each.asset, each.decimals, each.rows, each.claimed, plain(each.seed),
        each.draws, each.pool, list(each.top), list(each.drawn),
        None if each.unproven is None else plain(each.unproven),
    )  # fmt: skip

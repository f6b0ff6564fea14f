"""What came of every chosen line, with the evidence: written in chunks, each one whole."""

from __future__ import annotations

from chains.types import Address, BalanceKey, ChainId, Instrument
from indexer.model.proofs import Evidence, ProvenChunk, RowOutcome, SampledRow, StoredEvidence
from indexer.model.run import Pin
from indexer.store.database import Database
from indexer.store.findings import insert_findings
from indexer.store.text import plain

_CHOSEN = """
SELECT l.line_no, l.address, s.instrument
FROM ledger.proof_samples s
JOIN ledger.runs r USING (run_id)
CROSS JOIN LATERAL unnest(s.top_lines || s.drawn_lines) AS chosen (line_no)
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = chosen.line_no
WHERE s.run_id = $1 AND s.pin_no = $2 AND NOT EXISTS (
    SELECT FROM ledger.proof_outcomes q
    WHERE q.run_id = s.run_id AND q.pin_no = s.pin_no AND q.line_no = chosen.line_no
)
ORDER BY s.instrument, l.line_no
"""
_READINGS = """
SELECT line_no, min(amount) AS low FROM ledger.readings
WHERE run_id = $1 AND pin_no = $2 AND line_no = ANY($3::int[])
GROUP BY line_no HAVING count(amount) = count(*) AND min(amount) = max(amount)
"""
_SAVE_PROOF = """
INSERT INTO ledger.proofs (run_id, pin_no, block_hash, provider, operator, evidence)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING proof_id
"""
_SAVE_OUTCOME = """
INSERT INTO ledger.proof_outcomes (run_id, pin_no, line_no, outcome, amount, proof_id, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_EVIDENCE = """
SELECT f.proof_id, p.chain, p.hash, f.provider, f.evidence
FROM ledger.proofs f JOIN ledger.pins p ON p.run_id = f.run_id AND p.pin_no = f.pin_no AND p.voided IS NULL
WHERE f.run_id = $1 ORDER BY f.proof_id
"""
_PROVEN = """
SELECT l.address, i.instrument, q.amount
FROM ledger.proof_outcomes q
JOIN ledger.runs r USING (run_id)
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = q.line_no
JOIN ledger.instruments i ON i.list_id = r.list_id AND i.instrument_no = l.instrument_no
WHERE q.run_id = $1 AND q.proof_id = $2
"""


async def pending_rows(db: Database, run_id: int, pin_no: int) -> list[SampledRow]:
    """The chosen lines of a pin that have no outcome yet."""
    async with db.acquire() as connection:
        rows = await connection.fetch(_CHOSEN, run_id, pin_no)
        line_nos = [row["line_no"] for row in rows]
        read = {row["line_no"]: row["low"] for row in await connection.fetch(_READINGS, run_id, pin_no, line_nos)}
    return [
        SampledRow(
            row["line_no"],
            BalanceKey(Address(row["address"]), Instrument(row["instrument"])),
            read.get(row["line_no"]),
        )
        for row in rows
    ]


async def save_chunk(db: Database, run_id: int, pin: Pin, chunk: ProvenChunk) -> None:
    """Outcomes, their evidence and the findings, in one transaction. A frozen run takes none."""
    assert pin.block is not None
    ids: dict[Evidence | None, int | None] = {None: None}
    async with db.transaction() as connection:
        for kept in dict.fromkeys(row.evidence for row in chunk.outcomes if row.evidence is not None):
            ids[kept] = await connection.fetchval(
                _SAVE_PROOF, run_id, pin.pin_no, pin.block.hash, kept.provider, kept.operator, kept.evidence
            )
        await connection.executemany(
            _SAVE_OUTCOME, [_row(run_id, pin.pin_no, each, ids[each.evidence]) for each in chunk.outcomes]
        )
        await insert_findings(connection, chunk.findings, run_id=run_id)


async def load_evidence(db: Database, run_id: int) -> list[StoredEvidence]:
    """Everything that was kept under the pins that stand, with what the run says it proves."""
    found = []
    async with db.acquire() as connection:
        for row in await connection.fetch(_EVIDENCE, run_id):
            proven = {
                BalanceKey(Address(one["address"]), Instrument(one["instrument"])): one["amount"]
                for one in await connection.fetch(_PROVEN, run_id, row["proof_id"])
            }
            chain = ChainId(row["chain"])
            found.append(StoredEvidence(row["proof_id"], chain, row["hash"], row["provider"], row["evidence"], proven))
    return found


def _row(run_id: int, pin_no: int, each: RowOutcome, proof_id: int | None) -> tuple[object, ...]:
    reason = None if each.reason is None else plain(each.reason)
    return run_id, pin_no, each.line_no, each.state.value, each.amount, proof_id, reason

"""Rows that wait for what the chain says of their controllers, and what it said."""

from __future__ import annotations

from collections.abc import Sequence

from chains.controllers import Signer
from chains.types import Address
from indexer.model.control import ControlOutcome, OpenRow, Said
from indexer.model.findings import Finding, Severity
from indexer.model.run import Pin
from indexer.store.database import Database
from indexer.store.findings import insert_findings
from indexer.store.text import plain

_OPEN = """
SELECT v.line_no, l.address, v.signers
FROM ledger.signature_verdicts v
JOIN ledger.runs r USING (run_id)
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = v.line_no
JOIN ledger.instruments i ON i.list_id = r.list_id AND i.instrument_no = l.instrument_no
WHERE v.run_id = $1 AND v.missing <> '' AND i.chain = $3 AND l.height IS NOT DISTINCT FROM $4
    AND i.unsupported IS NULL AND l.duplicate_of IS NULL AND l.rejected IS NULL
    AND NOT EXISTS (
        SELECT FROM ledger.control_outcomes c WHERE c.run_id = v.run_id AND c.pin_no = $2 AND c.line_no = v.line_no
    )
ORDER BY l.address, v.line_no
"""
_SAVE = """
INSERT INTO ledger.control_outcomes (run_id, pin_no, line_no, said, detail, providers) VALUES ($1, $2, $3, $4, $5, $6)
"""
_DOUBTS = {
    Said.OTHERS: (Severity.EXCEPTION, "owner-contradicted"),
    Said.HIDDEN: (Severity.WARNING, "owner-hidden"),
}


async def open_rows(db: Database, run_id: int, pin: Pin) -> list[OpenRow]:
    """The rows of a pin whose signatures left something open, and of whom the chain was not asked yet, by address."""
    async with db.acquire() as connection:
        rows = await connection.fetch(_OPEN, run_id, pin.pin_no, pin.chain, pin.height_claimed)
    return [
        OpenRow(row["line_no"], Address(row["address"]), tuple(map(Signer, row["signers"].split(" ")))) for row in rows
    ]


async def save_outcomes(db: Database, run_id: int, pin: Pin, outcomes: Sequence[ControlOutcome]) -> None:
    """One chunk, whole or not at all, with a finding for each row whose signer the chain does not name. A frozen run
    takes none.
    """
    rows = [
        (run_id, pin.pin_no, each.line_no, each.said.value, plain(each.detail), plain(each.providers))
        for each in outcomes
    ]
    doubts = [
        Finding(*_DOUBTS[each.said], f"who signed for {pin.chain}: {each.detail}", each.line_no)
        for each in outcomes
        if each.said in _DOUBTS
    ]
    async with db.transaction() as connection:
        await connection.executemany(_SAVE, rows)
        await insert_findings(connection, doubts, run_id=run_id)

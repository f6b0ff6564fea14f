"""What transfers changed after the claimed height, beside each reading of a chain that can only be read now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import groupby, islice

import asyncpg

from chains.types import Address, BalanceKey, BlockRef, ChainId, Flows, Instrument
from indexer.model.run import Unfollowed
from indexer.store.database import Database
from indexer.store.text import NULL, encoded, field, number

PIECE = 100
"""Keys that are followed and kept together: a killed run begins the piece again."""

_ANY_LATE = """
SELECT EXISTS (
    SELECT FROM ledger.pins
    WHERE run_id = $1 AND chain = $2 AND voided IS NULL AND hash IS NOT NULL AND height_claimed IS NOT NULL
)
"""
_UNFOLLOWED = """
SELECT d.pin_no, d.lane, p.height_claimed, b.height, b.hash, b.time, d.line_no, d.amount, l.address, i.instrument
FROM ledger.readings d
JOIN ledger.pins p USING (run_id, pin_no)
JOIN ledger.blocks b USING (block_id)
JOIN ledger.runs r ON r.run_id = d.run_id
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = d.line_no
JOIN ledger.instruments i ON i.list_id = r.list_id AND i.instrument_no = l.instrument_no
WHERE d.run_id = $1 AND p.chain = $2 AND p.voided IS NULL AND b.height > p.height_claimed AND d.amount IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM ledger.flows f
        WHERE f.run_id = d.run_id AND f.pin_no = d.pin_no AND f.lane = d.lane AND f.line_no = d.line_no
    )
ORDER BY d.pin_no, d.lane, d.block_id, d.line_no
"""
_PROVIDER = """
WITH named AS (
    INSERT INTO ledger.providers (run_id, chain, provider, operator) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING provider_id
)
SELECT provider_id FROM named UNION ALL
SELECT provider_id FROM ledger.providers WHERE run_id = $1 AND chain = $2 AND provider = $3 AND operator = $4
"""
_COLUMNS = ("run_id", "pin_no", "lane", "line_no", "provider_id", "amount", "explained", "reason")


async def unfollowed(db: Database, run_id: int, chain: ChainId) -> list[Unfollowed]:
    """Every reading of the chain that is of a later block than claimed and whose transfers are not known yet."""
    async with db.acquire() as connection:
        if not await connection.fetchval(_ANY_LATE, run_id, chain):
            return []
        rows = await connection.fetch(_UNFOLLOWED, run_id, chain)
    found = []
    for _, same in groupby(rows, key=lambda row: (row["pin_no"], row["lane"], row["height"], row["hash"])):
        while piece := list(islice(same, PIECE)):
            found.append(_piece(chain, piece))
    return found


def _piece(chain: ChainId, rows: list[asyncpg.Record]) -> Unfollowed:
    first = rows[0]
    return Unfollowed(
        chain=chain,
        pin_no=first["pin_no"],
        lane=first["lane"],
        since=first["height_claimed"],
        until=BlockRef(first["height"], first["hash"], first["time"]),
        line_nos=tuple(row["line_no"] for row in rows),
        amounts=tuple(row["amount"] for row in rows),
        keys=tuple(BalanceKey(Address(row["address"]), Instrument(row["instrument"])) for row in rows),
    )


async def save_flows(
    db: Database, run_id: int, piece: Unfollowed, *, provider: str, operator: str, flows: Flows
) -> None:
    """Write what was followed for a piece, whole. A frozen run takes none."""
    assert len(flows.amounts) == len(piece.line_nos), "one flow per line"
    async with db.transaction() as connection:
        provider_id = await connection.fetchval(_PROVIDER, run_id, piece.chain, provider, operator)
        await connection.copy_to_table(
            "flows", schema_name="ledger", columns=_COLUMNS, source=_rows(run_id, piece, provider_id, flows)
        )


async def _rows(run_id: int, piece: Unfollowed, provider_id: int, flows: Flows) -> AsyncIterator[bytes]:
    rows = []
    prefix = f"{run_id}\t{piece.pin_no}\t{piece.lane}\t"
    lines = zip(piece.line_nos, piece.amounts, flows.amounts, strict=True)
    for index, (line_no, held, change) in enumerate(lines):
        failure = flows.failures.get(index)
        reason = NULL if failure is None else field(f"{failure.reason.value}: {failure.detail}")
        explained = None if change is None else held - change
        rows.append(f"{prefix}{line_no}\t{provider_id}\t{number(change)}\t{number(explained)}\t{reason}\n")
    yield encoded(rows)

"""What transfers changed up to each reading of a chain that can only be read now: since the claimed height, and since
the reading before it where there is one.
"""

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
    WHERE run_id = $1 AND chain = $2 AND voided IS NULL AND hash IS NOT NULL
        AND COALESCE(height_claimed, height_wanted) IS NOT NULL
)
"""
_UNFOLLOWED = """
SELECT d.pin_no, d.lane, s.since, b.height, b.hash, b.time, d.line_no, d.amount, l.address, i.instrument
FROM ledger.readings d
JOIN ledger.pins p USING (run_id, pin_no)
JOIN ledger.blocks b USING (block_id)
JOIN ledger.runs r ON r.run_id = d.run_id
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = d.line_no
JOIN ledger.instruments i ON i.list_id = r.list_id AND i.instrument_no = l.instrument_no
CROSS JOIN LATERAL ({since}) s
WHERE d.run_id = $1 AND p.chain = $2 AND p.voided IS NULL AND d.amount IS NOT NULL
    AND b.height > COALESCE(p.height_claimed, p.height_wanted)
    AND NOT EXISTS (
        SELECT FROM ledger.flows f WHERE f.run_id = d.run_id AND f.pin_no = d.pin_no AND f.lane = d.lane
            AND f.line_no = d.line_no AND f.since = s.since
    )
ORDER BY d.pin_no, d.lane, d.block_id, s.since, d.line_no
"""
_SINCE_CLAIM = _UNFOLLOWED.format(since="SELECT COALESCE(p.height_claimed, p.height_wanted) AS since")
# Where nothing is known since the claim, the longer way would not be either.
_SINCE_READING = _UNFOLLOWED.format(
    since="""
    SELECT a.height AS since
    FROM ledger.readings_before a
    JOIN ledger.flows c ON c.run_id = a.run_id AND c.pin_no = a.pin_no AND c.line_no = a.line_no AND c.lane = d.lane
        AND c.since = COALESCE(p.height_claimed, p.height_wanted) AND c.amount IS NOT NULL
    WHERE a.run_id = d.run_id AND a.pin_no = d.pin_no AND a.line_no = d.line_no AND a.reason IS NULL
"""
)
_PROVIDER = """
WITH named AS (
    INSERT INTO ledger.providers (run_id, chain, provider, operator) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING provider_id
)
SELECT provider_id FROM named UNION ALL
SELECT provider_id FROM ledger.providers WHERE run_id = $1 AND chain = $2 AND provider = $3 AND operator = $4
"""
_COLUMNS = ("run_id", "pin_no", "lane", "line_no", "since", "provider_id", "amount", "explained", "reason")


async def since_claims(db: Database, run_id: int, chain: ChainId) -> list[Unfollowed]:
    """Every reading of the chain that is of a later block than claimed, whose transfers since are not known yet."""
    return await _pieces(db, run_id, chain, _SINCE_CLAIM)


async def since_readings(db: Database, run_id: int, chain: ChainId) -> list[Unfollowed]:
    """Every reading whose transfers since the claim are known, but not yet those since the reading before."""
    return await _pieces(db, run_id, chain, _SINCE_READING)


async def _pieces(db: Database, run_id: int, chain: ChainId, query: str) -> list[Unfollowed]:
    async with db.acquire() as connection:
        if not await connection.fetchval(_ANY_LATE, run_id, chain):
            return []
        rows = await connection.fetch(query, run_id, chain)
    found = []
    for _, same in groupby(
        rows, key=lambda row: (row["pin_no"], row["lane"], row["since"], row["height"], row["hash"])
    ):
        while piece := list(islice(same, PIECE)):
            found.append(_piece(chain, piece))
    return found


def _piece(chain: ChainId, rows: list[asyncpg.Record]) -> Unfollowed:
    first = rows[0]
    return Unfollowed(
        chain=chain,
        pin_no=first["pin_no"],
        lane=first["lane"],
        since=first["since"],
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
        rows.append(
            f"{prefix}{line_no}\t{piece.since}\t{provider_id}\t{number(change)}\t{number(explained)}\t{reason}\n"
        )
    yield encoded(rows)

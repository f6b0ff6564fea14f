"""Lines that a second source read once more: chosen once, then answered or not, in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chains.types import Address, BalanceKey, Instrument
from indexer.model.findings import Finding
from indexer.store.database import Database
from indexer.store.findings import insert_findings
from indexer.store.text import plain

# What a line is worth being checked for: the larger of what it claims and what was read.
_VALUES = """
SELECT l.line_no, GREATEST(l.claimed, max(d.amount)) AS value
FROM ledger.readings d
JOIN ledger.runs r USING (run_id)
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = d.line_no
WHERE d.run_id = $1 AND d.pin_no = $2 AND d.amount IS NOT NULL
GROUP BY l.line_no, l.claimed ORDER BY l.line_no
"""
_CHOOSE = """
INSERT INTO ledger.cross_checks (run_id, pin_no, line_no, seed) SELECT $1, $2, unnest($3::int[]), $4
ON CONFLICT DO NOTHING
"""
_OPEN = """
SELECT c.line_no, l.address, i.instrument, w.low
FROM ledger.cross_checks c
JOIN ledger.runs r USING (run_id)
LEFT JOIN ledger.witnessed w ON w.run_id = c.run_id AND w.line_no = c.line_no
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = c.line_no
JOIN ledger.instruments i ON i.list_id = r.list_id AND i.instrument_no = l.instrument_no
WHERE c.run_id = $1 AND c.pin_no = $2 AND c.amount IS NULL AND c.reason IS NULL
ORDER BY c.line_no
"""
_ANSWER = """
UPDATE ledger.cross_checks SET amount = $4, provider = $5, operator = $6, reason = $7
WHERE run_id = $1 AND pin_no = $2 AND line_no = $3 AND amount IS NULL AND reason IS NULL
"""
_SUMMARY = """
SELECT count(*)::int AS chosen, count(c.amount)::int AS checked,
    (count(*) FILTER (WHERE c.amount <> w.low))::int AS differing,
    array_remove(array_agg(DISTINCT c.provider || ' of ' || c.operator), NULL) AS providers, min(c.seed) AS seed
FROM ledger.cross_checks c
LEFT JOIN ledger.witnessed w ON w.run_id = c.run_id AND w.line_no = c.line_no
WHERE c.run_id = $1 AND c.pin_no = $2
"""


class OpenLine(NamedTuple):
    """``amount`` is what was read of the key, None where the pin was voided meanwhile."""

    line_no: int
    key: BalanceKey
    amount: int | None


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """``amount`` and who says it, or the ``reason`` why nobody does."""

    line_no: int
    amount: int | None = None
    provider: str | None = None
    operator: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one pin. ``differing`` lines are disputed; ``providers`` are named with their operators."""

    chosen: int
    checked: int
    differing: int
    providers: tuple[str, ...]
    seed: str


async def values(db: Database, run_id: int, pin_no: int) -> list[tuple[int, int]]:
    """(line, value in base units) of everything that was read under the pin."""
    async with db.acquire() as connection:
        return [(row["line_no"], int(row["value"])) for row in await connection.fetch(_VALUES, run_id, pin_no)]


async def chosen_pins(db: Database, run_id: int) -> set[int]:
    async with db.acquire() as connection:
        rows = await connection.fetch("SELECT DISTINCT pin_no FROM ledger.cross_checks WHERE run_id = $1", run_id)
    return {row["pin_no"] for row in rows}


async def choose(db: Database, run_id: int, pin_no: int, line_nos: Sequence[int], seed: str) -> None:
    async with db.acquire() as connection:
        await connection.execute(_CHOOSE, run_id, pin_no, list(line_nos), plain(seed))


async def open_lines(db: Database, run_id: int, pin_no: int) -> list[OpenLine]:
    """Chosen, and neither answered nor given up."""
    async with db.acquire() as connection:
        rows = await connection.fetch(_OPEN, run_id, pin_no)
    return [
        OpenLine(
            row["line_no"],
            BalanceKey(Address(row["address"]), Instrument(row["instrument"])),
            None if row["low"] is None else int(row["low"]),
        )
        for row in rows
    ]


async def answer(
    db: Database, run_id: int, pin_no: int, lines: Sequence[CheckedLine], findings: Sequence[Finding] = ()
) -> None:
    """What came of some lines, all of it or nothing. A frozen run takes none."""
    async with db.transaction() as connection:
        for line in lines:
            reason = None if line.reason is None else plain(line.reason)
            await connection.execute(
                _ANSWER, run_id, pin_no, line.line_no, line.amount, line.provider, line.operator, reason
            )
        await insert_findings(connection, findings, run_id=run_id)


async def summary(db: Database, run_id: int, pin_no: int) -> Summary:
    async with db.acquire() as connection:
        row = await connection.fetchrow(_SUMMARY, run_id, pin_no)
    assert row is not None
    return Summary(row["chosen"], row["checked"], row["differing"], tuple(row["providers"]), row["seed"] or "")


async def all_checked(db: Database, run_id: int) -> bool:
    """Whether every chosen line of the pins that stand came to something."""
    async with db.acquire() as connection:
        is_open: bool = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM ledger.cross_checks c JOIN ledger.pins p USING (run_id, pin_no) "
            "WHERE c.run_id = $1 AND p.voided IS NULL AND c.amount IS NULL AND c.reason IS NULL)",
            run_id,
        )
    return not is_open

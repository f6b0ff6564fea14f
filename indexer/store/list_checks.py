"""What only a whole list can show: duplicates, addresses on several networks, and whether it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.core.amounts import rescale
from indexer.core.control import control_totals
from indexer.model.claims import InstrumentSpec, ListSummary
from indexer.model.findings import Finding, Severity

if TYPE_CHECKING:
    from indexer.store.database import Connection

DUPLICATES_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Duplicates:
    count: int
    findings: tuple[Finding, ...]


# $1, $2: the instruments and what each of them holds. The first line of a holding at an address is the claim.
_MARK = """
WITH holdings AS (
    SELECT instrument_no, holding FROM unnest($1::int[]) WITH ORDINALITY AS h (holding, n)
    CROSS JOIN LATERAL (SELECT n::int - 1 AS instrument_no) AS numbered
), twins AS (
    SELECT h.holding, l.address, min(l.line_no) AS first_line
    FROM ledger.lines_{0} l JOIN holdings h USING (instrument_no)
    WHERE l.rejected IS NULL GROUP BY h.holding, l.address HAVING count(*) > 1
)
UPDATE ledger.lines_{0} AS l SET duplicate_of = t.first_line
FROM twins t JOIN holdings h USING (holding)
WHERE l.instrument_no = h.instrument_no AND l.address = t.address AND l.rejected IS NULL AND l.line_no > t.first_line
"""
_SHOW = """
SELECT d.line_no, d.duplicate_of, d.address, d.claimed IS NOT DISTINCT FROM f.claimed AS alike
FROM (SELECT * FROM ledger.lines_{0} WHERE duplicate_of IS NOT NULL ORDER BY line_no LIMIT $1) d
JOIN ledger.lines_{0} f ON f.line_no = d.duplicate_of
ORDER BY d.line_no
"""
_GROUP = """
INSERT INTO ledger.list_groups (list_id, instrument_no, height, keys, claimed, unreadable, first_line, last_line)
SELECT $1, instrument_no, height, count(*), COALESCE(sum(claimed), 0), count(*) - count(claimed),
    min(line_no), max(line_no)
FROM ledger.lines_{0} WHERE rejected IS NULL AND duplicate_of IS NULL
GROUP BY instrument_no, height
"""
_COUNTS = "SELECT count(*) AS lines, count(rejected) AS rejected FROM ledger.lines_{0}"
_SEVERAL_NETWORKS = """
SELECT count(*) FROM (
    SELECT l.address FROM ledger.lines_{0} l
    JOIN ledger.instruments i ON i.list_id = $1 AND i.instrument_no = l.instrument_no
    WHERE l.rejected IS NULL AND i.chain IS NOT NULL
    GROUP BY l.address HAVING min(i.chain) < max(i.chain)
) AS shared
"""
_SUMS = """
SELECT instrument_no, sum(claimed) AS claimed, sum(unreadable)::int AS unreadable, sum(keys)::int AS keys
FROM ledger.list_groups WHERE list_id = $1 GROUP BY instrument_no
"""


def holdings_of(specs: Sequence[InstrumentSpec]) -> list[int]:
    """Per instrument the first one that is the same holding: the same token, or, without an identifier, the same name
    of the same asset on the same network.
    """
    first: dict[tuple[str | None, ...], int] = {}
    return [
        first.setdefault(
            (spec.chain, spec.instrument) if spec.instrument else (spec.chain, spec.asset, spec.published), n
        )
        for n, spec in enumerate(specs)
    ]


async def mark_duplicates(connection: Connection, list_id: int, holdings: Sequence[int]) -> Duplicates:
    """Point every line that claims again what an earlier one claims at that one."""
    status = await connection.execute(_MARK.format(list_id), list(holdings))
    count = int(status.rsplit(" ", 1)[1])
    if count == 0:
        return Duplicates(0, ())
    findings = []
    for row in await connection.fetch(_SHOW.format(list_id), DUPLICATES_SHOWN):
        how = "" if row["alike"] else ", with another amount"
        said = f"repeats line {row['duplicate_of']} ({row['address']}){how}; it counts once"
        severity = Severity.WARNING if row["alike"] else Severity.EXCEPTION
        findings.append(Finding(severity, "duplicate", said, row["line_no"]))
    shown = "" if count <= DUPLICATES_SHOWN else f"; the first {DUPLICATES_SHOWN} are listed"
    findings.append(Finding(Severity.WARNING, "duplicates", f"lines that repeat an earlier one: {count}{shown}"))
    return Duplicates(count, tuple(findings))


async def check_list(connection: Connection, list_id: int, summary: ListSummary) -> list[Finding]:
    """Group the claims for planning, and compare the list with itself. Needs its instruments stored."""
    await connection.execute(_GROUP.format(list_id), list_id)
    counts = await connection.fetchrow(_COUNTS.format(list_id))
    assert counts is not None
    assert tuple(counts) == (summary.lines, summary.rejected), "every line is accepted or rejected, and stored"
    findings: list[Finding] = []
    chains = {spec.chain for spec in summary.instruments if spec.chain is not None}
    if len(chains) > 1 and (shared := await connection.fetchval(_SEVERAL_NETWORKS.format(list_id), list_id)):
        said = f"addresses listed on more than one network: {shared}"
        findings.append(Finding(Severity.NOTE, "several-networks", said))
    return findings + await _control_totals(connection, list_id, summary)


async def _control_totals(connection: Connection, list_id: int, summary: ListSummary) -> list[Finding]:
    """Sums over all accepted lines that are no duplicates, against what the file declares."""
    by_instrument: dict[int, int] = {}
    by_asset: dict[str, int] = {}
    for row in await connection.fetch(_SUMS, list_id):
        if row["unreadable"] == row["keys"]:
            continue  # such lines claim nothing that could be added
        spec = summary.instruments[row["instrument_no"]]
        by_instrument[row["instrument_no"]] = row["claimed"]
        if spec.decimals is not None and spec.scale is not None:
            claimed = rescale(row["claimed"], decimals=spec.decimals, scale=spec.scale)
            by_asset[spec.asset] = claimed if spec.asset not in by_asset else by_asset[spec.asset] + claimed
    return control_totals(summary.declared, summary.instruments, by_instrument=by_instrument, by_asset=by_asset)

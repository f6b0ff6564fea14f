"""Rows by status -> totals with their coverage. The status of a row has one home: the view ledger.row_results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg

from chains.types import ChainId
from indexer.core.amounts import rescale
from indexer.model.result import RESOLVED, Coverage, RowStatus, Total
from indexer.model.run import RunInfo, RunState
from indexer.store.database import Database
from indexer.store.runs.opening import load_run

if TYPE_CHECKING:
    from indexer.store.database import Connection

# One row per instrument and status. Rejected lines whose instrument could not be read are of no asset.
_SUMS = """
SELECT i.instrument_no, i.asset, i.chain, i.decimals, i.scale, s.status, s.rows, s.claimed, s.unreadable, s.observed
FROM (
    SELECT instrument_no, status, count(*) AS rows, sum(claimed) AS claimed, count(*) - count(claimed) AS unreadable,
        sum(observed) AS observed
    FROM ledger.row_results WHERE run_id = $1 AND list_id = $2 AND instrument_no IS NOT NULL
    GROUP BY instrument_no, status
) s
JOIN ledger.instruments i ON i.list_id = $2 AND i.instrument_no = s.instrument_no
ORDER BY i.instrument_no
"""
_DUPLICATES = """
SELECT i.instrument_no, i.asset, i.chain, i.decimals, i.scale, count(*) AS rows
FROM ledger.lines l JOIN ledger.instruments i USING (list_id, instrument_no)
WHERE l.list_id = $1 AND l.duplicate_of IS NOT NULL
GROUP BY i.instrument_no, i.asset, i.chain, i.decimals, i.scale
"""
_STORED = """
SELECT asset, scale, claimed, low, high, verified, mismatch, observed, disputed, unpinned, unavailable, unsupported,
    rejected, duplicates, {chain} AS chain
FROM ledger.{table} WHERE run_id = $1 ORDER BY asset, chain
"""
_COVERAGE = (*(status.value for status in RowStatus), "duplicates")
Totals = tuple[list[Total], list[Total]]


async def totals(db: Database, run_id: int) -> Totals:
    """(per asset, per asset and network), by name. Of a frozen run as published, else as things stand now.

    Rows of an asset on a network that config does not know count in the asset's total only.
    """
    async with db.acquire() as connection:
        return await totals_of(connection, await load_run(connection, run_id))


async def totals_of(connection: Connection, run: RunInfo) -> Totals:
    if run.state is RunState.FROZEN:
        return await _stored(connection, run.run_id)
    return await computed(connection, run)


async def computed(connection: Connection, run: RunInfo) -> Totals:
    """From the readings."""
    sums = await connection.fetch(_SUMS, run.run_id, run.list_id)
    duplicates = await connection.fetch(_DUPLICATES, run.list_id)
    by_asset: defaultdict[str, _Sum] = defaultdict(_Sum)
    by_network: defaultdict[tuple[str, ChainId], _Sum] = defaultdict(_Sum)
    scales: dict[str, int] = {}
    for row in (*sums, *duplicates):
        if row["scale"] is not None:
            scales[row["asset"]] = max(row["scale"], scales.get(row["asset"], 0))
    for row in sums:
        for part in _parts(row, by_asset, by_network):
            part.add(row, scales.get(row["asset"]))
    for row in duplicates:
        for part in _parts(row, by_asset, by_network):
            part.counts["duplicates"] += row["rows"]
    return (
        [part.total(asset, None, scales.get(asset)) for asset, part in sorted(by_asset.items())],
        [part.total(asset, chain, scales.get(asset)) for (asset, chain), part in sorted(by_network.items())],
    )


@dataclass(slots=True)
class _Sum:
    """``claimed`` and ``unresolved`` are None from the first row on that claims no readable amount."""

    claimed: int | None = 0
    low: int = 0
    unresolved: int | None = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COVERAGE, 0))

    def add(self, row: asyncpg.Record, scale: int | None) -> None:
        """Add the rows of one instrument and status."""
        self.counts[row["status"]] += row["rows"]
        claimed = None if row["unreadable"] else scaled(row["claimed"], row, scale)
        self.claimed = plus(self.claimed, claimed)
        if row["status"] in RESOLVED:
            observed = scaled(row["observed"], row, scale)
            assert observed is not None, "what was read has decimals"
            self.low += observed
        else:
            self.unresolved = plus(self.unresolved, claimed)

    def total(self, asset: str, chain: ChainId | None, scale: int | None) -> Total:
        return Total(
            asset=asset,
            chain=chain,
            scale=scale,
            claimed=self.claimed,
            low=self.low,
            high=plus(self.low, self.unresolved),
            coverage=Coverage(**self.counts),
        )


def _parts(
    row: asyncpg.Record, by_asset: defaultdict[str, _Sum], by_network: defaultdict[tuple[str, ChainId], _Sum]
) -> Iterable[_Sum]:
    yield by_asset[row["asset"]]
    if row["chain"] is not None:
        yield by_network[row["asset"], row["chain"]]


def scaled(amount: int | None, row: asyncpg.Record, scale: int | None) -> int | None:
    if amount is None or row["decimals"] is None or scale is None:
        return None
    return rescale(amount, decimals=row["decimals"], scale=scale)


def plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


async def _stored(connection: Connection, run_id: int) -> Totals:
    """As they were frozen."""
    assets = await connection.fetch(_STORED.format(table="asset_totals", chain="NULL::text"), run_id)
    networks = await connection.fetch(_STORED.format(table="network_totals", chain="chain"), run_id)
    return [_total(row) for row in assets], [_total(row) for row in networks]


def _total(row: asyncpg.Record) -> Total:
    return Total(
        asset=row["asset"],
        chain=row["chain"],
        scale=row["scale"],
        claimed=row["claimed"],
        low=row["low"],
        high=row["high"],
        coverage=Coverage(**{name: row[name] for name in _COVERAGE}),
    )

"""Shards: leased to one worker at a time, committed whole and fenced, or given back with the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg
import numpy as np
import numpy.typing as npt

from chains.amounts import PackedAmounts
from chains.keys import PackedKeys
from chains.types import ChainId, Instrument, Readings
from indexer.model.findings import Finding, Severity
from indexer.model.run import ShardKeys, ShardLease
from indexer.store.database import Database
from indexer.store.findings import insert_findings
from indexer.store.reading_rows import AMOUNT_COLUMNS, FAILURE_COLUMNS, Source, amount_rows, failure_rows
from indexer.store.runs.pinning import pin_of
from indexer.store.text import encoded, plain

if TYPE_CHECKING:
    from indexer.store.database import Connection


class LeaseLost(RuntimeError):
    """Somebody else has this shard now, or it is no longer to be read: nothing was written."""


@dataclass(frozen=True, slots=True)
class ChainProgress:
    """One chain as one lane of witnesses reads it. ``last_problem`` is of what is still unread, or ''."""

    chain: ChainId
    lane: int
    shards: int
    shards_done: int
    keys: int
    keys_done: int
    last_problem: str


# An expired lease counts as open. What failed in this sweep goes last, and only to a later pass.
_LEASE = """
UPDATE ledger.shards s
SET state = 'leased', owner = $4, fence = s.fence + 1, lease_until = clock_timestamp() + $5 * interval '1 second'
FROM (
    SELECT run_id, shard_no FROM ledger.shards
    WHERE run_id = $1 AND chain = $2 AND lane = $3 AND attempts < $6
        AND (state = 'open' OR state = 'leased' AND lease_until < clock_timestamp())
    ORDER BY attempts, shard_no LIMIT 1 FOR UPDATE SKIP LOCKED
) AS free, ledger.pins p
WHERE s.run_id = free.run_id AND s.shard_no = free.shard_no AND p.run_id = s.run_id AND p.pin_no = s.pin_no
RETURNING s.shard_no, s.fence, p.pin_no, p.chain, p.height_claimed, p.height, p.hash, p.time, p.live, p.problem,
    p.height_wanted
"""
_HEARTBEAT = """
UPDATE ledger.shards SET lease_until = clock_timestamp() + $4 * interval '1 second'
WHERE run_id = $1 AND shard_no = $2 AND fence = $3 AND state = 'leased'
"""
_RELEASE = """
UPDATE ledger.shards
SET state = 'open', lease_until = NULL, attempts = attempts + 1, problem = $4, problem_at = clock_timestamp()
WHERE run_id = $1 AND shard_no = $2 AND fence = $3 AND state = 'leased'
"""
_EXPLAIN = """
UPDATE ledger.shards SET problem = $4, problem_at = clock_timestamp()
WHERE run_id = $1 AND chain = $2 AND lane = $3 AND state = 'open'
"""
_RECLAIM = """
UPDATE ledger.shards SET state = 'open', lease_until = NULL, attempts = 0
WHERE run_id = $1 AND (state = 'leased' OR state = 'open' AND attempts > 0)
"""
_RANGE = """
SELECT r.list_id, s.first_line, s.last_line, s.chain, s.keys, p.height_claimed
FROM ledger.shards s JOIN ledger.runs r USING (run_id) JOIN ledger.pins p USING (run_id, pin_no)
WHERE s.run_id = $1 AND s.shard_no = $2
"""
_INSTRUMENTS = """
SELECT i.instrument_no, i.instrument FROM ledger.instruments i
WHERE i.list_id = $1 AND i.chain = $2 AND i.unsupported IS NULL
    AND NOT EXISTS (SELECT FROM ledger.exclusions x WHERE x.run_id = $3 AND x.instrument_no = i.instrument_no)
ORDER BY i.instrument_no
"""
# A column is one value, so that no row becomes an object.
_KEYS = """
SELECT count(*) AS keys,
    string_agg(int4send(line_no), '' ORDER BY line_no) AS line_nos,
    string_agg(int4send(instrument_no), '' ORDER BY line_no) AS instrument_nos,
    string_agg(int4send(octet_length(convert_to(address, 'UTF8'))), '' ORDER BY line_no) AS sizes,
    string_agg(convert_to(address, 'UTF8'), '' ORDER BY line_no) AS addresses
FROM ledger.lines
WHERE list_id = $1 AND line_no BETWEEN $2 AND $3 AND height IS NOT DISTINCT FROM $4
    AND instrument_no = ANY($5::int[]) AND duplicate_of IS NULL AND rejected IS NULL
"""
_FINISH = "SELECT provider_id, block_id FROM ledger.finish_shard($1, $2, $3, $4, $5, $6, $7, $8)"
_LOCKED = ("run_id", "pin_no", "lane", "line_no", "class", "amount")
_PROGRESS = """
SELECT chain, lane, count(*)::int AS shards, (count(*) FILTER (WHERE state = 'done'))::int AS shards_done,
    sum(keys)::int AS keys, COALESCE(sum(keys) FILTER (WHERE state = 'done'), 0)::int AS keys_done,
    COALESCE((array_agg(problem ORDER BY problem_at DESC) FILTER (WHERE state <> 'done' AND problem <> ''))[1], '')
        AS last_problem
FROM ledger.shards WHERE run_id = $1 AND state <> 'void'
GROUP BY chain, lane ORDER BY chain, lane
"""


async def lease_shard(
    db: Database, *, run_id: int, chain: ChainId, lane: int, owner: str, lease_s: float, attempts_below: int = 2**31 - 1
) -> ShardLease | None:
    """The right to read one open shard of this chain and lane, or None where none is left.

    Only shards that failed fewer than ``attempts_below`` times since the last `reclaim`.
    """
    async with db.acquire() as connection:
        row = await connection.fetchrow(_LEASE, run_id, chain, lane, owner, lease_s, attempts_below)
    if row is None:
        return None
    return ShardLease(run_id=run_id, shard_no=row["shard_no"], lane=lane, fence=row["fence"], pin=pin_of(row))


async def heartbeat(db: Database, lease: ShardLease, lease_s: float) -> bool:
    """Keep the lease for so long from now; False when it is lost."""
    async with db.acquire() as connection:
        done = await connection.execute(_HEARTBEAT, lease.run_id, lease.shard_no, lease.fence, lease_s)
    return done == "UPDATE 1"


async def load_keys(db: Database, lease: ShardLease) -> ShardKeys:
    """The keys of the shard, by line."""
    async with db.acquire() as connection:
        span = await connection.fetchrow(_RANGE, lease.run_id, lease.shard_no)
        assert span is not None
        named = await connection.fetch(_INSTRUMENTS, span["list_id"], span["chain"], lease.run_id)
        bounds = (span["list_id"], span["first_line"], span["last_line"], span["height_claimed"])
        blocks = await connection.fetchrow(_KEYS, *bounds, [row["instrument_no"] for row in named])
    assert blocks is not None
    assert blocks["keys"] == span["keys"], f"shard {lease.shard_no} was cut with {span['keys']}, not {blocks['keys']}"
    return _shard_keys(blocks, {row["instrument_no"]: row["instrument"] for row in named})


async def commit_shard(
    db: Database,
    lease: ShardLease,
    *,
    provider: str,
    operator: str,
    line_nos: npt.NDArray[np.int32],
    readings: Readings,
) -> None:
    """Write every reading of the shard and what is to be remarked of them, and end it, in one transaction.

    Raises LeaseLost, having written nothing.
    """
    assert len(line_nos) == len(readings.amounts), "one reading per line"
    block = readings.block
    async with db.transaction() as connection:
        row = await connection.fetchrow(
            _FINISH, lease.run_id, lease.shard_no, lease.fence, provider, operator, block.height, block.hash, block.time
        )
        if row is None:
            raise LeaseLost(f"shard {lease.shard_no} of run {lease.run_id}, fence {lease.fence}")
        source = Source(lease.run_id, lease.lane, lease.pin.pin_no, row["provider_id"], row["block_id"])
        amounts = PackedAmounts.of(readings.amounts)
        await _copy(connection, source, AMOUNT_COLUMNS, amount_rows(source, line_nos, amounts))
        if readings.failures:
            await _copy(connection, source, FAILURE_COLUMNS, failure_rows(source, line_nos, readings.failures))
        if readings.locked:
            await connection.copy_to_table(
                "locked", schema_name="ledger", columns=_LOCKED, source=_locked_rows(lease, line_nos, readings)
            )
        remarked = [
            Finding(Severity.WARNING, remark.kind, remark.detail, int(line_nos[index]))
            for index, remark in readings.remarks.items()
        ]
        await insert_findings(connection, remarked, run_id=lease.run_id)


async def release_shard(db: Database, lease: ShardLease, problem: str) -> None:
    """Give a shard back unread. Without effect when the lease is lost already."""
    async with db.acquire() as connection:
        await connection.execute(_RELEASE, lease.run_id, lease.shard_no, lease.fence, plain(problem))


async def explain(db: Database, run_id: int, chain: ChainId, lane: int, problem: str) -> None:
    """Say why the open shards of a lane are not going to be read."""
    async with db.acquire() as connection:
        await connection.execute(_EXPLAIN, run_id, chain, lane, plain(problem))


async def reclaim(db: Database, run_id: int) -> None:
    """Begin a sweep: take every lease back and forget failed attempts. Only for the run's single writer."""
    async with db.acquire() as connection:
        await connection.execute(_RECLAIM, run_id)


async def analyze(db: Database, run_id: int) -> None:
    """Tell the planner what was read: without, it takes 50,000 rows for one, and joins them one by one for minutes."""
    async with db.acquire() as connection:
        await connection.execute(f"ANALYZE ledger.readings_{run_id:d}")


async def progress(db: Database, run_id: int) -> list[ChainProgress]:
    """How far every chain and lane has come; shards of void pins do not count."""
    async with db.acquire() as connection:
        return [ChainProgress(**row) for row in await connection.fetch(_PROGRESS, run_id)]


async def _locked_rows(lease: ShardLease, line_nos: npt.NDArray[np.int32], readings: Readings) -> AsyncIterator[bytes]:
    prefix = f"{lease.run_id}\t{lease.pin.pin_no}\t{lease.lane}\t"
    yield encoded(
        [
            f"{prefix}{line_nos[index]}\t{held.value}\t{amount}\n"
            for index, classes in readings.locked.items()
            for held, amount in classes.items()
        ]
    )


def _shard_keys(blocks: asyncpg.Record, instrument_by_no: Mapping[int, Instrument]) -> ShardKeys:
    """The columns as they came. Several numbers of a list may stand for one instrument."""
    line_nos, instrument_nos, sizes = (
        np.frombuffer(blocks[name], ">i4") for name in ("line_nos", "instrument_nos", "sizes")
    )
    instruments = list(dict.fromkeys(instrument_by_no.values()))
    place_of = np.zeros(1 + max(instrument_by_no), np.int64)
    for number, instrument in instrument_by_no.items():
        place_of[number] = instruments.index(instrument)
    ends = np.cumsum(sizes, dtype=np.int64)
    return ShardKeys(
        line_nos=line_nos.astype(np.int32),
        keys=PackedKeys(blocks["addresses"], ends, instruments, place_of[instrument_nos]),
    )


async def _copy(connection: Connection, source: Source, columns: Sequence[str], rows: Iterator[bytes]) -> None:
    await connection.copy_to_table(
        f"readings_{source.run_id}", schema_name="ledger", columns=columns, format="binary", source=_pieces(rows)
    )


async def _pieces(rows: Iterator[bytes]) -> AsyncIterator[bytes]:
    """As asyncpg wants what it copies: it waits for the server after each piece."""
    for piece in rows:
        yield piece

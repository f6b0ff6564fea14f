"""Shards: leased to one worker at a time, committed whole and fenced, or given back with the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import islice

from chains.types import Address, BalanceKey, ChainId, Instrument, Readings
from indexer.model.findings import Finding, Severity
from indexer.model.run import ShardKeys, ShardLease
from indexer.store.database import Database
from indexer.store.findings import insert_findings
from indexer.store.runs.pinning import pin_of
from indexer.store.text import NULL, encoded, field, plain


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
RETURNING s.shard_no, s.fence, p.pin_no, p.chain, p.height_claimed, p.height, p.hash, p.time, p.live, p.problem
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
_RECLAIM = """
UPDATE ledger.shards SET state = 'open', lease_until = NULL, attempts = 0
WHERE run_id = $1 AND (state = 'leased' OR state = 'open' AND attempts > 0)
"""
_RANGE = """
SELECT r.list_id, s.first_line, s.last_line, s.chain, s.keys, p.height_claimed
FROM ledger.shards s JOIN ledger.runs r USING (run_id) JOIN ledger.pins p USING (run_id, pin_no)
WHERE s.run_id = $1 AND s.shard_no = $2
"""
_KEYS = """
SELECT l.line_no, l.address, i.instrument
FROM ledger.lines l
JOIN ledger.instruments i ON i.list_id = $1 AND i.instrument_no = l.instrument_no
WHERE l.list_id = $1 AND l.line_no BETWEEN $2 AND $3 AND i.chain = $4 AND i.unsupported IS NULL
    AND l.height IS NOT DISTINCT FROM $5 AND l.duplicate_of IS NULL AND l.rejected IS NULL
    AND NOT EXISTS (SELECT FROM ledger.exclusions x WHERE x.run_id = $6 AND x.instrument_no = l.instrument_no)
ORDER BY l.line_no
"""
_FINISH = "SELECT provider_id, block_id FROM ledger.finish_shard($1, $2, $3, $4, $5, $6, $7, $8)"
_PIECE = 1_000
_COLUMNS = ("run_id", "lane", "pin_no", "provider_id", "block_id", "line_no", "amount", "reason", "detail")
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
        bounds = (span["list_id"], span["first_line"], span["last_line"], span["chain"], span["height_claimed"])
        rows = await connection.fetch(_KEYS, *bounds, lease.run_id)
    assert len(rows) == span["keys"], f"shard {lease.shard_no} was cut with {span['keys']} keys, has {len(rows)}"
    return ShardKeys(
        line_nos=tuple(row["line_no"] for row in rows),
        keys=tuple(BalanceKey(Address(row["address"]), Instrument(row["instrument"])) for row in rows),
    )


async def commit_shard(
    db: Database, lease: ShardLease, *, provider: str, operator: str, line_nos: Sequence[int], readings: Readings
) -> None:
    """Write every reading of the shard and what is to be remarked of them, and end it, in one transaction.

    Raises LeaseLost, having written nothing.
    """
    block = readings.block
    async with db.transaction() as connection:
        row = await connection.fetchrow(
            _FINISH, lease.run_id, lease.shard_no, lease.fence, provider, operator, block.height, block.hash, block.time
        )
        if row is None:
            raise LeaseLost(f"shard {lease.shard_no} of run {lease.run_id}, fence {lease.fence}")
        prefix = f"{lease.run_id}\t{lease.lane}\t{lease.pin.pin_no}\t{row['provider_id']}\t{row['block_id']}\t"
        await connection.copy_to_table(
            f"readings_{lease.run_id}",
            schema_name="ledger",
            columns=_COLUMNS if readings.failures else _COLUMNS[:-2],
            source=_rows(prefix, line_nos, readings),
        )
        if readings.locked:
            await connection.copy_to_table(
                "locked", schema_name="ledger", columns=_LOCKED, source=_locked_rows(lease, line_nos, readings)
            )
        remarked = [
            Finding(Severity.WARNING, remark.kind, remark.detail, line_nos[index])
            for index, remark in readings.remarks.items()
        ]
        await insert_findings(connection, remarked, run_id=lease.run_id)


async def release_shard(db: Database, lease: ShardLease, problem: str) -> None:
    """Give a shard back unread. Without effect when the lease is lost already."""
    async with db.acquire() as connection:
        await connection.execute(_RELEASE, lease.run_id, lease.shard_no, lease.fence, plain(problem))


async def reclaim(db: Database, run_id: int) -> None:
    """Begin a sweep: take every lease back and forget failed attempts. Only for the run's single writer."""
    async with db.acquire() as connection:
        await connection.execute(_RECLAIM, run_id)


async def progress(db: Database, run_id: int) -> list[ChainProgress]:
    """How far every chain and lane has come; shards of void pins do not count."""
    async with db.acquire() as connection:
        return [ChainProgress(**row) for row in await connection.fetch(_PROGRESS, run_id)]


async def _locked_rows(lease: ShardLease, line_nos: Sequence[int], readings: Readings) -> AsyncIterator[bytes]:
    prefix = f"{lease.run_id}\t{lease.pin.pin_no}\t{lease.lane}\t"
    yield encoded(
        [
            f"{prefix}{line_nos[index]}\t{held.value}\t{amount}\n"
            for index, classes in readings.locked.items()
            for held, amount in classes.items()
        ]
    )


async def _rows(prefix: str, line_nos: Sequence[int], readings: Readings) -> AsyncIterator[bytes]:
    """One COPY row per key: an amount, or the reason why there is none. In pieces: the server works meanwhile.

    Without any failure the last two columns, reason and detail, are left out.
    """
    assert len(line_nos) == len(readings.amounts), "one reading per line"
    tail = f"\t{NULL}\t{NULL}\n"
    failures = readings.failures
    pairs = zip(line_nos, readings.amounts, strict=True)
    for start in range(0, len(line_nos), _PIECE):
        piece = islice(pairs, _PIECE)
        if not failures:
            yield encoded([f"{prefix}{line}\t{amount}\n" for line, amount in piece])
            continue
        rows = []
        for index, (line, amount) in enumerate(piece, start):
            if amount is None:
                failure = failures[index]
                rows.append(f"{prefix}{line}\t{NULL}\t{failure.reason.value}\t{field(failure.detail)}\n")
            else:
                rows.append(f"{prefix}{line}\t{amount}{tail}")
        yield encoded(rows)

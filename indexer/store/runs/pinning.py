"""Which block every network is read at, and the shards its claims are cut into."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import asyncpg

from chains.types import BlockRef, ChainId
from indexer.model.claims import InstrumentSpec
from indexer.model.run import ClaimGroup, Pin, RunState
from indexer.store.database import Database
from indexer.store.runs.opening import load_run
from indexer.store.text import plain

if TYPE_CHECKING:
    from indexer.store.database import Connection

_GROUPS = """
SELECT g.height, g.keys, i.published, i.asset, i.chain, i.instrument, i.decimals, i.scale, i.unsupported
FROM ledger.runs r
JOIN ledger.list_groups g USING (list_id)
JOIN ledger.instruments i USING (list_id, instrument_no)
WHERE r.run_id = $1 AND i.unsupported IS NULL
ORDER BY i.chain, g.height NULLS FIRST, g.instrument_no
"""
_PINS = """
SELECT pin_no, chain, height_claimed, height, hash, time, live, problem, height_wanted
FROM ledger.pins WHERE run_id = $1 AND voided IS NULL ORDER BY pin_no
"""
_UNREAD = "SELECT DISTINCT pin_no FROM ledger.shards WHERE run_id = $1 AND state NOT IN ('done', 'void')"
_SAVE = """
INSERT INTO ledger.pins AS p (run_id, pin_no, chain, height_claimed, height, hash, time, live, lanes, problem,
    height_wanted)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (run_id, pin_no) DO UPDATE
SET height = excluded.height, hash = excluded.hash, time = excluded.time, live = excluded.live,
    lanes = excluded.lanes, problem = excluded.problem, height_wanted = excluded.height_wanted
WHERE p.hash IS NULL AND p.voided IS NULL AND p.chain = excluded.chain
    AND p.height_claimed IS NOT DISTINCT FROM excluded.height_claimed
RETURNING pin_no
"""
_SAME_PIN = """
SELECT chain = $3 AND height_claimed IS NOT DISTINCT FROM $4 AND hash IS NOT DISTINCT FROM $5
FROM ledger.pins WHERE run_id = $1 AND pin_no = $2
"""
# A shard is a range of lines; of these, the keys are the claims of its group (see shards._KEYS).
_CUT = """
WITH groups AS (
    SELECT r.list_id, g.instrument_no, g.height, g.first_line, g.last_line
    FROM ledger.runs r
    JOIN ledger.list_groups g USING (list_id)
    JOIN ledger.instruments i USING (list_id, instrument_no)
    LEFT JOIN ledger.exclusions x USING (run_id, instrument_no)
    WHERE r.run_id = $1 AND i.chain = $3 AND i.unsupported IS NULL AND x.reason IS NULL
        AND g.height IS NOT DISTINCT FROM $4
), numbered AS (
    SELECT l.line_no, (row_number() OVER (ORDER BY l.line_no) - 1) / $5::bigint AS piece
    FROM ledger.lines l
    WHERE l.list_id = $6 AND l.instrument_no IN (SELECT instrument_no FROM groups)
        AND l.line_no BETWEEN (SELECT min(first_line) FROM groups) AND (SELECT max(last_line) FROM groups)
        AND l.height IS NOT DISTINCT FROM $4 AND l.duplicate_of IS NULL AND l.rejected IS NULL
), pieces AS (
    SELECT piece, min(line_no) AS first_line, max(line_no) AS last_line, count(*) AS keys FROM numbered GROUP BY piece
)
INSERT INTO ledger.shards (run_id, shard_no, pin_no, chain, lane, first_line, last_line, keys)
SELECT $1, (SELECT COALESCE(max(shard_no) + 1, 0) FROM ledger.shards WHERE run_id = $1) + piece * $7::int + lane,
    $2, $3, lane, first_line, last_line, keys
FROM pieces CROSS JOIN generate_series(0, $7::int - 1) AS lane
"""
_ONE_SHARD = 2**31
_EXCLUDE = """
INSERT INTO ledger.exclusions (run_id, instrument_no, reason)
SELECT r.run_id, i.instrument_no, $2 FROM ledger.runs r JOIN ledger.instruments i USING (list_id)
WHERE r.run_id = $1 AND i.chain = $3 AND i.instrument = $4 ON CONFLICT DO NOTHING
"""
_IS_CUT = """
SELECT EXISTS (
    SELECT FROM ledger.runs r
    JOIN ledger.instruments i USING (list_id) JOIN ledger.list_groups g USING (list_id, instrument_no)
    JOIN ledger.pins p ON p.run_id = r.run_id AND p.chain = i.chain AND p.voided IS NULL AND p.hash IS NOT NULL
        AND p.height_claimed IS NOT DISTINCT FROM g.height
    LEFT JOIN ledger.exclusions x ON x.run_id = r.run_id AND x.instrument_no = i.instrument_no
    WHERE r.run_id = $1 AND i.chain = $2 AND i.instrument = $3 AND x.reason IS NULL
)
"""


class RunFrozen(RuntimeError):
    """A published run does not change."""


async def claim_groups(db: Database, run_id: int) -> list[ClaimGroup]:
    """What has to be pinned: supported claims that are no duplicates, by network and published height."""
    grouped: defaultdict[tuple[ChainId, int | None], list[tuple[InstrumentSpec, int]]] = defaultdict(list)
    async with db.acquire() as connection:
        for row in await connection.fetch(_GROUPS, run_id):
            fields = dict(row)
            height, keys = fields.pop("height"), fields.pop("keys")
            grouped[row["chain"], height].append((InstrumentSpec(**fields), keys))
    return [
        ClaimGroup(chain, height, tuple(spec for spec, _ in members), sum(keys for _, keys in members))
        for (chain, height), members in grouped.items()
    ]


async def pins(db: Database, run_id: int) -> list[Pin]:
    """The pins that stand, by number; void ones are history."""
    async with db.acquire() as connection:
        return await pins_of(connection, run_id)


async def pins_of(connection: Connection, run_id: int) -> list[Pin]:
    return [pin_of(row) for row in await connection.fetch(_PINS, run_id)]


async def read_pins(db: Database, run_id: int) -> list[Pin]:
    """The pins that stand and of which every witness has read everything, by number."""
    async with db.acquire() as connection:
        unread = {row["pin_no"] for row in await connection.fetch(_UNREAD, run_id)}
        return [pin for pin in await pins_of(connection, run_id) if pin.block and pin.pin_no not in unread]


def pin_of(row: asyncpg.Record) -> Pin:
    """A pin from a row that has its columns."""
    block = None if row["hash"] is None else BlockRef(row["height"], row["hash"], row["time"])
    return Pin(
        row["pin_no"], row["chain"], row["height_claimed"], block, row["live"], row["problem"], row["height_wanted"]
    )


async def save_pin(db: Database, run_id: int, pin: Pin, keys_per_shard: int | None, lanes: int) -> None:
    """Keep a pin. With a block, its claims are cut into shards, once per lane, and the pin no longer changes.

    ``keys_per_shard`` None: all keys in one shard. The same pin again changes nothing. Raises RunFrozen.
    """
    async with db.transaction() as connection:
        await _hold_open(connection, run_id)
        await _save(connection, run_id, pin, keys_per_shard, lanes)


async def void_pin(
    db: Database, run_id: int, pin_no: int, reason: str, *, block: BlockRef, keys_per_shard: int | None, lanes: int
) -> Pin:
    """The pinned block is no longer part of the chain: pin the group to ``block`` instead, under a new number.

    Readings of the void pin stay, but never count again; its shards end, and whoever holds one loses the lease.
    Raises RunFrozen.
    """
    async with db.transaction() as connection:
        await _hold_open(connection, run_id)
        row = await connection.fetchrow(
            "UPDATE ledger.pins SET voided = $3 WHERE run_id = $1 AND pin_no = $2 AND voided IS NULL "
            "RETURNING chain, height_claimed, live, problem, height_wanted",
            run_id,
            pin_no,
            plain(reason) or "void",
        )
        assert row is not None, f"run {run_id} has no standing pin {pin_no}"
        await connection.execute(
            "UPDATE ledger.shards SET state = 'void', lease_until = NULL WHERE run_id = $1 AND pin_no = $2",
            run_id,
            pin_no,
        )
        next_no: int = await connection.fetchval("SELECT max(pin_no) + 1 FROM ledger.pins WHERE run_id = $1", run_id)
        wanted = row["height_wanted"]
        pin = Pin(next_no, row["chain"], row["height_claimed"], block, row["live"], row["problem"], wanted)
        await _save(connection, run_id, pin, keys_per_shard, lanes)
        return pin


async def exclude_instrument(db: Database, run_id: int, spec: InstrumentSpec, reason: str) -> None:
    """Never read this instrument in this run: its claims are `unavailable`, for this reason.

    To be said before its groups are pinned: what was cut into shards is going to be read. Raises RunFrozen.
    """
    async with db.transaction() as connection:
        await _hold_open(connection, run_id)
        is_cut = await connection.fetchval(_IS_CUT, run_id, spec.chain, spec.instrument)
        assert not is_cut, f"{spec.chain}/{spec.instrument} is already cut into shards"
        await connection.execute(_EXCLUDE, run_id, plain(reason), spec.chain, spec.instrument)


async def start_sweep(db: Database, run_id: int) -> None:
    """The run is `sweeping` once every group has a block. Pinned groups may be read before that: the state only tells.

    A frozen run stays what it is.
    """
    groups = {(group.chain, group.height) for group in await claim_groups(db, run_id)}
    pinned = {(pin.chain, pin.height_claimed) for pin in await pins(db, run_id) if pin.block is not None}
    if groups <= pinned:
        async with db.acquire() as connection:
            await connection.execute(
                "UPDATE ledger.runs SET state = 'sweeping' WHERE run_id = $1 AND state = 'planning'", run_id
            )


async def _hold_open(connection: Connection, run_id: int) -> None:
    """Keep the run from being frozen, or planned by somebody else, while this transaction lasts."""
    state = await connection.fetchval("SELECT state FROM ledger.runs WHERE run_id = $1 FOR UPDATE", run_id)
    if state is None:
        raise LookupError(f"there is no run {run_id}")
    if state == RunState.FROZEN:
        raise RunFrozen(f"run {run_id} is published and does not change")


async def _save(connection: Connection, run_id: int, pin: Pin, keys_per_shard: int | None, lanes: int) -> None:
    block = pin.block
    where = (None, None, None) if block is None else (block.height, block.hash, block.time)
    saved = await connection.fetchval(
        _SAVE,
        run_id,
        pin.pin_no,
        pin.chain,
        pin.height_claimed,
        *where,
        pin.live,
        lanes,
        plain(pin.problem),
        pin.height_wanted,
    )
    if saved is None:
        same = await connection.fetchval(_SAME_PIN, run_id, pin.pin_no, pin.chain, pin.height_claimed, where[1])
        assert same, f"pin {pin.pin_no} of run {run_id} has its block already, and another one"
        return
    if block is not None:
        run = await load_run(connection, run_id)
        size = _ONE_SHARD if keys_per_shard is None else keys_per_shard
        await connection.execute(_CUT, run_id, pin.pin_no, pin.chain, pin.height_claimed, size, run.list_id, lanes)

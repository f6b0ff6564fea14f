"""Bench `copy`: committing shards of readings, fenced and checked, against a bare COPY of the same rows.

The floor sends the very same bytes, made beforehand, to a table with the same columns and nothing else: no partition,
no check, no fence, one COPY per shard. COPY's text format, which most programs would write, stands beside it.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from chains.amounts import PackedAmounts
from chains.types import BlockRef, ChainId, Instrument, Readings
from indexer.model.claims import InstrumentSpec, ListSummary, RejectedLine, ReserveClaim
from indexer.model.run import Pin, ShardKeys, ShardLease
from indexer.store import lists, runs, shards
from indexer.store.database import Database, open_database
from indexer.store.embedded import until_stopped
from indexer.store.reading_rows import AMOUNT_COLUMNS, Source, amount_rows
from scripts.benches.measure import Figure, figure, interleaved

ROWS, SHARD = 240_000, 12_000  # the size of a shard of the EVM family
GOAL = 1.3
CHAIN = ChainId("eip155:1")
SPEC = InstrumentSpec("ETH", "ETH", CHAIN, Instrument("slip44:60"), 18, 18)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BLOCK = BlockRef(1, "0x" + "ab" * 32, NOW)


def amount(line_no: int) -> int:
    """Wei of a plausible size: twenty digits or so."""
    return int.from_bytes(hashlib.sha256(b"%d" % line_no).digest()[:9])


@dataclass(frozen=True)
class Batch:
    claims: list[ReserveClaim]
    rejected: tuple[RejectedLine, ...] = ()


@dataclass(frozen=True)
class Reader:
    """A made list of ROWS claims; ``salt`` makes it another one."""

    salt: int

    def __iter__(self) -> Iterator[Batch]:
        for start in range(1, ROWS + 1, 5_000):
            lines = range(start, min(start + 5_000, ROWS + 1))
            yield Batch([ReserveClaim(n, 0, None, f"0x{n:040x}", amount(n), None, "") for n in lines])

    @property
    def summary(self) -> ListSummary:
        digest = hashlib.sha256(b"%d" % self.salt).hexdigest()
        return ListSummary(digest, "bench", 0, ROWS, ROWS, 0, (SPEC,), (), ())


def run(rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        home = Path(name)
        home.chmod(0o755)
        figures = asyncio.run(_measure(home, rounds))
        asyncio.run(until_stopped(home / "data"))
        return figures


async def _measure(home: Path, rounds: int) -> list[Figure]:
    loop = asyncio.get_running_loop()
    async with open_database(dsn=None, data_dir=home / "data") as db:
        await _make_bare_table(db)
        salts = iter(range(1_000))

        def on_loop(seconds: asyncio.Future[float] | object) -> float:
            return asyncio.run_coroutine_threadsafe(seconds, loop).result()  # type: ignore[arg-type]

        subjects = {
            "commit": lambda: ROWS / on_loop(_committed(db, next(salts))),
            "floor": lambda: ROWS / on_loop(_bare(db, binary=True)),
            "text": lambda: ROWS / on_loop(_bare(db, binary=False)),
        }
        medians = await asyncio.to_thread(interleaved, subjects, rounds=rounds)
    return [
        figure(
            "copy",
            f"{ROWS} readings committed in shards of {SHARD}: time over a bare COPY",
            unit="x",
            value=medians["floor"] / medians["commit"],
            floor=1.0,
            goal=GOAL,
            better="lower",
        ),
        figure("copy", "readings committed", unit="rows/s", value=medians["commit"], floor=medians["floor"]),
        figure("copy", "the same rows as text, bare", unit="rows/s", value=medians["text"], floor=medians["floor"]),
    ]


async def _committed(db: Database, salt: int) -> float:
    """Seconds to commit every shard of a new run, one after the other; reading the keys is not part of it."""
    stored = await lists.import_list(db, exchange="bench", name="bench", config_digest="", reader=Reader(salt))
    opened = await runs.open_run(
        db, exchange="bench", list_id=stored.list_id, statement_id=None, as_of=None, quorum=1, policy="{}",
        code_version="bench", now=NOW,
    )  # fmt: skip
    await runs.save_pin(db, opened.run_id, Pin(0, CHAIN, None, BLOCK, live=False), SHARD, 1)
    work: list[tuple[ShardLease, ShardKeys, Readings]] = []
    while lease := await shards.lease_shard(db, run_id=opened.run_id, chain=CHAIN, lane=0, owner="bench", lease_s=600):
        keys = await shards.load_keys(db, lease)
        amounts = PackedAmounts.of([amount(line) for line in keys.line_nos.tolist()])
        work.append((lease, keys, Readings(BLOCK, amounts, {})))
    await _settle(db)
    start = time.perf_counter()
    for lease, keys, readings in work:
        await shards.commit_shard(
            db, lease, provider="bench", operator="bench", line_nos=keys.line_nos, readings=readings
        )
    return time.perf_counter() - start


async def _make_bare_table(db: Database) -> None:
    async with db.acquire() as connection:
        await connection.execute(
            "CREATE TABLE public.bare (run_id int, lane smallint, pin_no smallint, provider_id int, block_id int, "
            "line_no int, amount numeric, reason text, detail text)"
        )


async def _bare(db: Database, *, binary: bool) -> float:
    encode = _binary if binary else _text
    pieces = [encode(range(start, start + SHARD)) for start in range(1, ROWS + 1, SHARD)]
    async with db.acquire() as connection:
        await connection.execute("TRUNCATE public.bare")
        await _settle(db)
        start = time.perf_counter()
        for piece in pieces:
            await connection.copy_to_table(
                "bare",
                schema_name="public",
                columns=AMOUNT_COLUMNS,
                format="binary" if binary else "text",
                source=_once(piece),
            )
        return time.perf_counter() - start


def _binary(lines: range) -> bytes:
    amounts = PackedAmounts.of([amount(n) for n in lines])
    return b"".join(amount_rows(Source(1, 0, 0, 1, 1), np.array(lines, np.int32), amounts))


def _text(lines: range) -> bytes:
    return "".join(f"1\t0\t0\t1\t1\t{n}\t{amount(n)}\n" for n in lines).encode()


async def _once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


async def _settle(db: Database) -> None:
    """Write out what came before, so that nobody pays for his predecessor."""
    async with db.acquire() as connection:
        await connection.execute("CHECKPOINT")

"""Bench `import`: a list of a third of a million addresses, into the store and planned; and the memory it takes.

The list is the widest published one (336,219 BitMEX addresses) where the published data is at hand, else one made here
in the same proportions. The floor is a bare COPY of the same fields into a table without index or check.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg

from chains.codec import base58check, bech32
from indexer.store.embedded import embedded_server, until_stopped
from scripts.benches.measure import Figure, figure, interleaved, said_by

ROWS, HEIGHT = 336_219, 763_269
GOAL_ROWS_S, GOAL_MB = 50_000, 400
_SHARED = Path(os.environ.get("ASSAY_SHARED") or Path(__file__).resolve().parents[3] / "shared")


def run(rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        home = Path(name)
        home.chmod(0o755)
        path = home / "list.csv"
        rows = _write(path)
        figures = asyncio.run(_measure(home, path, rows, rounds))
        asyncio.run(until_stopped(home / "data"))
        return figures


async def _measure(home: Path, path: Path, rows: int, rounds: int) -> list[Figure]:
    async with embedded_server(home / "data") as dsn:
        megabytes: dict[str, list[float]] = {"import": [], "idle": []}

        def imported() -> float:
            said = _child("import", path, dsn)
            megabytes["import"].append(said["peak_mb"])
            return rows / said["seconds"]

        def floor() -> float:
            return rows / asyncio.run(_bare_copy(dsn, path))

        medians = await asyncio.to_thread(interleaved, {"import": imported, "floor": floor}, rounds=rounds)
        megabytes["idle"].append(_child("idle", path, dsn)["peak_mb"])
    return [
        figure(
            "import",
            f"{rows} rows imported and planned",
            unit="rows/s",
            value=medians["import"],
            floor=medians["floor"],
            goal=GOAL_ROWS_S,
        ),
        figure(
            "import",
            "peak memory",
            unit="MB",
            value=max(megabytes["import"]),
            floor=max(megabytes["idle"]),
            goal=GOAL_MB,
            better="lower",
        ),
    ]


def _child(what: str, path: Path, dsn: str) -> dict[str, float]:
    return said_by("-m", "scripts.benches.import_child", what, str(path), str(time.monotonic_ns()), ASSAY_DSN=dsn)


async def _bare_copy(dsn: str, path: Path) -> float:
    """Seconds to send the same fields to the server, ready made, into a bare table."""
    with path.open(newline="") as file:
        fields = [f"{n}\t{row[2]}\t{row[3]}\n" for n, row in enumerate(csv.reader(file))][1:]
    pieces = ["".join(fields[start : start + 2_000]).encode() for start in range(0, len(fields), 2_000)]

    async def source() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE bare (line_no integer, address text, amount numeric)")
        start = time.perf_counter()
        await connection.copy_to_table("bare", source=source(), format="text")
        seconds = time.perf_counter() - start
        await connection.execute("DROP TABLE bare")
    finally:
        await connection.close()
    return seconds


def _write(path: Path) -> int:
    with path.open("w") as file:
        file.write("network,asset,address,amount,height\n")
        rows = 0
        for number, address in enumerate(_addresses()):
            file.write(f"Bitcoin,BTC,{address},{number % 977}.{number % 10**8:08d},{HEIGHT}\n")
            rows += 1
    return rows


def _addresses() -> Iterator[str]:
    published = _SHARED / "data" / "addresses" / "addresses.csv.gz"
    if published.exists():
        with gzip.open(published, "rt") as file:
            yield from (row[2] for row in csv.reader(file) if row[:2] == ["bitmex", "bitcoin"])
        return
    chance = random.Random(ROWS)
    for number in range(ROWS):
        if number % 11:
            yield base58check.encode(b"\x05" + chance.randbytes(20))
        else:
            yield bech32.encode_segwit("bc", 0, chance.randbytes(32))

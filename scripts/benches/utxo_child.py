"""One reading of a dump file in a process of its own: ``utxo_child WHAT FILE SCRIPTS`` prints its pace and peak memory.

WHAT is a number of processes for the compiled reader, `python` for the plain one, or `skip` for a bare walk that only
finds where each coin ends. SCRIPTS: a file of one script in hexadecimal a line.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chains.utxo.dump import Rules, read_dump, read_header
from chains.utxo.dump.kernel import njit
from scripts.benches.utxo_file import BLOCK_HASH, HEIGHT


class Measured(NamedTuple):
    """``start_s``: until the first coin. ``coins_per_s``: from then on, part after part; ``coins_per_cpu_s``: the same
    for each second of this process's own CPU, which says nothing where others do the work."""

    start_s: float
    coins_per_s: float
    coins_per_cpu_s: float


@njit()
def _skip(data: NDArray[np.uint8], p: int, end: int) -> int:
    """Coins of a file in groups: sizes are read, nothing else."""
    left = coins = 0
    while p < end:
        if left == 0:
            left = int(data[p + 32])
            p += 33
        p += 1
        left -= 1
        for _ in range(2):
            while data[p] & 0x80:
                p += 1
            p += 1
        size = int(data[p] & 0x7F)
        while data[p] & 0x80:
            p += 1
            size = ((size + 1) << 7) | int(data[p] & 0x7F)
        p += 1
        p += 20 if size < 2 else 32 if size < 6 else size - 6
        coins += 1
    return coins


def skip(path: Path) -> Measured:
    header = read_header(path)
    data: Any = np.fromfile(path, np.uint8)
    _skip(data[: header.body_at], header.body_at, header.body_at)
    start, cpu = time.perf_counter(), time.process_time()
    coins = _skip(data, header.body_at, header.size)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    if coins != header.coins:
        raise RuntimeError(f"{coins} coins of {header.coins}")
    return Measured(0.0, coins / seconds, coins / cpu)


def read(path: Path, scripts: Path, what: str) -> Measured:
    watched = [bytes.fromhex(line) for line in scripts.read_text().splitlines()]
    seen: list[tuple[float, float, int]] = []
    start = time.perf_counter()
    read_dump(
        path,
        watched,
        Rules(HEIGHT),
        block_hash=BLOCK_HASH,
        engine_name="python" if what == "python" else "numba",
        processes=1 if what == "python" else int(what),
        progress=lambda progress: seen.append((time.perf_counter(), time.process_time(), progress.coins)),
    )
    (first, cpu_first, before), (last, cpu_last, after) = seen[0], seen[-1]
    pace = (after - before) / (last - first)
    return Measured(first - start - before / pace, pace, (after - before) / max(1e-9, cpu_last - cpu_first))


if __name__ == "__main__":
    what, path, scripts = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    measured = skip(path) if what == "skip" else read(path, scripts, what)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    each = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    helpers = int(what) if what.isdigit() and what != "1" else 0
    print(json.dumps({**measured._asdict(), "peak_mb": (own + helpers * each) / 1024}))

"""One pass over a list in a process of its own: ``python -m scripts.benches.ownership_child verify|floor LIST ROWS``.

Prints {"seconds": ..., "peak_mb": ...}; the memory is this process's and, for each of its children, the largest one's.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from chains.ownership.types import Verdict
from indexer.settings import load
from indexer.work.ownership import verify_list
from scripts.benches.ownership_rows import rows

CORES = len(os.sched_getaffinity(0))


def verify(path: Path, count: int) -> float:
    settings = load({})
    start = time.perf_counter()
    report = verify_list(path, book=settings.ownership, names=settings.names, listed_max=1_000)
    seconds = time.perf_counter() - start
    if report.count(Verdict.OWNED) != count:
        raise RuntimeError(f"{report.count(Verdict.OWNED)} of {count} rows owned: {report.not_owned[:1]}")
    return seconds


def floor(count: int) -> float:
    """The slowest of as many processes as there are cores, each with its share of the rows."""
    share = -(-count // CORES)
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn"), initializer=rows) as pool:
        return max(pool.map(_bare, [share] * CORES))


def _bare(count: int) -> float:
    checks = [check for _, check in rows()]
    start = time.perf_counter()
    for number in range(count):
        if not checks[number % len(checks)]():
            raise RuntimeError("an honest row was refused")
    return time.perf_counter() - start


if __name__ == "__main__":
    what, path, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    seconds = verify(path, count) if what == "verify" else floor(count)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    each = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_mb": (own + CORES * each) / 1024}))

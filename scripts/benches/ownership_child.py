"""One pass over a list in a process of its own: ``main(["verify" or "floor", LIST, ROWS])``.

Like the script of `assay`, that of this process imports nothing that its processes, which import it again, do not need.
Prints {"seconds": ..., "cpu_s": ..., "peak_mb": ...}: wall clock; processor time of all processes, for `verify` with
their start, for the floor without; the memory of this process and, for each of its children, the largest one's.
"""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from chains.ownership.types import Verdict
from indexer.settings import load
from indexer.work.ownership import verify_list
from scripts.benches.ownership_rows import rows

CORES = len(os.sched_getaffinity(0))


def verify(path: Path, count: int) -> tuple[float, float]:
    """(seconds, processor seconds)"""
    settings = load({})
    start, spent = time.perf_counter(), _cpu_s()
    report = verify_list(path, book=settings.ownership, names=settings.names, listed_max=1_000)
    seconds = time.perf_counter() - start
    if report.count(Verdict.OWNED) != count:
        raise RuntimeError(f"{report.count(Verdict.OWNED)} of {count} rows owned: {report.not_owned[:1]}")
    return seconds, _cpu_s() - spent


def floor(count: int) -> tuple[float, float]:
    """The slowest of as many processes as there are cores, each with its share of the rows; what all of them spent."""
    share = -(-count // CORES)
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn"), initializer=rows) as pool:
        told = list(pool.map(_bare, [share] * CORES))
    return max(seconds for seconds, _ in told), sum(spent for _, spent in told)


def _cpu_s() -> float:
    """Of this process and of all its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _bare(count: int) -> tuple[float, float]:
    checks = [check for _, check in rows()]
    start, spent = time.perf_counter(), time.process_time()
    for number in range(count):
        if not checks[number % len(checks)]():
            raise RuntimeError("an honest row was refused")
    return time.perf_counter() - start, time.process_time() - spent


def main(given: Sequence[str]) -> None:
    what, path, count = given[0], Path(given[1]), int(given[2])
    seconds, cpu_s = verify(path, count) if what == "verify" else floor(count)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    each = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"seconds": seconds, "cpu_s": cpu_s, "peak_mb": (own + CORES * each) / 1024}))

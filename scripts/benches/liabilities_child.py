"""One piece of the liabilities bench in a process of its own: prints seconds, CPU seconds and peak MiB."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from scripts.benches.liabilities import commit_users, verify_tree

SAMPLE_S = 0.05


def main(name: str, path: Path, out: Path) -> None:
    done = threading.Event()
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(done, peak))
    watcher.start()
    begun = time.perf_counter()
    if name == "commit":
        commit_users(path, out)
    elif name != "nothing":
        verify_tree(path)
    wall = time.perf_counter() - begun
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    done.set()
    watcher.join()
    print(wall, sum(each.ru_utime + each.ru_stime for each in used), peak[0] / 2**10)


def _watch(done: threading.Event, peak: list[int]) -> None:
    while True:
        peak[0] = max(peak[0], sum(map(_pss_kib, _family(os.getpid()))))
        if done.wait(SAMPLE_S):
            return


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    below: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            below += [each for child in children.read_text().split() for each in _family(int(child))]
    return [pid, *below]


def _pss_kib(pid: int) -> int:
    """Its memory, with pages that are shared counted once among all who share them; 0 for one that has just ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

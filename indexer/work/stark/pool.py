"""Work on many segments in several processes, results in order.

Processes are spawned, not forked (the caller may hold threads and open sockets), and do not outlive their parent.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2  # per process: enough that none waits


class Ended(OSError):
    """A process was ended from outside: nothing is lost, run again."""


def spread(work: Callable[[Item], Result], items: Iterable[Item], *, processes: int | None = None) -> Iterator[Result]:
    """``work(item)`` of each, in order; one item, or one process, needs no pool. Blocks: not for the event loop."""
    rest, count = iter(items), processes or len(os.sched_getaffinity(0))
    first = list(islice(rest, 2))
    if count == 1 or len(first) < 2:
        yield from map(work, chain(first, rest))
        return
    waiting: deque[Future[Result]] = deque()
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin) as pool:
        try:
            for item in chain(first, rest):
                waiting.append(pool.submit(work, item))
                if len(waiting) >= count * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise Ended("a process ended before it had answered (out of memory?): run the same command again") from None
        finally:
            for answer in waiting:
                answer.cancel()


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

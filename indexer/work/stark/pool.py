"""One function over many segments in several processes, results in order; what all share is sent once.

Processes are spawned, not forked: the caller may hold threads and open sockets.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import Any, TypeVar

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2  # per process: enough that none waits

_work: Callable[[Any], Any] | None = None


def each(
    function: Callable[[Shared, Item], Result], shared: Shared, items: Iterable[Item], *, processes: int | None = None
) -> Iterator[Result]:
    """``function(shared, item)``, in the order of the items; one item, or one process, needs no pool."""
    rest = iter(items)
    first = list(islice(rest, 2))
    count = processes or len(os.sched_getaffinity(0))
    if count == 1 or len(first) < 2:
        for item in (*first, *rest):
            yield function(shared, item)
        return
    waiting: deque[Future[Result]] = deque()
    context = get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(function, shared)) as pool:
        try:
            for item in (*first, *islice(rest, count * AHEAD - 2)):
                waiting.append(pool.submit(_answer, item))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(_answer, item) for item in islice(rest, 1))
        finally:
            for answer in waiting:
                answer.cancel()


def _begin(function: Callable[[Any, Any], Any], shared: Any) -> None:
    global _work  # noqa: PLW0603 - once per process, before its first item
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    _work = lambda item: function(shared, item)  # noqa: E731


def _answer(item: Any) -> Any:
    assert _work is not None, "the initializer ran"
    return _work(item)

"""CPU work on every core: lines in chunks to processes, what became of each chunk back in the order of the list.

Processes are spawned, not forked: the caller may hold threads, a database and open sockets.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar, cast

from indexer.work.ownership_tally import Line

CHUNK_LINES = 1_000
CHUNKS_AHEAD = 3  # per process: enough that none waits, few enough that memory stays flat
Result = TypeVar("Result")
Work = Callable[[list[Line]], Result]

_work: Callable[[list[Line]], object] | None = None


def in_processes(work: Work[Result], lines: Iterable[Line], *, processes: int | None = None) -> Generator[Result]:
    """``work`` on each chunk of lines, in their order; it is pickled once per process. Blocks: not for the event loop.

    A list of one chunk needs no process.
    """
    rest = iter(lines)
    first, second = _chunk(rest), _chunk(rest)
    if not second:
        if first:
            yield work(first)
        return
    count = processes or len(os.sched_getaffinity(0))
    waiting: deque[Future[Result]] = deque()
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin, initargs=(work,)) as pool:
        try:
            chunk = first
            while chunk or waiting:
                while chunk and len(waiting) < count * CHUNKS_AHEAD:
                    waiting.append(pool.submit(cast("Work[Result]", _answer), chunk))
                    chunk, second = second or _chunk(rest), []
                yield waiting.popleft().result()
        finally:
            for answer in waiting:
                answer.cancel()


def _chunk(lines: Iterator[Line]) -> list[Line]:
    return list(islice(lines, CHUNK_LINES))


def _begin(work: Callable[[list[Line]], object]) -> None:
    global _work  # noqa: PLW0603 - once per process, before its first chunk
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    _work = work


def _answer(chunk: list[Line]) -> object:
    assert _work is not None, "the initializer ran"
    return _work(chunk)

"""Signature checks on every core: lines in chunks to processes, their tallies back in the order of the list.

Processes are spawned, not forked: the caller may hold threads, a database and open sockets.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from indexer.work.ownership_tally import Judge, Line, Tally

CHUNK_LINES = 1_000
CHUNKS_AHEAD = 3  # per process: enough that none waits, few enough that memory stays flat

_judge: Judge | None = None


def tallies(judge: Judge, lines: Iterable[Line], *, processes: int | None = None) -> Iterator[Tally]:
    """One tally a chunk, in the order of the lines. Blocks: not for the event loop.

    A list of one chunk needs no process.
    """
    rest = iter(lines)
    first, second = _chunk(rest), _chunk(rest)
    if not second:
        if first:
            yield judge.tally(first)
        return
    count = processes or len(os.sched_getaffinity(0))
    waiting: deque[Future[Tally]] = deque()
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin, initargs=(judge,)) as pool:
        try:
            chunk = first
            while chunk or waiting:
                while chunk and len(waiting) < count * CHUNKS_AHEAD:
                    waiting.append(pool.submit(_answer, chunk))
                    chunk, second = second or _chunk(rest), []
                yield waiting.popleft().result()
        finally:
            for answer in waiting:
                answer.cancel()


def _chunk(lines: Iterator[Line]) -> list[Line]:
    return list(islice(lines, CHUNK_LINES))


def _begin(judge: Judge) -> None:
    global _judge  # noqa: PLW0603 - once per process, before its first chunk
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    _judge = judge


def _answer(chunk: list[Line]) -> Tally:
    assert _judge is not None, "the initializer ran"
    return _judge.tally(chunk)

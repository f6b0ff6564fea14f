"""CPU work on every core: pieces of a list to processes, what became of each piece back in the order of the list.

The processes do not outlive their parent, however it ends (see processes.py).
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from itertools import chain
from typing import TypeVar, cast

from indexer.intake.ownership_rows import Piece
from indexer.work.processes import workers

PIECE_LINES = 1_000
GC_THRESHOLD = 100_000
PIECES_AHEAD = 4  # per process: enough that none waits, few enough that memory stays flat
Result = TypeVar("Result")
Work = Callable[[Piece], Result]

_work: Callable[[Piece], object] | None = None


def in_processes(work: Work[Result], pieces: Iterable[Piece], *, processes: int | None = None) -> Generator[Result]:
    """``work`` on each piece, in their order; it is pickled once per process. Blocks: not for the event loop.

    A list of one piece needs no process.
    """
    rest = iter(pieces)
    first, second = next(rest, None), next(rest, None)
    if second is None:
        if first is not None:
            yield work(first)
        return
    count = processes or len(os.sched_getaffinity(0))
    waiting: deque[Future[Result]] = deque()
    with workers(count, _begin, work) as pool:
        try:
            for piece in chain((first, second), rest):
                assert piece is not None, "there are two"
                waiting.append(pool.submit(cast("Work[Result]", _answer), piece))
                if len(waiting) >= count * PIECES_AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for answer in waiting:
                answer.cancel()


def _begin(work: Callable[[Piece], object]) -> None:
    global _work  # noqa: PLW0603 - once per process, before its first piece
    gc.freeze()  # what was made until now stays; rows make no cycles, and looking for some costs a tenth of the time
    gc.set_threshold(GC_THRESHOLD)
    _work = work


def _answer(piece: Piece) -> object:
    assert _work is not None, "the initializer ran"
    return _work(piece)

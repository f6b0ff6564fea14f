"""Work that would hold up the event loop, in a process of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from typing import Self, TypeVar, cast

T = TypeVar("T")
Chunk = TypeVar("Chunk")
AHEAD = 4  # chunks per process: enough that none waits, few enough that memory stays flat
GC_THRESHOLD = 100_000
FEW = 8  # chunks that are done sooner than processes could be started


class Ended(OSError):
    """A process was ended from outside before it had answered: nothing is lost, run again."""


async def in_process(work: Callable[..., T], *given: object) -> T:
    """``work(*given)`` in a process of its own, which ends with this call; both must pickle.

    What it raises is raised here; Ended where it gives no answer.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, work, given))
    process.start()
    sender.close()
    try:
        answer, error = await asyncio.to_thread(receiver.recv)
    except EOFError:
        raise Ended("a process that was at work for this command was ended from outside") from None
    finally:
        process.terminate()  # a cancelled call: the thread that waits for the answer then ends, too
        process.join()
    if error is not None:
        raise error
    return cast(T, answer)


def _answer(sender: Connection, work: Callable[..., object], given: tuple[object, ...]) -> None:
    _begin()
    try:
        answer, error = work(*given), None
    except Exception as raised:
        answer, error = None, raised
    sender.send((answer, error))
    sender.close()


class Crew:
    """Processes started when there is enough work for them; little is done right here. They leave an interrupt to
    their parent and do not outlive it.

    Spawned, not forked: the caller may hold threads, a database and open sockets. Fewer than ``few`` chunks (FEW) are
    little.
    """

    def __init__(self, *, processes: int | None = None, few: int | None = None) -> None:
        self._count, self._few = processes or len(os.sched_getaffinity(0)), few or FEW
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def spread(self, work: Callable[[Chunk], T], chunks: Iterable[Chunk]) -> Generator[T]:
        """``work(chunk)`` for each chunk, in their order, on all cores. Blocks: not for the event loop.

        Each process unpickles the work once, so it may hold what is slow to make. Raises Ended where a process gives no
        answer.
        """
        rest = iter(chunks)
        few = list(islice(rest, self._few))
        if self._pool is None and (len(few) < self._few or self._count == 1):
            yield from map(work, chain(few, rest))
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._count, mp_context=get_context("spawn"), initializer=_begin)
        pickled = pickle.dumps(work)
        waiting: deque[Future[T]] = deque()
        try:
            for chunk in chain(few, rest):
                waiting.append(self._pool.submit(cast("Callable[[bytes, Chunk], T]", _do), pickled, chunk))
                if len(waiting) >= self._count * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise Ended("a process ended before it had answered (out of memory?): run the same command again") from None


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()  # what was made until now stays; our work makes few cycles, and looking for them costs a tenth of it
    gc.set_threshold(GC_THRESHOLD)


def _do(pickled: bytes, chunk: object) -> object:
    return _work(pickled)(chunk)


@lru_cache(maxsize=2)
def _work(pickled: bytes) -> Callable[[object], object]:
    return cast("Callable[[object], object]", pickle.loads(pickled))  # noqa: S301 - by our own parent


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

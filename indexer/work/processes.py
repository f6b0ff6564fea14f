"""Work that would hold up the event loop, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def workers(count: int, begin: Callable[..., None] | None = None, *given: object) -> ProcessPoolExecutor:
    """Processes that leave an interrupt to their parent and do not outlive it; ``begin(*given)`` runs once in each.

    Spawned, not forked: the caller may hold threads, a database and open sockets.
    """
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin, initargs=(begin, given))


async def in_process(work: Callable[..., T], *given: object) -> T:
    """``work(*given)`` in a process of its own; both must pickle, and what it raises is raised here."""
    pool = workers(1)
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, work, *given)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(begin: Callable[..., None] | None, given: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*given)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

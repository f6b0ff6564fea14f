"""Signature checks on every core: rows in chunks to processes, verdicts back in the order of the rows.

Processes are spawned, not forked: the caller may hold threads, a database and open sockets.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import TypeAlias

from chains.ownership.book import Book, KindSpec
from chains.ownership.types import OwnershipClaim, OwnershipResult

CHUNK_ROWS = 1_000
CHUNKS_AHEAD = 3  # per process: enough that none waits, few enough that memory stays flat
Question: TypeAlias = tuple[str, str, OwnershipClaim]
"""(coin, network, claim)"""

_book: Book | None = None


def verify_all(
    kinds: Sequence[KindSpec], questions: Iterable[Question], *, processes: int | None = None
) -> Iterator[list[OwnershipResult]]:
    """The results, chunk by chunk, in the order of the questions. Blocks: not for the event loop.

    A list of one chunk needs no process.
    """
    rows = iter(questions)
    first, second = _chunk(rows), _chunk(rows)
    if not second:
        if first:
            yield verify_chunk(Book(kinds), first)
        return
    count = processes or len(os.sched_getaffinity(0))
    waiting: deque[Future[list[OwnershipResult]]] = deque()
    with ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_begin, initargs=(tuple(kinds),)
    ) as pool:
        try:
            chunk = first
            while chunk or waiting:
                while chunk and len(waiting) < count * CHUNKS_AHEAD:
                    waiting.append(pool.submit(_answer, chunk))
                    chunk, second = second or _chunk(rows), []
                yield waiting.popleft().result()
        finally:
            for answer in waiting:
                answer.cancel()


def verify_chunk(book: Book, chunk: Sequence[Question]) -> list[OwnershipResult]:
    return [book.verify(coin, network, claim) for coin, network, claim in chunk]


def _chunk(rows: Iterator[Question]) -> list[Question]:
    return list(islice(rows, CHUNK_ROWS))


def _begin(kinds: tuple[KindSpec, ...]) -> None:
    global _book  # noqa: PLW0603 - once per process, before its first chunk
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    _book = Book(kinds)


def _answer(chunk: list[Question]) -> list[OwnershipResult]:
    assert _book is not None, "the initializer ran"
    return verify_chunk(_book, chunk)

"""Parts read by several processes, in the order they were asked for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

from chains.errors import ChainError
from chains.utxo.dump.engine import Name, engine
from chains.utxo.dump.errors import DumpRefused
from chains.utxo.dump.finished import Finished
from chains.utxo.dump.part import Job, Part, Task, read_part


@dataclass(frozen=True, slots=True)
class Reading:
    """What makes a reader, in any process. ``finished``: where parts are kept, or None."""

    task: Task
    name: Name | None
    finished: Finished | None


class Reader:
    """Reads parts of one file, and takes those that are finished from their folder."""

    def __init__(self, reading: Reading) -> None:
        self._task, self._finished = reading.task, reading.finished
        self._engine = engine(reading.name)
        self._index = self._engine.index(reading.task.watched)

    def __call__(self, job: Job) -> Part | DumpRefused:
        """A refusal is an answer: it may come of a wrong cut, which only who joins the parts can know."""
        done = self._finished.load(*job) if self._finished else None
        if done is not None:
            return done
        try:
            with self._task.path.open("rb") as file:
                part = read_part(file, self._task, job, self._engine, self._index)
        except DumpRefused as refused:
            return refused
        if self._finished and not part.miscut:
            self._finished.save(part)
        return part


_reader: Reader | None = None


def read_all(reading: Reading, jobs: Sequence[Job], processes: int | None) -> Iterator[Part | DumpRefused]:
    """One answer a job. Processes are spawned, not forked: the caller may hold threads and sockets.

    Raises ChainError when one of them is killed; what was finished is kept, as far as there is a folder for it.
    """
    count = min(processes or len(os.sched_getaffinity(0)), len(jobs))
    if count == 1:
        yield from map(Reader(reading), jobs)
        return
    with ProcessPoolExecutor(count, get_context("spawn"), initializer=_begin, initargs=(reading,)) as pool:
        answers = [pool.submit(_answer, job) for job in jobs]
        try:
            for answer in answers:
                yield answer.result()
        except BrokenProcessPool:
            raise ChainError("a process that read the dump file was ended from outside: out of memory?") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(reading: Reading) -> None:
    global _reader  # noqa: PLW0603 - once per process, before its first part
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    _reader = Reader(reading)


def _answer(job: Job) -> Part | DumpRefused:
    assert _reader is not None, "the initializer ran"
    return _reader(job)

"""One part of a dump file, read through a window of bounded size: what it holds, or what is wrong with it and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from chains.utxo.dump import hidden
from chains.utxo.dump.coins import Coins, joined, taken
from chains.utxo.dump.engine import Engine
from chains.utxo.dump.errors import DumpRefused, Fault
from chains.utxo.dump.header import Header
from chains.utxo.dump.rules import Rules
from chains.utxo.dump.walk import AT, COINS, FOUND, HEAD_MAX, SCRIPT_MAX, TOTAL, Limits, new_found, new_state
from chains.utxo.dump.watch import Watched

Job = tuple[int, int]
"""(start, stop) in the file."""
WINDOW_BYTES = 8 * 1024 * 1024
_FOUND_ROOM = 64 * 1024
assert WINDOW_BYTES > HEAD_MAX + SCRIPT_MAX, "any coin fits into the window"


@dataclass(frozen=True, slots=True)
class Part:
    """All coins from byte ``start`` to ``stop``, counted and added up, and the watched ones among them.

    ``first_txid``, ``last_txid`` let parts be joined. ``miscut``: ``stop`` is no place between two transactions, and
    nothing else of this part is of use.
    """

    start: int
    stop: int
    count: int
    total: int
    first_txid: bytes
    last_txid: bytes
    coins: Coins
    miscut: bool = False


class _Window:
    """``block``: the bytes of the file from ``base`` on; behind the last ones of the file stand HEAD_MAX zeros."""

    def __init__(self, file: BinaryIO, start: int, bound: int, size: int) -> None:
        self._file, self._bound, self._size = file, bound, size
        self._buffer = np.empty(min(WINDOW_BYTES, bound - start) + HEAD_MAX, np.uint8)
        self.base, self.end = start, 0
        file.seek(start)
        self.move(0)

    @property
    def at_bound(self) -> bool:
        return self.base + self.end == self._bound

    def move(self, forward: int) -> None:
        """Drops bytes at the front and fills up at the end. Raises DumpRefused where the file has become shorter."""
        self._buffer[: self.end - forward] = self._buffer[forward : self.end].copy()
        self.base, self.end = self.base + forward, self.end - forward
        room = self._buffer.data[self.end : min(WINDOW_BYTES, self._bound - self.base)]
        read = self._file.readinto(room) if room.nbytes else 0  # type: ignore[attr-defined]
        if read < room.nbytes:
            raise DumpRefused(Fault.TRUNCATED, self.base + self.end + read, "it became shorter while it was read")
        self.end += read
        padded = self.end
        if self.base + self.end == self._size:
            padded += HEAD_MAX
            self._buffer[self.end : padded] = 0
        self.block: NDArray[np.uint8] = self._buffer[:padded]


@dataclass(frozen=True, slots=True)
class Task:
    """What is the same for every part of a file."""

    path: Path
    header: Header
    rules: Rules
    watched: Watched


def read_part(file: BinaryIO, task: Task, job: Job, engine: Engine, index: Any) -> Part:
    """The start of the job must be right; whether its stop is, is found out. Raises DumpRefused, OSError."""
    (start, stop), header, rules = job, task.header, task.rules
    wants_keys = bool(task.watched.by_key_hash)
    limits = Limits(
        0, 0, header.coins, rules.height, rules.flags, header.grouped, rules.pegouts, wants_keys, rules.tokens
    )
    found, state = new_found(_FOUND_ROOM), new_state()
    pieces: list[Coins] = []
    window = _Window(file, start, min(header.size, stop + HEAD_MAX + SCRIPT_MAX), header.size)
    first_txid = window.block[:32].tobytes()
    while True:
        here = limits._replace(end=window.end, stop=stop - window.base)
        fault = Fault(engine.walk(window.block, here, state, index, found))
        same_key = hidden.resolve(window.block, found, int(state.numbers[FOUND]), window.base, task.watched)
        pieces.append(taken(found, same_key, rules))
        at, state.numbers[FOUND] = int(state.numbers[AT]), 0
        if fault == Fault.MORE and not window.at_bound:
            window.move(at)
            state.numbers[AT] = 0
        elif fault != Fault.FULL:
            break
    place = window.base + at
    if fault > Fault.STOPPED and place < header.size:
        raise DumpRefused(fault, place)
    if fault != Fault.STOPPED and window.base + window.end == header.size:
        raise DumpRefused(Fault.TRUNCATED, header.size)
    return Part(
        start=start,
        stop=stop,
        count=int(state.numbers[COINS]),
        total=int(state.numbers[TOTAL]),
        first_txid=first_txid,
        last_txid=state.txid.tobytes(),
        coins=joined(pieces),
        miscut=place != stop,
    )

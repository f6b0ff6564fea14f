"""Finished parts of one reading on disk, so that a reading that was killed goes on where it was."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from chains.utxo.dump.coins import Coins
from chains.utxo.dump.part import Part, Task

_FORM = "2"
"""Changes with the form of what is stored, and with any rule of reading."""
_COLUMNS = tuple(field.name for field in fields(Coins))


class Finished:
    """A folder that belongs to one file, one set of scripts and one set of rules: anything else has another."""

    def __init__(self, folder: Path, task: Task) -> None:
        file, changed = str(task.path.resolve()), task.path.stat().st_mtime_ns
        what = repr((_FORM, file, changed, task.header, task.rules, task.watched.digest.hex()))
        self._folder = folder / f"dump-{sha256(what.encode()).hexdigest()[:32]}"
        self._folder.mkdir(parents=True, exist_ok=True)

    def load(self, start: int, stop: int) -> Part | None:
        """None where it is not there or not whole."""
        with (
            suppress(OSError, BadZipFile, KeyError, ValueError),
            self._file(start, stop).open("rb") as file,
            np.load(file) as stored,
        ):
            count, total = (int(value) for value in stored["sums"])
            first, last = (stored["txids"][row].tobytes() for row in range(2))
            return Part(start, stop, count, total, first, last, Coins(**{name: stored[name] for name in _COLUMNS}))
        return None

    def save(self, part: Part) -> None:
        columns = {name: getattr(part.coins, name) for name in _COLUMNS}
        txids = np.frombuffer(part.first_txid + part.last_txid, np.uint8).reshape(2, 32)
        target = self._file(part.start, part.stop)
        unfinished = target.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            np.savez(file, sums=np.array([part.count, part.total], np.int64), txids=txids, **columns)
        unfinished.replace(target)

    def clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, start: int, stop: int) -> Path:
        return self._folder / f"{start}-{stop}.npz"

"""Where a dump file can be cut: guesses that are proven by whoever reads up to them.

Nothing in a file marks where a transaction begins. But transactions ascend by id: from a place where one begins, any
number of coins parse and ascend, and a walk from elsewhere either ends soon or falls into step with them. So a walk
that got far enough stands at a true beginning. That is no proof yet; it is one when all that comes before the cut was
read and ended exactly there (read.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chains.utxo.dump import pure
from chains.utxo.dump.errors import Fault
from chains.utxo.dump.walk import AT, COINS, INT64_MAX, Limits, new_found, new_state

_WALK_COINS, _WALK_BYTES = 64, 16 * 1024
"""What convinces."""
_TRIES, _SAMPLE_BYTES = 16 * 1024, 64 * 1024
_NOTHING: dict[bytes, int] = {}


def cuts(path: Path, *, body_at: int, size: int, grouped: bool, part_bytes: int) -> Iterator[int]:
    """Places between two transactions, about ``part_bytes`` apart, ascending; none where none is convincing."""
    last = body_at
    with path.open("rb") as file:
        for guess in range(body_at + part_bytes, size - part_bytes // 2, part_bytes):
            file.seek(guess)
            found = _start_in(file.read(_SAMPLE_BYTES), grouped=grouped)
            if found is not None and last < guess + found < size:
                last = guess + found
                yield last


def _start_in(data: bytes, *, grouped: bool) -> int | None:
    for at in range(min(_TRIES, len(data) - _WALK_BYTES)):
        found = _walked_to(data[at:], grouped=grouped)
        if found is not None:
            return at + found
    return None


def _walked_to(data: bytes, *, grouped: bool) -> int | None:
    """Where the first transaction after a convincing walk from the first byte begins."""
    block, state, found = np.frombuffer(data, np.uint8), new_state(), new_found(1)
    stop = _WALK_BYTES
    while True:
        before, txid = int(state.numbers[AT]), state.txid.tobytes()
        limits = Limits(len(data), stop, INT64_MAX, INT64_MAX, 1, grouped, True, False, False)
        if pure.walk(block, limits, state, _NOTHING, found) != Fault.STOPPED or state.numbers[COINS] < _WALK_COINS:
            return None
        if before and state.txid.tobytes() != txid:
            return before
        stop = int(state.numbers[AT]) + 1

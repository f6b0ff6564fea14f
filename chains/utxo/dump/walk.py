"""What both walkers over the coins of a dump file are given and what they leave: plain numbers and arrays.

A walker goes through one block of bytes, coin by coin, and returns a ``Fault`` number: why it paused, or what is
wrong at the place of its state. It commits a coin only when all of it was there, so a pause loses nothing.

Numbers and `rank` are compiled into kernel.py, and numba keeps what it compiled until that very file changes: whoever
changes them here changes a letter there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

AT, LEFT, COINS, TOTAL, RANK, FOUND = range(6)
"""In ``State.numbers``: place in the block, coins left of the transaction, coins and their total so far, rank of the
last output (-1: none), coins in ``Found``."""

HEAD_MAX = 96
"""No coin has more bytes before its script: 32 + 9 (transaction) + 9 (output) + 5 + 10 + 5 (varints)."""
SCRIPT_MAX = 1_000_000
"""No transaction is larger on the chains that can dump. Scripts over 10,000 bytes cannot be spent and are not kept."""
AMOUNT_MAX = 10**18
"""The most that one output of any of these coins can hold: Dogecoin's 10^10 coins."""
CODE_MAX = 2**32 - 1
INT64_MAX = 2**63 - 1
PEGOUT_BIT = 31
TOKEN_PREFIX = 0xEF
NO_NUMBER = -1
"""In ``Found.number``: no watched script itself, but a public key or a token prefix that may lead to one."""


class Limits(NamedTuple):
    """``end``: bytes of the block that are the file's (zeros may follow). ``stop``: where to stop, if it is in here.

    ``flags``: bits of a code below the height. ``grouped``: outputs follow their transaction (v2). ``public_keys``,
    ``tokens``: report such scripts, too.
    """

    end: int
    stop: int
    coins_max: int
    height_max: int
    flags: int
    grouped: bool
    pegouts: bool
    public_keys: bool
    tokens: bool


class State(NamedTuple):
    """``txid``: of the last coin. A walker changes both."""

    numbers: NDArray[np.int64]
    txid: NDArray[np.uint8]


class Found(NamedTuple):
    """Columns, a row for each found coin. ``at`` and ``size`` say where in the block its script's form is."""

    number: NDArray[np.int32]
    amount: NDArray[np.int64]
    code: NDArray[np.int64]
    vout: NDArray[np.int64]
    txid: NDArray[np.uint8]
    at: NDArray[np.int64]
    size: NDArray[np.int64]


Walker = Callable[[NDArray[np.uint8], Limits, State, Any, Found], int]
"""(block, limits, state, index of the watched scripts, found) -> Fault"""


def new_state() -> State:
    """Before the first coin."""
    state = State(np.zeros(6, np.int64), np.zeros(32, np.uint8))
    state.numbers[RANK] = -1
    return state


def new_found(rows: int) -> Found:
    return Found(
        np.empty(rows, np.int32),
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty((rows, 32), np.uint8),
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
    )


def rank(vout: int) -> int:
    """Where an output stands among those of its transaction: the order of varints as bytes, which is a node's order."""
    if vout < 128:
        return vout << 32
    value, shift = vout & 0x7F, 0
    while True:
        vout = (vout >> 7) - 1
        shift += 8
        value |= (vout & 0x7F | 0x80) << shift
        if vout < 128:
            return value << (32 - shift)

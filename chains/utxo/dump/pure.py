"""The walker in plain Python: slower than kernel.py by an order of magnitude, and equal to it in every answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chains.utxo.dump.compressed import SPECIAL, amount_of
from chains.utxo.dump.errors import Fault
from chains.utxo.dump.walk import (
    AMOUNT_MAX,
    AT,
    CODE_MAX,
    COINS,
    FOUND,
    HEAD_MAX,
    INT64_MAX,
    LEFT,
    NO_NUMBER,
    PEGOUT_BIT,
    RANK,
    SCRIPT_MAX,
    TOKEN_PREFIX,
    TOTAL,
    Found,
    Limits,
    State,
    rank,
)
from chains.utxo.dump.watch import Watched

_SPARE_FORMS = ((b"\x1f\x76\xa9\x14", b"\x88\xac"), (b"\x1d\xa9\x14", b"\x87"), (b"\x29\x21\x02", b"\xac"),
                (b"\x29\x21\x03", b"\xac"))  # fmt: skip
"""How scripts with a shorter form would look in the plain one."""


class _Wrong(Exception):
    def __init__(self, fault: Fault, at: int) -> None:
        self.fault, self.at = fault, at


def index(watched: Watched) -> dict[bytes, int]:
    return watched.number


def walk(array: NDArray[np.uint8], limits: Limits, state: State, numbers: dict[bytes, int], found: Found) -> int:
    """See walk.py."""
    block = array.tobytes()
    at, left, coins, total, last, row = (int(value) for value in state.numbers)
    txid = state.txid.tobytes()
    heads_end, room = len(block) - HEAD_MAX, len(found.number)
    try:
        while True:
            if (left == 0 and at >= limits.stop) or row == room or at > heads_end:
                done = left == 0 and at >= limits.stop
                result = Fault.STOPPED if done else Fault.FULL if row == room else Fault.MORE
                break
            p, new_txid, group, vout = _place(block, at, limits, txid, (left, coins, last))
            code, amount, script_at, body_at, end = _coin(block, p, limits, total)
            if end > limits.end:
                result = Fault.MORE
                break
            txid = new_txid
            number = numbers.get(block[script_at:end], NO_NUMBER)
            if number != NO_NUMBER or _is_hidden(block, script_at, body_at, end, limits):
                found.number[row], found.amount[row], found.code[row] = number, amount, code
                found.vout[row], found.at[row], found.size[row] = vout, script_at, end - script_at
                found.txid[row] = np.frombuffer(txid, np.uint8)
                row += 1
            at, last, left = end, rank(vout), group - 1 if limits.grouped else 0
            coins += 1
            total += amount
    except _Wrong as wrong:
        result, at = wrong.fault, wrong.at
    for place, value in ((AT, at), (LEFT, left), (COINS, coins), (TOTAL, total), (RANK, last), (FOUND, row)):
        state.numbers[place] = value
    state.txid[:] = np.frombuffer(txid, np.uint8)
    return result


def _place(
    block: bytes, at: int, limits: Limits, txid: bytes, so_far: tuple[int, int, int]
) -> tuple[int, bytes, int, int]:
    """The transaction, where one begins here, and the output: (place after them, transaction id, its coins from this
    one on, number of the output). ``so_far``: coins left of the last one, coins, rank of the last output."""
    left, coins, before = so_far
    p, group = at, left
    if left == 0 or not limits.grouped:
        new_txid = block[p : p + 32]
        if new_txid < txid or (limits.grouped and new_txid == txid):
            raise _Wrong(Fault.ORDER, p)
        if new_txid != txid:
            txid, before = new_txid, -1
        p += 32
    if not limits.grouped:
        if coins >= limits.coins_max:
            raise _Wrong(Fault.COINS, at)
        here, vout, p = p, int.from_bytes(block[p : p + 4], "little"), p + 4
    else:
        if left == 0:
            here = p
            group, p = _compact(block, p)
            if not 0 < group <= limits.coins_max - coins:
                raise _Wrong(Fault.GROUP, here)
        here = p
        vout, p = _compact(block, p)
    if vout > CODE_MAX or rank(vout) <= before:
        raise _Wrong(Fault.OUTPOINT, here)
    return p, txid, group, vout


def _coin(block: bytes, p: int, limits: Limits, total: int) -> tuple[int, int, int, int, int]:
    """(height code, amount, place of the script's form, of the script itself, its end)."""
    here = p
    code, p = _varint(block, p, CODE_MAX, Fault.CODE)
    if (code & (1 << PEGOUT_BIT) - 1 if limits.pegouts else code) >> limits.flags > limits.height_max:
        raise _Wrong(Fault.CODE, here)
    here = p
    packed, p = _varint(block, p, INT64_MAX, Fault.AMOUNT)
    amount = amount_of(packed)
    if amount > AMOUNT_MAX:
        raise _Wrong(Fault.AMOUNT, here)
    size, body_at = _varint(block, p, SCRIPT_MAX + SPECIAL, Fault.SCRIPT)
    end = body_at + (20 if size < 2 else 32 if size < SPECIAL else size - SPECIAL)
    if end <= limits.end:
        if size in (31, 29, 41) and any(
            block.startswith(head, p) and block.endswith(tail, body_at, end) for head, tail in _SPARE_FORMS
        ):
            raise _Wrong(Fault.NOT_SHORTEST, p)
        if total > INT64_MAX - amount:
            raise _Wrong(Fault.TOTAL, here)
    return code, amount, p, body_at, end


def _is_hidden(block: bytes, script_at: int, body_at: int, end: int, limits: Limits) -> bool:
    """Whether a script that is not watched may yet lead to one that is (hidden.py)."""
    first = block[script_at]
    if limits.public_keys and 2 <= first < SPECIAL:
        return True
    return limits.tokens and first >= SPECIAL and end > body_at and block[body_at] == TOKEN_PREFIX


def _compact(block: bytes, at: int) -> tuple[int, int]:
    """(number, place after it), written in 1, 3, 5 or 9 bytes."""
    first = block[at]
    if first < 253:
        return first, at + 1
    size = 1 << first - 252
    number = int.from_bytes(block[at + 1 : at + 1 + size], "little")
    if number < 253 or (size > 2 and number >> 4 * size == 0):
        raise _Wrong(Fault.NOT_SHORTEST, at)
    return min(number, INT64_MAX), at + 1 + size


def _varint(block: bytes, at: int, most: int, fault: Fault) -> tuple[int, int]:
    number, p = 0, at
    while True:
        if number > most >> 7:
            raise _Wrong(fault, at)
        byte = block[p]
        p += 1
        number = number << 7 | byte & 0x7F
        if byte & 0x80:
            number += 1
            continue
        if number > most:
            raise _Wrong(fault, at)
        return number, p

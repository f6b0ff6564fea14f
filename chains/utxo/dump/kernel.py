"""The walker compiled by numba: a bitmap of 1 MiB turns nearly every coin away before anything is compared.

Written in the few words numba compiles to tight code: flat loops, 64-bit integers, no exceptions. What a fault or a
pause means is told in walk.py; pure.py is the same rules in plain Python, and a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chains.utxo.dump.compressed import SPECIAL
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

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    F = TypeVar("F", bound=Callable[..., object])

    def njit(**_options: bool) -> Callable[[F], F]: ...
    def _i64(number: object) -> int: ...
else:
    from numba import njit

    _i64 = np.int64

BITMAP_BITS = 23
_U64 = np.uint64
_MIX, _SIZE_MIX = _U64(0x9E3779B97F4A7C15), _U64(0xFF51AFD7ED558CCD)
_BITMAP_SHIFT = _U64(64 - BITMAP_BITS)
# Plain integers: numba knows nothing of the class.
_MORE, _FULL, _STOPPED = int(Fault.MORE), int(Fault.FULL), int(Fault.STOPPED)
_ORDER, _NOT_SHORTEST, _GROUP, _COINS = int(Fault.ORDER), int(Fault.NOT_SHORTEST), int(Fault.GROUP), int(Fault.COINS)
_OUTPOINT, _CODE, _AMOUNT = int(Fault.OUTPOINT), int(Fault.CODE), int(Fault.AMOUNT)
_SCRIPT, _TOTAL = int(Fault.SCRIPT), int(Fault.TOTAL)
_FINE = 0
_BAD = -1
"""From a reader: there is no such number here."""


class Index(NamedTuple):
    """Hash table with open addresses over the forms of watched scripts, and the bitmap before it.

    Form ``i`` is ``forms[starts[i]:starts[i + 1]]``; ``table`` holds numbers of forms, -1 where empty.
    """

    bitmap: NDArray[np.uint8]
    table: NDArray[np.int32]
    shift: int
    forms: NDArray[np.uint8]
    starts: NDArray[np.int64]


def index(watched: Watched) -> Index:
    starts = np.zeros(len(watched.keys) + 1, np.int64)
    np.cumsum(np.array([len(key) for key in watched.keys], np.int64), out=starts[1:])
    forms = np.frombuffer(b"".join(watched.keys), np.uint8)
    bits = max(4, (2 * len(watched.keys)).bit_length())
    table, bitmap = np.full(1 << bits, -1, np.int32), np.zeros(1 << BITMAP_BITS - 3, np.uint8)
    made = Index(bitmap, table, 64 - bits, forms, starts)
    _fill(made)
    return made


rank_of = njit(cache=True)(rank)


@njit(cache=True)
def _hash(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """Of a form: its length and its last eight bytes, which in nearly every script are those of a hash or a key."""
    word = _U64(0)
    for back in range(min(8, end - start)):
        word |= _U64(data[_U64(end - 1 - back)]) << _U64(56 - 8 * back)
    word ^= _U64(end - start) * _SIZE_MIX
    word ^= word >> _U64(32)
    return word * _MIX


@njit(cache=True)
def _fill(index: Index) -> None:
    mask = index.table.shape[0] - 1
    for number in range(index.starts.shape[0] - 1):
        hashed = _hash(index.forms, index.starts[number], index.starts[number + 1])
        bit = hashed >> _BITMAP_SHIFT
        index.bitmap[bit >> _U64(3)] |= np.uint8(1 << (_i64(bit) & 7))
        slot = _i64(hashed >> _U64(index.shift))
        while index.table[slot] >= 0:
            slot = (slot + 1) & mask
        index.table[slot] = number


@njit(cache=True)
def _look_up(block: NDArray[np.uint8], start: int, end: int, index: Index) -> int:
    hashed = _hash(block, start, end)
    bit = hashed >> _BITMAP_SHIFT
    if not index.bitmap[bit >> _U64(3)] >> np.uint8(_i64(bit) & 7) & 1:
        return NO_NUMBER
    mask = index.table.shape[0] - 1
    slot = _i64(hashed >> _U64(index.shift))
    while index.table[slot] >= 0:
        number = _i64(index.table[slot])
        first = index.starts[number]
        if index.starts[number + 1] - first == end - start:
            same = True
            for place in range(end - start):
                if index.forms[first + place] != block[start + place]:
                    same = False
                    break
            if same:
                return number
        slot = (slot + 1) & mask
    return NO_NUMBER


@njit(cache=True)
def _compact(block: NDArray[np.uint8], p: int) -> tuple[int, int]:
    """(number, place after it), or (_BAD, ...) for a spare form; what is beyond 63 bits becomes INT64_MAX."""
    first = _i64(block[p])
    if first < 253:
        return first, p + 1
    size = 1 << first - 252
    number = _i64(0)
    for place in range(size):
        byte = _i64(block[p + 1 + place])
        if place == 7 and byte > 127:
            return INT64_MAX, p + 9
        number |= byte << 8 * place
    if number < 253 or (size > 2 and number >> 4 * size == 0):
        return _BAD, p
    return number, p + 1 + size


@njit(cache=True)
def _varint(block: NDArray[np.uint8], p: int, most: int) -> tuple[int, int]:
    """(number, place after it), or (_BAD, ...) for one above ``most``."""
    number = _i64(0)
    while number <= most >> 7:
        byte = _i64(block[p])
        p += 1
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            return (number if number <= most else _BAD), p
        if number >= most:
            break
        number += 1
    return _BAD, p


@njit(cache=True)
def _amount(code: int) -> int:
    """See compressed.amount_of; _BAD above AMOUNT_MAX."""
    if code == 0:
        return 0
    rest, zeros = (code - 1) // 10, (code - 1) % 10
    if zeros < 9:
        rest = rest // 9 * 10 + rest % 9
    rest += 1
    for _ in range(zeros):
        if rest > AMOUNT_MAX // 10:
            return _BAD
        rest *= 10
    return rest if rest <= AMOUNT_MAX else _BAD


@njit(cache=True)
def _compare(block: NDArray[np.uint8], p: int, txid: NDArray[np.uint8]) -> int:
    for place in range(32):
        if block[p + place] != txid[place]:
            return 1 if block[p + place] > txid[place] else -1
    return 0


@njit(cache=True)
def _is_spare(block: NDArray[np.uint8], p: int, size: int, end: int) -> bool:
    """Whether a plain script, of which ``p`` is the first byte, has a shorter form (see pure._SPARE_FORMS)."""
    if size == 31:
        head = block[p] == 0x76 and block[p + 1] == 0xA9 and block[p + 2] == 20
        return bool(head and block[end - 2] == 0x88 and block[end - 1] == 0xAC)
    if size == 29:
        return bool(block[p] == 0xA9 and block[p + 1] == 20 and block[end - 1] == 0x87)
    return bool(size == 41 and block[p] == 33 and block[p + 1] in (2, 3) and block[end - 1] == 0xAC)


@njit(cache=True)
def _number(block: NDArray[np.uint8], p: int, grouped: bool) -> tuple[int, int, int]:
    """The number of an output: (fault, place after it or of the fault, number)."""
    if not grouped:
        low = _i64(block[p]) | _i64(block[p + 1]) << 8
        return _FINE, p + 4, low | _i64(block[p + 2]) << 16 | _i64(block[p + 3]) << 24
    vout, after = _compact(block, p)
    if vout == _BAD:
        return _NOT_SHORTEST, p, 0
    return (_OUTPOINT, p, 0) if vout > CODE_MAX else (_FINE, after, vout)


@njit(cache=True)
def _place(block: NDArray[np.uint8], at: int, limits: Limits, state: State) -> tuple[int, int, int, int, int]:
    """The transaction, where one begins here, and the output: (fault, place after them or of the fault, whether the
    transaction is new, its coins from this one on, number of the output)."""
    left, coins, before = state.numbers[LEFT], state.numbers[COINS], state.numbers[RANK]
    p, is_new, group = at, 0, left
    if left == 0 or not limits.grouped:
        order = _compare(block, p, state.txid)
        if order < 0 or (limits.grouped and order == 0):
            return _ORDER, p, 0, 0, 0
        if order > 0:
            is_new, before = 1, -1
        p += 32
    if not limits.grouped and coins >= limits.coins_max:
        return _COINS, at, 0, 0, 0
    if limits.grouped and left == 0:
        group, after = _compact(block, p)
        if group == _BAD:
            return _NOT_SHORTEST, p, 0, 0, 0
        if not 0 < group <= limits.coins_max - coins:
            return _GROUP, p, 0, 0, 0
        p = after
    fault, after, vout = _number(block, p, limits.grouped)
    if fault == _FINE and rank_of(vout) <= before:
        fault, after = _OUTPOINT, p
    return fault, after, is_new, group, vout


@njit(cache=True)
def _coin(block: NDArray[np.uint8], p: int, limits: Limits, total: int) -> tuple[int, int, int, int, int, int]:
    """(fault, place of the script's form or of the fault, height code, amount, place of the script itself, its end)."""
    here = p
    code, p = _varint(block, here, CODE_MAX)
    plain = code & (1 << PEGOUT_BIT) - 1 if limits.pegouts else code
    if code == _BAD or plain >> limits.flags > limits.height_max:
        return _CODE, here, 0, 0, 0, 0
    here = p
    packed, p = _varint(block, here, INT64_MAX)
    amount = _amount(packed) if packed != _BAD else _BAD
    if amount == _BAD:
        return _AMOUNT, here, 0, 0, 0, 0
    size, body_at = _varint(block, p, SCRIPT_MAX + SPECIAL)
    if size == _BAD:
        return _SCRIPT, p, 0, 0, 0, 0
    end = body_at + (20 if size < 2 else 32 if size < SPECIAL else size - SPECIAL)
    if end <= limits.end and _is_spare(block, body_at, size, end):
        return _NOT_SHORTEST, p, 0, 0, 0, 0
    if end <= limits.end and total > INT64_MAX - amount:
        return _TOTAL, here, 0, 0, 0, 0
    return _FINE, p, code, amount, body_at, end


@njit(cache=True)
def _is_hidden(block: NDArray[np.uint8], script_at: int, body_at: int, end: int, limits: Limits) -> bool:
    """Whether a script that is not watched may yet lead to one that is (hidden.py)."""
    first = block[script_at]
    if limits.public_keys and 2 <= first < SPECIAL:
        return True
    return bool(limits.tokens and first >= SPECIAL and end > body_at and block[body_at] == TOKEN_PREFIX)


@njit(cache=True, nogil=True)
def walk(block: NDArray[np.uint8], limits: Limits, state: State, index: Index, found: Found) -> int:
    """See walk.py."""
    numbers, heads_end = state.numbers, block.shape[0] - HEAD_MAX
    while True:
        at, row = numbers[AT], numbers[FOUND]
        if numbers[LEFT] == 0 and at >= limits.stop:
            return _STOPPED
        if row == found.number.shape[0]:
            return _FULL
        if at > heads_end:
            return _MORE
        fault, p, is_new, group, vout = _place(block, at, limits, state)
        if fault == _FINE:
            fault, p, code, amount, body_at, end = _coin(block, p, limits, numbers[TOTAL])
        if fault != _FINE:
            numbers[AT] = p
            return fault
        if end > limits.end:
            return _MORE
        if is_new:
            for byte in range(32):
                state.txid[byte] = block[at + byte]
        number = _look_up(block, p, end, index)
        if number != NO_NUMBER or _is_hidden(block, p, body_at, end, limits):
            found.number[row], found.amount[row], found.code[row] = number, amount, code
            found.vout[row], found.at[row], found.size[row] = vout, p, end - p
            found.txid[row] = state.txid
            numbers[FOUND] = row + 1
        numbers[AT], numbers[RANK] = end, rank_of(vout)
        numbers[LEFT] = group - 1 if limits.grouped else 0
        numbers[COINS] += 1
        numbers[TOTAL] += amount

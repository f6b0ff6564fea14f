"""Watched scripts in another dress: the bare public key of a watched P2PKH script, and a script behind tokens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chains.codec.hashes import hash160
from chains.utxo.dump.compressed import PUBLIC_KEYS, key_of, public_key
from chains.utxo.dump.errors import DumpRefused, Fault
from chains.utxo.dump.walk import NO_NUMBER, TOKEN_PREFIX, Found
from chains.utxo.dump.watch import Watched

_CATEGORY_BYTES = 32
_HAS_COMMITMENT, _HAS_NFT, _HAS_AMOUNT, _RESERVED = 0x40, 0x20, 0x10, 0x80


def resolve(block: NDArray[np.uint8], found: Found, rows: int, base: int, watched: Watched) -> NDArray[np.bool_]:
    """Gives the rows without a number the one they lead to, where they do; True for a bare public key.

    ``base`` is the place of the block in the file. Raises DumpRefused for a key or a prefix that no node would keep.
    """
    same_key = np.zeros(rows, np.bool_)
    for row in np.flatnonzero(found.number[:rows] == NO_NUMBER):
        at = int(found.at[row])
        form = block[at : at + int(found.size[row])].tobytes()
        if form[0] not in PUBLIC_KEYS:
            inner = behind_token(_plain(form))
            if inner is None:
                raise DumpRefused(Fault.TOKEN, base + at)
            form = key_of(inner)
            found.number[row] = watched.number.get(form, NO_NUMBER)
        if form[0] in PUBLIC_KEYS and found.number[row] == NO_NUMBER:
            key = public_key(form)
            if key is None:
                raise DumpRefused(Fault.POINT, base + at)
            found.number[row] = watched.by_key_hash.get(hash160(key), NO_NUMBER)
            same_key[row] = True
    return same_key


def behind_token(script: bytes) -> bytes | None:
    """The script after a CashTokens prefix; None where there is no whole one. Source: CHIP-2022-02-CashTokens.

    The prefix: ef, category (32), a byte of flags, then as flagged a commitment behind its length, and an amount.
    """
    at = 1 + _CATEGORY_BYTES + 1
    if script[:1] != bytes([TOKEN_PREFIX]) or len(script) < at:
        return None
    flags = script[at - 1]
    if flags & _RESERVED or not flags & (_HAS_NFT | _HAS_AMOUNT) or (flags & _HAS_COMMITMENT and not flags & _HAS_NFT):
        return None
    if flags & _HAS_COMMITMENT:
        length, at = _compact(script, at)
        at += length
    if flags & _HAS_AMOUNT:
        _, at = _compact(script, at)
    return script[at:] if at <= len(script) else None


def _plain(form: bytes) -> bytes:
    """The script of a plain form: what follows the varint of its size."""
    at = 0
    while form[at] & 0x80:
        at += 1
    return form[at + 1 :]


def _compact(data: bytes, at: int) -> tuple[int, int]:
    """(number, place after it), which may lie beyond the data."""
    first = data[at] if at < len(data) else 0
    size = 0 if first < 253 else 1 << first - 252
    return int.from_bytes(data[at + 1 : at + 1 + size], "little") if size else first, at + 1 + size

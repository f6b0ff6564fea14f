"""A block as the network sends it -> what its transactions spend and create. Pure, strict, the same for every coin.

Bitcoin's format: with witnesses and Litecoin's MWEB flag, and in the variants that `Form` names. The list of
transactions is bound to the header by its Merkle root.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from chains.errors import Malformed

HEADER = 80
OUTPOINT = 36
NULL = bytes(32) + b"\xff\xff\xff\xff"
"""The outpoint a coinbase spends."""
WITNESS_FLAG, MWEB_FLAG = 1, 8
AUXPOW_BIT = 1 << 8
TOKEN_PREFIX = 0xEF
FIRST_TYPED = 3
_AMOUNT = struct.Struct("<Q")
_SIZES = {253: struct.Struct("<H"), 254: struct.Struct("<I"), 255: struct.Struct("<Q")}


class Form(NamedTuple):
    """``auxpow``: an auxiliary proof of work may stand behind the header (Dogecoin). ``tokens``: CashTokens may stand
    before a script (Bitcoin Cash). ``payloads``: typed transactions carry more at their end, and none has witnesses
    (Dash). ``stakes``: a transaction whose first output is empty stakes coins, which wait like a coinbase's (Qtum).
    ``header_tail``: where the header goes on with a length and so many more bytes: an Equihash solution (Bitcoin Gold),
    a signature (Qtum).
    """

    auxpow: bool = False
    tokens: bool = False
    payloads: bool = False
    stakes: bool = False
    header_tail: int | None = None


PLAIN = Form()


class Tx(NamedTuple):
    """``spends``: outpoints, each the txid as hashed and a little-endian u32; none for a coinbase.

    ``outputs``: (base units, scriptPubKey) in order. ``generated``: a coinbase or a stake, whose outputs must mature.
    """

    txid: bytes
    spends: Sequence[bytes]
    outputs: Sequence[tuple[int, bytes]]
    generated: bool


class RawBlock(NamedTuple):
    """``previous``: the parent's hash as it is printed."""

    previous: str
    transactions: Sequence[Tx]


def dsha256(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def header_size(raw: bytes, form: Form) -> int:
    """Of the header that a block begins with, without an auxiliary proof of work. Raises Malformed."""
    if form.header_tail is None:
        return HEADER
    try:
        length, at = _size(raw, form.header_tail)
    except (IndexError, struct.error):
        raise Malformed("a raw block ends too early") from None
    return at + length


def name(header: bytes, *, tailed_since: int = 0) -> str:
    """Its double SHA-256, as it is printed.

    ``tailed_since``: the height, which the header tells, of the first block that is named by all of it; those before
    are named by the 80 bytes they have on Bitcoin's chain (Bitcoin Gold).
    """
    if int.from_bytes(header[68:72], "little") < tailed_since:
        header = header[:68] + header[100:112]
    return dsha256(header)[::-1].hex()


def parse(raw: bytes, form: Form = PLAIN, *, header: int = HEADER) -> RawBlock:
    """Raises Malformed for bytes that are no whole block. ``header``: its size, without an auxiliary proof of work.

    What follows the last transaction is passed over: Litecoin's hidden part stands there.
    """
    try:
        at = header
        if form.auxpow and int.from_bytes(raw[:4], "little") & AUXPOW_BIT:
            at = _after_auxpow(raw, at)
        count, at = _size(raw, at)
        transactions: list[Tx] = []
        while len(transactions) < count:
            tx, at = _transaction(raw, at, form)
            transactions.append(tx)
    except (IndexError, struct.error):
        raise Malformed("a raw block ends too early") from None
    if at > len(raw) or not transactions:
        raise Malformed("a raw block ends too early")
    if merkle_root([tx.txid for tx in transactions]) != raw[36:68]:
        raise Malformed("a raw block's transactions are not those its header commits to")
    return RawBlock(previous(raw), transactions)


def transaction(raw: bytes, form: Form = PLAIN) -> Tx:
    """One transaction alone. Raises Malformed for bytes that are not exactly one."""
    try:
        tx, end = _transaction(raw, 0, form)
    except (IndexError, struct.error):
        raise Malformed("a raw transaction ends too early") from None
    if end != len(raw):
        raise Malformed("a raw transaction with bytes behind it")
    return tx


def previous(header: bytes) -> str:
    """The parent's hash, as it is printed, in a header or whatever begins with one."""
    return header[35:3:-1].hex()


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """Raises Malformed for a list with a repeated tail, which has the root of the shorter one (CVE-2012-2459)."""
    level = list(hashes)
    while len(level) > 1:
        if any(level[index] == level[index + 1] for index in range(0, len(level) - 1, 2)):
            raise Malformed("a raw block repeats its transactions")
        if len(level) & 1:
            level.append(level[-1])
        level = [dsha256(level[index] + level[index + 1]) for index in range(0, len(level), 2)]
    return level[0]


def _size(raw: bytes, at: int) -> tuple[int, int]:
    first = raw[at]
    if first < 253:
        return first, at + 1
    form = _SIZES[first]
    return form.unpack_from(raw, at + 1)[0], at + 1 + form.size


def _transaction(raw: bytes, start: int, form: Form) -> tuple[Tx, int]:
    at, flags = start + 4, 0
    if raw[at] == 0 and not form.payloads:  # no inputs: the marker of the extended form
        flags, at = raw[at + 1], at + 2
        if flags & ~(WITNESS_FLAG | MWEB_FLAG) or not flags:
            raise Malformed(f"a transaction with flags {flags}")
    body = at
    count, at = _size(raw, at)
    spends: list[bytes] = []
    for _ in range(count):
        spends.append(raw[at : at + OUTPOINT])
        length, at = _size(raw, at + OUTPOINT)
        at += length + 4
    outputs: list[tuple[int, bytes]] = []
    written, at = _size(raw, at)
    for _ in range(written):
        (amount,) = _AMOUNT.unpack_from(raw, at)
        length, at = _size(raw, at + 8)
        script = raw[at : at + length]
        outputs.append((amount, _without_token(script) if form.tokens else script))
        at += length
    end = at
    if flags & WITNESS_FLAG:
        at = _after_witnesses(raw, at, count)
    if flags & MWEB_FLAG:
        if raw[at]:
            raise Malformed("a transaction of a block carries hidden parts of its own")
        at += 1
    at += 4
    if form.payloads and _is_typed(raw[start : start + 4]):
        length, at = _size(raw, at)
        at += length
    if at > len(raw):
        raise Malformed("a raw block ends too early")
    whole = raw[start:at] if not flags else raw[start : start + 4] + raw[body:end] + raw[at - 4 : at]
    if spends == [NULL]:
        spends = []
    staked = form.stakes and len(outputs) > 1 and outputs[0] == (0, b"")
    return Tx(dsha256(whole), spends, outputs, staked or not spends), at


def _is_typed(version: bytes) -> bool:
    """Two numbers in one: a signed version, of which 3 is the first that has types, and the type."""
    return int.from_bytes(version[:2], "little", signed=True) >= FIRST_TYPED and version[2:] != b"\0\0"


def _after_witnesses(raw: bytes, at: int, inputs: int) -> int:
    for _ in range(inputs):
        items, at = _size(raw, at)
        for _ in range(items):
            length, at = _size(raw, at)
            at += length
    return at


def _after_auxpow(raw: bytes, at: int) -> int:
    """The end of: the parent's coinbase, its block hash, two Merkle branches with their places, the parent's header."""
    _, at = _transaction(raw, at, PLAIN)
    at += 32
    for _ in range(2):
        branch, at = _size(raw, at)
        at += 32 * branch + 4
    return at + HEADER


def _without_token(script: bytes) -> bytes:
    """The scriptPubKey behind a CashToken: category, a bit field, and what the bits announce."""
    if not script or script[0] != TOKEN_PREFIX:
        return script
    bits, at = script[33], 34
    if bits & 0x40:
        length, at = _size(script, at)
        at += length
    if bits & 0x10:
        _, at = _size(script, at)
    return script[at:]

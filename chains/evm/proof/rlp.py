"""RLP, canonical only. Own code because the library takes eight times as long on trie nodes and accepts more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from chains.evm.proof.errors import ProofError

Item: TypeAlias = "bytes | Sequence[Item]"

_SHORT = 55  # bytes; a longer payload has its length spelled out
_LENGTH_BYTES_MAX = 4


def encode(item: Item) -> bytes:
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _head(0x80, len(item)) + item
    payload = b"".join(encode(part) for part in item)
    return _head(0xC0, len(payload)) + payload


def encode_number(number: int) -> bytes:
    """The byte string of a number, not yet RLP: big-endian without leading zeros, so nothing for zero."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def items(data: bytes) -> list[bytes]:
    """The encodings of the items of a list that fills ``data``. Raises ProofError."""
    if not data or data[0] < 0xC0:
        raise ProofError("not an RLP list")
    at, end = _extent(data, 0)
    if end != len(data):
        raise ProofError("bytes after an RLP list")
    parts = []
    while at < end:
        _, next_at = _extent(data, at)
        parts.append(data[at:next_at])
        at = next_at
    if at != end:
        raise ProofError("an RLP item beyond its list")
    return parts


def text(data: bytes) -> bytes:
    """The byte string that fills ``data``. Raises ProofError."""
    if not data or data[0] >= 0xC0:
        raise ProofError("not an RLP byte string")
    start, end = _extent(data, 0)
    if end != len(data):
        raise ProofError("bytes after an RLP byte string")
    return data[start:]


def number(data: bytes, *, bytes_max: int) -> int:
    """The unsigned integer that fills ``data``. Raises ProofError."""
    digits = text(data)
    if digits[:1] == b"\0" or len(digits) > bytes_max:
        raise ProofError("not a canonical RLP number, or too large")
    return int.from_bytes(digits, "big")


def _head(offset: int, length: int) -> bytes:
    if length <= _SHORT:
        return bytes([offset + length])
    digits = encode_number(length)
    return bytes([offset + _SHORT + len(digits)]) + digits


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """Where the payload of the item at ``at`` begins and ends."""
    kind = data[at]
    if kind < 0x80:
        return at, at + 1
    short = kind - (0x80 if kind < 0xC0 else 0xC0)
    if short <= _SHORT:
        start, end = at + 1, at + 1 + short
        if kind == 0x81 and (end > len(data) or data[start] < 0x80):
            raise ProofError("a single RLP byte with a needless prefix")
    else:
        start = at + 1 + short - _SHORT
        length = int.from_bytes(data[at + 1 : start], "big")
        if short - _SHORT > _LENGTH_BYTES_MAX or length <= _SHORT or data[at + 1] == 0:
            raise ProofError("an RLP length that is not canonical, or too large")
        end = start + length
    if end > len(data):
        raise ProofError("truncated RLP")
    return start, end

"""The two virtual transactions of BIP-322: the id of the first, and the second as a signature publishes it."""

from __future__ import annotations

from typing import NamedTuple

from chains.codec.hashes import sha256d, tagged
from chains.ownership.messages import varstring
from chains.ownership.types import BadProof, Undecidable

NO_AMOUNT = bytes(8)
OUTPUT = NO_AMOUNT + varstring(b"\x6a")
_TAG = "BIP0322-signed-message"
_NULL_INPUT = bytes(32) + b"\xff" * 4
_ITEMS_MAX = 1_000  # of a stack, by consensus


class ToSign(NamedTuple):
    """What is free in a to_sign transaction. ``outpoint``: of to_spend, as transactions refer to it."""

    outpoint: bytes
    witness: tuple[bytes, ...]
    script_sig: bytes = b""
    version: int = 0
    sequence: int = 0
    locktime: int = 0


class Reader:
    """Bytes from the front. Raises BadProof where they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._data)

    def take(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise BadProof("the BIP-322 signature ends too early")
        self._at += size
        return self._data[self._at - size : self._at]

    def uint32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def number(self) -> int:
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        value = int.from_bytes(self.take(2), "little")
        if first != 0xFD or value < 0xFD:
            raise BadProof("a length in the BIP-322 signature is not in its one spelling")
        return value

    def string(self) -> bytes:
        return self.take(self.number())

    def stack(self) -> tuple[bytes, ...]:
        count = self.number()
        if count > _ITEMS_MAX:
            raise BadProof(f"a witness of {count} items")
        return tuple(self.string() for _ in range(count))


def to_spend_id(message: str, script: bytes) -> bytes:
    """The id, as transactions refer to it, of the transaction that carries the message."""
    script_sig = b"\x00\x20" + tagged(_TAG, message.encode())
    spent = _NULL_INPUT + varstring(script_sig) + bytes(4)
    return sha256d(bytes(4) + b"\x01" + spent + b"\x01" + NO_AMOUNT + varstring(script) + bytes(4))


def read_simple(data: bytes, spent_id: bytes) -> ToSign:
    """A bare witness. Raises BadProof."""
    reader = Reader(data)
    witness = reader.stack()
    if not reader.done or not witness:
        raise BadProof("no witness, or something after it")
    return ToSign(spent_id + bytes(4), witness)


def read_full(data: bytes, spent_id: bytes) -> ToSign:
    """A whole to_sign transaction, with or without a witness. Raises BadProof; Undecidable for a proof of funds."""
    reader = Reader(data)
    version = reader.uint32()
    inputs = reader.number()
    has_witness = inputs == 0
    if has_witness:
        if reader.take(1) != b"\x01":
            raise BadProof("the transaction has no input")
        inputs = reader.number()
    outpoint = reader.take(36)
    if inputs == 0 or outpoint != spent_id + bytes(4):
        raise BadProof("the transaction spends another message or address")
    if inputs > 1:
        raise Undecidable("a BIP-322 proof of funds: only plain proofs of one address are read")
    script_sig = reader.string()
    sequence = reader.uint32()
    if reader.take(1) != b"\x01" or reader.take(len(OUTPUT)) != OUTPUT:
        raise BadProof("the transaction has other outputs than BIP-322 asks for")
    witness = reader.stack() if has_witness else ()
    locktime = reader.uint32()
    if not reader.done or has_witness != bool(witness):
        raise BadProof("an empty witness is written down, or something follows the transaction")
    return ToSign(outpoint, witness, script_sig, version, sequence, locktime)

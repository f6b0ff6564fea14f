"""The two virtual transactions of BIP-322, and what the second one's only input signs."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from chains.codec.hashes import sha256d, tagged
from chains.ownership.messages import varstring
from chains.ownership.types import BadProof, Undecidable

SIGHASH_DEFAULT, SIGHASH_ALL = 0, 1
_TAG = "BIP0322-signed-message"
_NULL_INPUT = bytes(32) + b"\xff" * 4
_NO_AMOUNT = bytes(8)
_OUTPUT = _NO_AMOUNT + varstring(b"\x6a")
_ITEMS_MAX = 32


class ToSign(NamedTuple):
    """What is free in a to_sign transaction: its version, the script and the witness of its input."""

    version: int
    script_sig: bytes
    witness: tuple[bytes, ...]


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
    return sha256d(bytes(4) + b"\x01" + spent + b"\x01" + _NO_AMOUNT + varstring(script) + bytes(4))


def read_simple(data: bytes) -> ToSign:
    """A bare witness. Raises BadProof."""
    reader = Reader(data)
    witness = reader.stack()
    if not reader.done or not witness:
        raise BadProof("no witness, or something after it")
    return ToSign(0, b"", witness)


def read_full(data: bytes, spent_id: bytes) -> ToSign:
    """A whole to_sign transaction. Raises BadProof; Undecidable for what BIP-322 allows beyond a plain proof."""
    reader = Reader(data)
    version = int.from_bytes(reader.take(4), "little")
    if reader.take(2) != b"\x00\x01":
        raise Undecidable("a full BIP-322 signature without a witness")
    if reader.take(1) != b"\x01":
        raise Undecidable("a BIP-322 proof of funds: only plain proofs of one address are read")
    if reader.take(36) != spent_id + bytes(4):
        raise BadProof("the transaction spends another message or address")
    script_sig = reader.string()
    sequence = reader.take(4)
    if reader.take(1) != b"\x01" or reader.take(len(_OUTPUT)) != _OUTPUT:
        raise BadProof("the transaction has other outputs than BIP-322 asks for")
    witness = reader.stack()
    locktime = reader.take(4)
    if not reader.done:
        raise BadProof("something follows the transaction")
    if version not in (0, 2):
        raise BadProof(f"version {version} is no BIP-322 version")
    if sequence != bytes(4) or locktime != bytes(4):
        raise Undecidable("a BIP-322 signature that is valid from a time on only")
    return ToSign(version, script_sig, witness)


def segwit_digest(tx: ToSign, spent_id: bytes, script_code: bytes) -> bytes:
    """BIP-143, SIGHASH_ALL."""
    outpoint = spent_id + bytes(4)
    return sha256d(
        tx.version.to_bytes(4, "little")
        + sha256d(outpoint)
        + sha256d(bytes(4))
        + outpoint
        + varstring(script_code)
        + _NO_AMOUNT
        + bytes(4)
        + sha256d(_OUTPUT)
        + bytes(4)
        + SIGHASH_ALL.to_bytes(4, "little")
    )


def taproot_digest(tx: ToSign, spent_id: bytes, script: bytes, sighash: int) -> bytes:
    """BIP-341, key path, SIGHASH_DEFAULT or SIGHASH_ALL."""
    parts = (spent_id + bytes(4), _NO_AMOUNT, varstring(script), bytes(4), _OUTPUT)
    head = bytes([0, sighash]) + tx.version.to_bytes(4, "little") + bytes(4)
    return tagged("TapSighash", head + b"".join(sha256(part).digest() for part in parts) + bytes(5))

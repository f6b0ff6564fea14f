"""What the one input of a to_sign transaction signs, by the kind of script it satisfies: SIGHASH_ALL always."""

from __future__ import annotations

from hashlib import sha256

from chains.codec.hashes import sha256d, tagged
from chains.ownership.bip322_tx import NO_AMOUNT, OUTPUT, ToSign
from chains.ownership.messages import varstring

SIGHASH_DEFAULT, SIGHASH_ALL = 0, 1
_TYPE = SIGHASH_ALL.to_bytes(4, "little")
_SCRIPT_PATH = 2  # BIP-342's extension flag 1, doubled, and no annex
_NO_CODESEPARATOR = b"\xff" * 4


def _uint32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def legacy(tx: ToSign, script_code: bytes) -> bytes:
    """The transaction as before segwit, with the script code in place of the input's script."""
    spent = tx.outpoint + varstring(script_code) + _uint32(tx.sequence)
    return sha256d(_uint32(tx.version) + b"\x01" + spent + b"\x01" + OUTPUT + _uint32(tx.locktime) + _TYPE)


def segwit(tx: ToSign, script_code: bytes) -> bytes:
    """BIP-143."""
    sequence = _uint32(tx.sequence)
    head = _uint32(tx.version) + sha256d(tx.outpoint) + sha256d(sequence) + tx.outpoint
    tail = varstring(script_code) + NO_AMOUNT + sequence + sha256d(OUTPUT)
    return sha256d(head + tail + _uint32(tx.locktime) + _TYPE)


def taproot(tx: ToSign, script: bytes, sighash: int, leaf: bytes = b"") -> bytes:
    """BIP-341 for the spent ``script``; with the hash of a ``leaf``, BIP-342. SIGHASH_DEFAULT or SIGHASH_ALL."""
    parts = (tx.outpoint, NO_AMOUNT, varstring(script), _uint32(tx.sequence), OUTPUT)
    head = bytes([0, sighash]) + _uint32(tx.version) + _uint32(tx.locktime)
    tail = bytes([_SCRIPT_PATH if leaf else 0]) + _uint32(0)
    extension = leaf + b"\x00" + _NO_CODESEPARATOR if leaf else b""
    return tagged("TapSighash", head + b"".join(sha256(part).digest() for part in parts) + tail + extension)

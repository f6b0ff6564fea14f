"""Sia addresses: hash of the conditions to spend, and 6 bytes of its own hash, in hexadecimal."""

from __future__ import annotations

import re

from chains.codec.hashes import blake2b
from chains.errors import BadAddress

HASH_BYTES = 32
_CHECKSUM_BYTES = 6
_TEXT = re.compile(r"[0-9a-f]{76}")
_LEAF, _NODE = b"\x00", b"\x01"
_ED25519 = b"ed25519".ljust(16, b"\0")


def _hash(data: bytes) -> bytes:
    return blake2b(data, HASH_BYTES)


def standard_conditions(key: bytes) -> bytes:
    """The unlock hash of "no time lock, this one key, one signature": a Merkle root of the three."""
    timelock = _hash(_LEAF + bytes(8))
    unlock_key = _hash(_LEAF + _ED25519 + len(key).to_bytes(8, "little") + key)
    signatures = _hash(_LEAF + (1).to_bytes(8, "little"))
    return _hash(_NODE + _hash(_NODE + timelock + unlock_key) + signatures)


def decode(text: str) -> bytes:
    """The unlock hash. Raises BadAddress."""
    if not _TEXT.fullmatch(text):
        raise BadAddress("an address of this network is 76 lower-case hexadecimal digits")
    raw = bytes.fromhex(text)
    if _hash(raw[:HASH_BYTES])[:_CHECKSUM_BYTES] != raw[HASH_BYTES:]:
        raise BadAddress("the Sia checksum is wrong")
    return raw[:HASH_BYTES]


def encode(unlock_hash: bytes) -> str:
    assert len(unlock_hash) == HASH_BYTES, "no unlock hash"
    return (unlock_hash + _hash(unlock_hash)[:_CHECKSUM_BYTES]).hex()

"""Algorand addresses: an ed25519 key and the last 4 bytes of its SHA-512/256, as Base32."""

from __future__ import annotations

import hashlib

from chains.codec import base32
from chains.errors import BadAddress

KEY_BYTES = 32
_CHECKSUM_BYTES = 4


def _checksum(key: bytes) -> bytes:
    return hashlib.new("sha512_256", key).digest()[-_CHECKSUM_BYTES:]


def decode(text: str) -> bytes:
    """The key. Raises BadAddress."""
    raw = base32.decode(text, size=KEY_BYTES + _CHECKSUM_BYTES)
    if _checksum(raw[:KEY_BYTES]) != raw[KEY_BYTES:]:
        raise BadAddress("the Algorand checksum is wrong")
    return raw[:KEY_BYTES]


def encode(key: bytes) -> str:
    assert len(key) == KEY_BYTES, "no ed25519 key"
    return base32.encode(key + _checksum(key))

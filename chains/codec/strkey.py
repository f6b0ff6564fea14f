"""Stellar's ids (strkey, SEP-23): version, key or hash, CRC-16 in little-endian order, as Base32."""

from __future__ import annotations

from binascii import crc_hqx

from chains.codec import base32
from chains.errors import BadAddress

KEY_BYTES = 32
_ACCOUNT = 6 << 3  # the letter G
_CONTRACT = 2 << 3  # the letter C
_BYTES = 1 + KEY_BYTES + 2


def _checksum(body: bytes) -> bytes:
    return crc_hqx(body, 0).to_bytes(2, "little")


def decode(text: str) -> bytes:
    """The key behind a G... address. Raises BadAddress."""
    raw = base32.decode(text, size=_BYTES)
    if _checksum(raw[:-2]) != raw[-2:]:
        raise BadAddress("the strkey checksum is wrong")
    if raw[0] != _ACCOUNT:
        raise BadAddress("no account: those start with 'G'")
    return raw[1:-2]


def encode(key: bytes) -> str:
    return _encode(_ACCOUNT, key)


def encode_contract(contract: bytes) -> str:
    return _encode(_CONTRACT, contract)


def _encode(version: int, key: bytes) -> str:
    assert len(key) == KEY_BYTES, "no key or hash"
    body = bytes([version]) + key
    return base32.encode(body + _checksum(body))

"""NULS main network addresses: ``NULSd`` and Base58 of chain 1, type 1 (a key), 20 bytes, and the XOR of them all."""

from __future__ import annotations

from functools import reduce
from operator import xor

from chains.codec import base58
from chains.errors import BadAddress

PREFIX = "NULSd"
_HEAD = bytes([1, 0, 1])
_SIZE = 24


def decode(text: str) -> bytes:
    """The 20 bytes of a key's address. Raises BadAddress."""
    if not text.startswith(PREFIX):
        raise BadAddress(f"an address of this network starts with {PREFIX!r}")
    raw = base58.decode(text[len(PREFIX) :])
    if len(raw) != _SIZE or not raw.startswith(_HEAD):
        raise BadAddress("no address of a key on this network")
    if reduce(xor, raw):
        raise BadAddress("the checksum is wrong")
    return raw[len(_HEAD) : -1]


def encode(payload: bytes) -> str:
    raw = _HEAD + payload
    return PREFIX + base58.encode(raw + bytes([reduce(xor, raw)]))

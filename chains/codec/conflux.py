"""Conflux core addresses (CIP-37): ``cfx:aa...``, or in full ``CFX:TYPE.USER:AA...``."""

from __future__ import annotations

from chains.codec import base32bch
from chains.errors import BadAddress

ALPHABET = "abcdefghjkmnprstuvwxyz0123456789"
PREFIX = "cfx"
_TYPES = {1: "user", 8: "contract", 0: "builtin"}
_SIZE = 21


def decode(text: str) -> bytes:
    """The 20 bytes of a main network address. Raises BadAddress."""
    lower = text.lower()
    if text not in (lower, lower.upper()):
        raise BadAddress("upper and lower case are mixed")
    prefix, *types = lower.split(":")
    if prefix != PREFIX or not 1 <= len(types) <= 2:
        raise BadAddress(f"an address of this network starts with '{PREFIX}:'")
    payload = base32bch.decode(types[-1], prefix=PREFIX, alphabet=ALPHABET)
    if len(payload) != _SIZE or payload[0] != 0:
        raise BadAddress("no address of 20 bytes")
    kind = _TYPES.get(payload[1] >> 4)
    if kind is None or (len(types) == 2 and types[0] != f"type.{kind}"):
        raise BadAddress("the type does not fit the address")
    return payload[1:]


def encode(payload: bytes) -> str:
    """The short spelling."""
    return f"{PREFIX}:{base32bch.encode(bytes(1) + payload, prefix=PREFIX, alphabet=ALPHABET)}"

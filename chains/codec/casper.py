"""Casper: public keys as addresses (ed25519: ``01`` and 64 hex digits) and the account hashes that stand for them.

Mixed case carries the checksum of CEP-57: https://github.com/casper-network/ceps/blob/master/text/0057-checksummed-addresses.md
"""

from __future__ import annotations

import re
from itertools import cycle

from chains.codec.hashes import blake2b
from chains.errors import BadAddress

HASH_BYTES = KEY_BYTES = 32
_KEY = re.compile(r"01([0-9a-fA-F]{64})")
_ACCOUNT = re.compile(r"account-hash-([0-9a-fA-F]{64})")


def account_hash(key: bytes) -> bytes:
    """The account of an ed25519 key."""
    return blake2b(b"ed25519\0" + key, HASH_BYTES)


def checksummed(payload: bytes) -> str:
    """Hexadecimal whose letters are upper case where the next bit of the payload's hash says so."""
    bits = cycle(byte >> place & 1 for byte in blake2b(payload, HASH_BYTES) for place in range(8))
    return "".join(digit.upper() if digit.isalpha() and next(bits) else digit for digit in payload.hex())


def decode(text: str) -> bytes:
    """The account hash that a public key or ``account-hash-...`` names. Raises BadAddress."""
    key, account = _KEY.fullmatch(text), _ACCOUNT.fullmatch(text)
    match = key or account
    if match is None:
        raise BadAddress("neither an ed25519 public key ('01' and 64 hexadecimal digits) nor an account hash")
    digits = match[1]
    payload = bytes.fromhex(digits)
    if digits not in (digits.lower(), digits.upper()) and digits != checksummed(payload):
        raise BadAddress("mixed case does not match the CEP-57 checksum")
    return account_hash(payload) if key else payload


def encode(key: bytes) -> str:
    """The checksummed text of a public key."""
    assert len(key) == KEY_BYTES, "no ed25519 key"
    return "01" + checksummed(key)

"""XRP Ledger classic addresses: Base58Check with its own alphabet, version 0 and 20 bytes."""

from __future__ import annotations

from chains.codec import base58check
from chains.errors import BadAddress

ALPHABET = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_TO_BITCOIN = str.maketrans(ALPHABET, base58check.ALPHABET)
_FROM_BITCOIN = str.maketrans(base58check.ALPHABET, ALPHABET)
_SIZE = 21


def decode(text: str) -> bytes:
    """The 20 bytes of the account. Raises BadAddress."""
    payload = base58check.decode(text.translate(_TO_BITCOIN))
    if len(payload) != _SIZE or payload[0] != 0:
        raise BadAddress("no account of this network: its classic addresses start with 'r'")
    return payload[1:]


def encode(account: bytes) -> str:
    return base58check.encode(bytes(1) + account).translate(_FROM_BITCOIN)

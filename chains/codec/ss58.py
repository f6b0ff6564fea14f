"""SS58, the addresses of Substrate chains: prefix of the network, 32 bytes of account, 2 bytes of BLAKE2b.

Source: https://docs.polkadot.com/polkadot-protocol/parachain-basics/accounts/ (the account address format).
"""

from __future__ import annotations

from chains.codec import base58
from chains.codec.hashes import blake2b
from chains.errors import BadAddress

ACCOUNT_BYTES = 32
PREFIX_MAX = 16_383
_ONE_BYTE_END = 64
_RESERVED = (46, 47)
_CHECKSUM_BYTES = 2


def _head(prefix: int) -> bytes:
    if prefix < _ONE_BYTE_END:
        return bytes([prefix])
    return bytes([(prefix & 0xFC) >> 2 | 0x40, prefix >> 8 | (prefix & 3) << 6])


def _checksum(body: bytes) -> bytes:
    return blake2b(b"SS58PRE" + body, 64)[:_CHECKSUM_BYTES]


def decode(text: str, prefix: int) -> bytes:
    """The account behind an address of the network with this prefix. Raises BadAddress."""
    raw = base58.decode(text)
    head = _head(prefix)
    body = raw[:-_CHECKSUM_BYTES]
    if _checksum(body) != raw[-_CHECKSUM_BYTES:]:
        raise BadAddress("the SS58 checksum is wrong")
    if not body.startswith(head) or len(body) != len(head) + ACCOUNT_BYTES:
        raise BadAddress(f"no account of the network with SS58 prefix {prefix}")
    return body[len(head) :]


def encode(prefix: int, account: bytes) -> str:
    assert 0 <= prefix <= PREFIX_MAX, "no SS58 prefix"
    assert prefix not in _RESERVED, "a reserved SS58 prefix"
    assert len(account) == ACCOUNT_BYTES, "no account"
    body = _head(prefix) + account
    return base58.encode(body + _checksum(body))

"""SS58, the addresses of Substrate chains: prefix of the network, 32 bytes of account, 2 bytes of BLAKE2b.

Source: https://docs.polkadot.com/polkadot-protocol/parachain-basics/accounts/ (the account address format).
"""

from __future__ import annotations

from collections.abc import Sequence

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


def decode(text: str, prefixes: Sequence[int]) -> bytes:
    """The account behind an address of a network with one of these prefixes. Raises BadAddress."""
    raw = base58.decode(text)
    body = raw[:-_CHECKSUM_BYTES]
    if _checksum(body) != raw[-_CHECKSUM_BYTES:]:
        raise BadAddress("the SS58 checksum is wrong")
    if body[:-ACCOUNT_BYTES] not in [_head(prefix) for prefix in prefixes]:
        raise BadAddress(f"no account of this network, whose SS58 prefix is {' or '.join(map(str, prefixes))}")
    return body[-ACCOUNT_BYTES:]


def encode(prefix: int, account: bytes) -> str:
    assert 0 <= prefix <= PREFIX_MAX, "no SS58 prefix"
    assert prefix not in _RESERVED, "a reserved SS58 prefix"
    assert len(account) == ACCOUNT_BYTES, "no account"
    body = _head(prefix) + account
    return base58.encode(body + _checksum(body))

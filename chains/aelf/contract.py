"""Views of the token contract: a transaction that is executed, but never sent. Pure.

A node verifies its signature like that of any transaction; whose it is makes no difference, so the key is one that
anybody may know. Messages: AElfProject/AElf, protobuf/aelf/core.proto and protobuf/token_contract.proto.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from coincurve import PrivateKey

from chains.codec import base58check, proto
from chains.errors import BadAddress, Malformed

ADDRESS_BYTES = 32
PREFIX_BYTES = 4
_ANYBODY = PrivateKey(sha256(b"a view needs a signature, but nobody's in particular").digest())
_INT64_END = 2**63

_FROM, _TO, _REF_NUMBER, _REF_PREFIX, _METHOD, _PARAMS, _SIGNATURE = 1, 2, 3, 4, 5, 6, 10000


class Reference(NamedTuple):
    """A block that the transaction is told to follow."""

    height: int
    hash: str


def decode_address(text: str) -> bytes:
    """Raises BadAddress."""
    raw = base58check.decode(text)
    if len(raw) != ADDRESS_BYTES:
        raise BadAddress(f"an address of aelf has {ADDRESS_BYTES} bytes")
    return raw


def view(contract: bytes, method: str, params: bytes, after: Reference) -> str:
    """The raw transaction, in hexadecimal digits."""
    body = (
        proto.field(_FROM, _address(sender()))
        + proto.field(_TO, _address(contract))
        + proto.integer(_REF_NUMBER, after.height)
        + proto.field(_REF_PREFIX, bytes.fromhex(after.hash)[:PREFIX_BYTES])
        + proto.field(_METHOD, method)
        + proto.field(_PARAMS, params)
    )
    signature = _ANYBODY.sign_recoverable(sha256(body).digest(), hasher=None)
    return (body + proto.field(_SIGNATURE, signature)).hex()


def sender() -> bytes:
    """The address of the key: the double hash of its uncompressed form."""
    return sha256(sha256(_ANYBODY.public_key.format(compressed=False)).digest()).digest()


def ask_balance(owner: bytes, symbol: str) -> bytes:
    """GetBalanceInput."""
    return proto.field(1, symbol) + proto.field(2, _address(owner))


def balance(output: bytes, owner: bytes, symbol: str) -> int:
    """GetBalanceOutput, which repeats the question; it leaves out a balance of 0. Raises Malformed."""
    if (proto.text(output, 1), proto.fields(output, 2)) != (symbol, [_address(owner)]):
        raise Malformed("GetBalance: of another owner or symbol")
    return _int64(output, 3)


def ask_token(symbol: str) -> bytes:
    """GetTokenInfoInput."""
    return proto.field(1, symbol)


def decimals(output: bytes, symbol: str) -> int:
    """TokenInfo. Raises Malformed."""
    if proto.text(output, 1) != symbol:
        raise Malformed("GetTokenInfo: of another symbol")
    return _int64(output, 5)


def _int64(message: bytes, number: int) -> int:
    if (value := proto.unsigned(message, number)) >= _INT64_END:
        raise Malformed("a negative number")
    return value


def _address(raw: bytes) -> bytes:
    return proto.field(1, raw)

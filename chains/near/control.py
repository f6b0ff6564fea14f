"""Who controls a NEAR account: every full-access key it lists; its name, even where that is a key, decides nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from chains.adapter import Call, Json
from chains.answers import shape
from chains.codec import base58
from chains.controllers import Authority, ControlKind, Weighted, by_key
from chains.errors import BadAddress, Malformed
from chains.types import Address, BlockRef, Failure, Reason


class _Access(msgspec.Struct, frozen=True):
    permission: str | dict[str, Any]


class _Key(msgspec.Struct, frozen=True):
    public_key: str
    access_key: _Access


class _Keys(msgspec.Struct, frozen=True):
    keys: list[_Key]
    block_hash: str


def ask(block: BlockRef, address: Address) -> Call:
    return "query", {"request_type": "view_access_key_list", "block_id": block.hash, "account_id": address}


def full_access(block: BlockRef, answer: Json) -> tuple[Authority, ...] | Failure:
    keys = shape(_Keys, answer, "view_access_key_list")
    if keys.block_hash != block.hash:
        raise Malformed(f"view_access_key_list: of block {keys.block_hash}")
    full = [one.public_key for one in keys.keys if one.access_key.permission == "FullAccess"]
    found = [Authority(ControlKind.WALLET_KEY, 1, (Weighted(by_key(_public_key(text))),)) for text in full]
    return tuple(found) or Failure(Reason.EMPTY, "no key has full access to it")


def _public_key(text: str) -> bytes:
    """``ed25519:`` and 32 bytes, or ``secp256k1:`` and both coordinates, which are compressed."""
    curve, _, encoded = text.partition(":")
    try:
        raw = base58.decode(encoded)
    except BadAddress as error:
        raise Malformed(f"a public key: {error}") from None
    match curve, len(raw):
        case "ed25519", 32:
            return raw
        case "secp256k1", 64:
            return bytes([2 + raw[-1] % 2]) + raw[:32]
    raise Malformed(f"a public key of {len(raw)} bytes on {curve!r}")

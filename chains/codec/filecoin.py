"""Filecoin main network addresses: ``f0`` (an actor's number), ``f1`` (secp256k1), ``f2`` (actor), ``f3`` (BLS) and
``f410f`` (the EVM's own, an Ethereum address inside).
"""

from __future__ import annotations

import re
from base64 import b32decode, b32encode

from chains.codec.hashes import blake2b
from chains.errors import BadAddress

HEAD = {"f1": b"\x01", "f2": b"\x02", "f3": b"\x03", "f410f": b"\x04\x0a"}
"""Text before the base 32 part -> bytes that the checksum covers before the payload."""
_SIZE = 20
_SIZE_BLS = 48
_CHECKSUM = 4
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_ACTOR = re.compile(r"f0(0|[1-9][0-9]{0,18})")
_ACTOR_END = 2**63


def _size(head: str) -> int:
    return _SIZE_BLS if head == "f3" else _SIZE


def check(text: str) -> None:
    """Any of the kinds above. Raises BadAddress."""
    head = next((head for head in HEAD if text.startswith(head)), None)
    if head is not None:
        decode(text, head)
        return
    actor = _ACTOR.fullmatch(text)
    if actor is None or int(actor[1]) >= _ACTOR_END:
        raise BadAddress("an address of this network starts with f0, f1, f2, f3 or f410f")


def decode(text: str, head: str) -> bytes:
    """The bytes (48 of f3, 20 of all others) of an address that starts with ``head``, a key of HEAD.

    Raises BadAddress.
    """
    body, size = text[len(head) :], _size(head)
    letters = (8 * (size + _CHECKSUM) + 4) // 5
    if not text.startswith(head) or len(body) != letters or not _LOWER.issuperset(body):
        raise BadAddress(f"such an address is {head!r} and {letters} letters of lower-case base 32")
    raw = b32decode(body.upper() + "=" * (-letters % 8))
    payload, checksum = raw[:size], raw[size:]
    if blake2b(HEAD[head] + payload, _CHECKSUM) != checksum:
        raise BadAddress("the checksum is wrong")
    if encode(payload, head) != text:
        raise BadAddress("the padding is wrong")
    return payload


def encode(payload: bytes, head: str) -> str:
    assert len(payload) == _size(head), "no address of this kind"
    raw = payload + blake2b(HEAD[head] + payload, _CHECKSUM)
    return head + b32encode(raw).decode().lower().rstrip("=")
